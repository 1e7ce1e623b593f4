"""The glossary: terms as they are written, the mishearings that are known, and near ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import regex

from everyword_transcripts import Segment, Transcript, Word, join_words, split_words
from refine.domain.diff import Hunk
from refine.domain.glossary_candidates import GlossaryCandidate
from refine.domain.report import Change, Verdict
from refine.domain.rules import CompiledRule, compile_rule
from refine.domain.suggestion_limits import Limits
from refine.domain.suggestions import LineContext, term_keys, validate
from refine.domain.word_times import respan


class Term(Protocol):
    """A glossary entry; the settings' own model fits."""

    @property
    def term(self) -> str:
        """The word or name as it is written."""

    @property
    def heard(self) -> Sequence[str]:
        """What recognisers are known to make of it."""


@dataclass(frozen=True)
class _Heard:
    """A known mishearing as a literal rule."""

    from_: str
    to: str
    kind: Literal["literal", "regex"] = "literal"
    case_sensitive: bool = False


def heard_rules(glossary: Iterable[Term], *, language: str) -> tuple[CompiledRule, ...]:
    """Return a rule for every known mishearing, longest first so that no part is taken alone."""
    known = [_Heard(heard, entry.term) for entry in glossary for heard in entry.heard]
    known.sort(key=lambda heard: -len(heard.from_))
    return tuple(
        compile_rule(f"glossary: {heard.from_}", heard, language=language) for heard in known
    )


_OUTER = regex.compile(r"^([^\w]*)(.*?)([^\w]*)$")
_CONTEXT_WORDS = 6


def apply_candidates(
    transcript: Transcript,
    places: Iterable[GlossaryCandidate],
    terms: Sequence[str],
    limits: Limits,
) -> tuple[Transcript, list[Change]]:
    """Write the term where a place is sure to be one, once the change has been validator.

    `places` are disjoint and in order. Punctuation around the place stays.
    """
    around = LineContext(transcript.language, terms=term_keys(terms, transcript.language))
    segments = list(transcript.segments)
    edits: dict[int, list[Hunk]] = {}
    changes: list[Change] = []
    for place in places:
        if not place.sure:
            continue
        words = segments[place.segment].words
        tokens = _spelled(words[place.first : place.stop], place.term, transcript.language)
        reason = _validated(words, place, tokens, around, limits)
        verdict: Verdict = "rejected" if reason else "applied"
        start, end = words[place.first].start, words[place.stop - 1].end
        by = f"near: {place.term}"
        changes.append(
            Change("glossary", by, start, end, place.heard, place.term, verdict, reason or "")
        )
        if not reason:
            edits.setdefault(place.segment, []).append(Hunk(place.first, place.stop, tokens))
    for number, hunks in edits.items():
        words = tuple(respan(segments[number].words, hunks))
        segments[number] = Segment.of(
            words, speaker=segments[number].speaker, language=transcript.language
        )
    return (transcript.with_segments(segments) if edits else transcript), changes


def _spelled(words: Sequence[Word], term: str, language: str) -> tuple[str, ...]:
    """Return the term's words with the punctuation that stands around `words`."""
    left = _OUTER.match(words[0].word)
    right = _OUTER.match(words[-1].word)
    lead, trail = left[1] if left else "", right[3] if right else ""
    return tuple(split_words(f"{lead}{term}{trail}", language))


def _validated(
    words: Sequence[Word],
    place: GlossaryCandidate,
    tokens: Sequence[str],
    around: LineContext,
    limits: Limits,
) -> str | None:
    first, last = max(0, place.first - _CONTEXT_WORDS), place.stop + _CONTEXT_WORDS
    texts = [word.word for word in words]
    old = join_words(texts[first:last], around.language)
    changed = [*texts[first : place.first], *tokens, *texts[place.stop : last]]
    return validate(old, join_words(changed, around.language), around, limits)
