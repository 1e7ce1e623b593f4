"""Apply rules in order to the text of segments, across their words; word times follow."""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

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
    segments = list(transcript.segments)
    texts = _Texts([segment.text for segment in segments])
    applied: dict[str, int] = {}
    changes: list[Change] = []
    stopped: list[str] = []
    for rule in rules:
        deadline = clock() + budget_s
        hits = 0
        try:
            for index in texts.candidates(rule, deadline - clock()):
                found = _matches(rule, segments[index].text, deadline - clock())
                if found:
                    old = segments[index]
                    segments[index], made = _changed(old, found, transcript.language)
                    changes.extend(Change(step, rule.name, *one) for one in made)
                    if made:
                        hits += sum(old.text[a:b] != new for a, b, new in found)
                    texts.change(index, segments[index].text)
        except TimeoutError:
            stopped.append(rule.name)
        if hits:
            applied[rule.name] = hits
    kept = [segment for segment in segments if segment.words]
    return transcript.with_segments(kept), RulesReport(applied, tuple(changes), tuple(stopped))


class _Texts:
    """The segments' texts, and which of them a rule may match in: looked for in all at once."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._joined: str | None = None
        self._folded: str | None = None
        self._starts: list[int] = []

    def change(self, index: int, text: str) -> None:
        """Take in a text that a rule changed."""
        self._texts[index] = text
        self._joined = self._folded = None

    def candidates(self, rule: CompiledRule, left_s: float) -> Sequence[int]:
        """Return the segments in which the rule may match at all.

        Raises:
            TimeoutError: the time left was not enough.
        """
        if rule.needle is not None:
            return self._with_needle(rule.needle)
        if rule.scan is None:
            return range(len(self._texts))
        if left_s <= 0:
            raise TimeoutError
        joined = self._join()
        found: dict[int, None] = {}
        for match in rule.scan.finditer(joined, timeout=left_s):
            first = bisect_right(self._starts, match.start()) - 1
            last = bisect_right(self._starts, match.end()) - 1
            found.update(dict.fromkeys(range(first, last + 1)))
        return list(found)

    def _with_needle(self, needle: str) -> list[int]:
        if self._folded is None:
            self._folded = "\n".join(self._texts).casefold()
        if needle not in self._folded:
            return []
        return [at for at, text in enumerate(self._texts) if needle in text.casefold()]

    def _join(self) -> str:
        if self._joined is None:
            self._joined = "\n".join(self._texts)
            self._starts = list(accumulate((len(text) + 1 for text in self._texts), initial=0))[:-1]
        return self._joined


_Found = tuple[int, int, str]
"""Characters `start..stop` of a segment's text become this text."""


def _matches(rule: CompiledRule, text: str, left_s: float) -> list[_Found]:
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


def _changed(
    segment: Segment, found: Sequence[_Found], language: str
) -> tuple[Segment, list[_Made]]:
    """Replace what was found, changing only the words it touches; return what really changed."""
    words = segment.words
    edits: list[Hunk] = []
    made: list[_Made] = []
    for first, last, new in _regions(segment.text, words, found, spaced=not is_unspaced(language)):
        old = [word.word for word in words[first:last]]
        tokens = _attach_punctuation(split_words(new, language), old)
        edit = _within(words, hunks(old, tokens, offset=first), first, last)
        if edit:
            edits.extend(edit)
            before, after = join_words(old, language), join_words(tokens, language)
            made.append((words[first].start, words[last - 1].end, before, after))
    if not edits:
        return segment, made
    result = respan(words, edits)
    if not result:
        return Segment(segment.start, segment.end, "", segment.speaker, ()), made
    return Segment.of(result, speaker=segment.speaker, language=language), made


def _within(words: Sequence[Word], edit: Sequence[Hunk], first: int, last: int) -> list[Hunk]:
    """Let new words share the span of those that the rule replaces, and of no neighbour.

    Between two replaced words with a gap they take the gap.
    """
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


def _regions(
    text: str, words: Sequence[Word], found: Sequence[_Found], *, spaced: bool
) -> Iterator[tuple[int, int, str]]:
    """Yield word ranges, disjoint and rising, with the text each becomes.

    Where a match leaves nothing, the word before belongs to its range: it takes over punctuation.
    """
    starts = list(accumulate([len(word.word) + spaced for word in words], initial=0))
    nexts = starts[1:]
    starts.pop()
    first = last = upto = 0
    pieces: list[str] = []
    for start, stop, new in found:
        touching = spaced or start == stop
        i = (bisect_left if touching else bisect_right)(nexts, start + spaced)
        j = (bisect_right if touching else bisect_left)(starts, stop)
        if i and not new.strip():
            i -= 1
        if pieces and i >= last:
            yield first, last, "".join((*pieces, text[upto : nexts[last - 1] - spaced]))
            pieces = []
        if not pieces:
            first, last, upto = i, j, starts[i]
        pieces += (text[upto:start], new)
        last, upto = max(last, j), stop
    if pieces:
        yield first, last, "".join((*pieces, text[upto : nexts[last - 1] - spaced]))


def _attach_punctuation(tokens: Sequence[str], old: Sequence[str]) -> list[str]:
    """Let no mark stand alone that did not before: it joins the word before it, or goes."""
    result: list[str] = []
    for token in tokens:
        if not _CLOSING.issuperset(token) or token in old:
            result.append(token)
        elif result and result[-1][-1] not in _CLOSING:
            result[-1] += token
    return result
