"""Apply rules in order to the text of segments, across their words; word times follow."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from everyword_transcripts import (
    Segment,
    Transcript,
    Word,
    is_unspaced,
    join_words,
    split_words,
)
from refine.domain.diff import Hunk, hunks
from refine.domain.report import Change
from refine.domain.rules import CompiledRule
from refine.domain.searched_text import Found, SearchedTexts, touched_words
from refine.domain.word_times import has_gap, respan

RULE_BUDGET_S = 2.0
"""What one rule may take of one episode, plus `RULE_BUDGET_PER_WORD_S` for every word."""
RULE_BUDGET_PER_WORD_S = 2e-5
_CLOSING = frozenset(".,;:!?…。、！？，；：")  # noqa: RUF001 - full-width marks are meant


@dataclass(frozen=True)
class RulesReport:
    """What the rules did: hits per rule, each change, and rules stopped for taking too long."""

    applied: dict[str, int]
    changes: tuple[Change, ...]
    stopped: tuple[str, ...] = ()


def apply_rules(
    transcript: Transcript,
    rules: Sequence[CompiledRule],
    *,
    step: str = "rules",
    budget_s: float = RULE_BUDGET_S,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Transcript, RulesReport]:
    """Apply `rules` in order; a segment that loses all its words is dropped.

    A rule that exceeds its budget is stopped for the rest of the episode and named in the report;
    what it changed before stays.
    """
    if not rules or not transcript.segments:
        return transcript, RulesReport({}, ())
    budget_s += RULE_BUDGET_PER_WORD_S * transcript.n_words()
    worked: dict[int, _Worked] = {}
    texts = SearchedTexts([segment.text for segment in transcript.segments])
    applied: dict[str, int] = {}
    changes: list[Change] = []
    stopped: list[str] = []
    for rule in rules:
        deadline = clock() + budget_s
        hits = 0
        try:
            for index in texts.candidates(rule, deadline - clock()):
                text = texts.texts[index]
                found = _matches(rule, text, deadline - clock())
                if not found:
                    continue
                if index not in worked:
                    worked[index] = _Worked(transcript.segments[index], transcript.language)
                if made := worked[index].change(text, found):
                    changes.extend([Change(step, rule.name, *one) for one in made])
                    hits += sum([text[a:b] != new for a, b, new in found])
                    texts.change(index, worked[index].text())
        except TimeoutError:
            stopped.append(rule.name)
        if hits:
            applied[rule.name] = hits
    segments = list(transcript.segments)
    for index, changed in worked.items():
        segments[index] = changed.result()
    kept = [segment for segment in segments if segment.words]
    return transcript.with_segments(kept), RulesReport(applied, tuple(changes), tuple(stopped))


def _matches(rule: CompiledRule, text: str, left_s: float) -> list[Found]:
    """Find the rule in a segment's text.

    Raises:
        TimeoutError: the time left was not enough.
    """
    if left_s <= 0:
        raise TimeoutError
    return [
        (*match.span(), match.expand(rule.to) if rule.template else rule.to)
        for match in rule.find.finditer(text, timeout=left_s)
    ]


_Made = tuple[float, float, str, str]
"""From when to when, which words, and what they became."""


class _Worked:
    """A segment while rules change it: it is built once, when all have gone over it."""

    def __init__(self, segment: Segment, language: str) -> None:
        self._segment = segment
        self._language = language
        self._spaced = not is_unspaced(language)
        self._words: Sequence[Word] = segment.words
        self._texts = [word.word for word in segment.words]

    def change(self, text: str, found: Sequence[Found]) -> list[_Made]:
        """Replace what was found in its text, changing only the words it touches.

        Returns what really changed.
        """
        words, language = self._words, self._language
        edits: list[Hunk] = []
        made: list[_Made] = []
        for first, last, new in touched_words(text, words, found, spaced=self._spaced):
            old = self._texts[first:last]
            tokens = _attach_punctuation(split_words(new, language), old)
            edit = _within(words, hunks(old, tokens, offset=first), first, last)
            if edit:
                edits.extend(edit)
                before, after = join_words(old, language), join_words(tokens, language)
                made.append((words[first].start, words[last - 1].end, before, after))
        if edits:
            self._words = respan(words, edits)
            for hunk in reversed(edits):
                self._texts[hunk.start : hunk.stop] = hunk.tokens
        return made

    def text(self) -> str:
        """Return its words as text."""
        return join_words(self._texts, self._language)

    def result(self) -> Segment:
        """Return it as it is now: itself where nothing changed."""
        segment, words = self._segment, self._words
        if words is segment.words:
            return segment
        if not words:
            return Segment(segment.start, segment.end, "", segment.speaker, ())
        return Segment.of(words, speaker=segment.speaker, language=self._language)


def _within(words: Sequence[Word], edit: Sequence[Hunk], first: int, last: int) -> list[Hunk]:
    """Let new words share the span of those that the rule replaces, and of no neighbour.

    Between two replaced words with a gap they take the gap.
    """
    if all(hunk.start < hunk.stop for hunk in edit):
        return list(edit)
    kept: list[Hunk] = []
    for hunk in edit:
        start, stop, tokens = hunk.start, hunk.stop, hunk.tokens
        if (
            start == stop
            and (first < last)
            and not (first < start < last and has_gap(words, start, len(tokens)))
        ):
            if kept and kept[-1].stop == start:
                kept[-1] = Hunk(kept[-1].start, start, (*kept[-1].tokens, *tokens))
                continue
            if start > first:
                start, tokens = start - 1, (words[start - 1].word, *tokens)
            else:
                stop, tokens = stop + 1, (*tokens, words[stop].word)
        elif kept and kept[-1].stop > start:
            kept[-1] = Hunk(kept[-1].start, stop, (*kept[-1].tokens[:-1], *tokens))
            continue
        kept.append(Hunk(start, stop, tokens))
    return kept


def _attach_punctuation(tokens: Sequence[str], old: Sequence[str]) -> list[str]:
    """Let no mark stand alone that did not before: it joins the word before it, or goes."""
    result: list[str] = []
    for token in tokens:
        if not _CLOSING.issuperset(token) or token in old:
            result.append(token)
        elif result and result[-1][-1] not in _CLOSING:
            result[-1] += token
    return result
