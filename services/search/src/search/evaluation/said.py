"""Where each term is really said, and whether a moment that was found is such a place.

Right is what NIST calls so (The Spoken Term Detection 2006 Evaluation Plan): the middle of what
was found is within half a second of the word.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from everyword_transcripts import Transcript
from everyword_transcripts.truth import Truth
from search.domain.pages import Moment
from search.domain.tokens import tokens_of

TOLERANCE_S: Final = 0.5
PAUSE_S: Final = 0.5
"""Words this near to each other are one stretch of speech."""
LONGEST_WORD_S: Final = 1.0
"""A word whose time is not known takes no more of a gap."""


class Said(NamedTuple):
    """A term really said, and when, in seconds."""

    term: str
    start_s: float
    end_s: float


class Found(NamedTuple):
    """A moment that a search gave; `likelihood` is 1 for what is written."""

    recording: str
    start_s: float
    end_s: float
    tier: str
    likelihood: float


def is_at(found: Found, said: Said) -> bool:
    """Tell whether a moment is where a term is said; which recording is not looked at."""
    middle_s = (found.start_s + found.end_s) / 2
    return said.start_s - TOLERANCE_S <= middle_s <= said.end_s + TOLERANCE_S


def is_right(found: Found, term: str, said: Mapping[str, Sequence[Said]]) -> bool:
    """Tell whether the term is really said where it was found."""
    return any(one.term == term and is_at(found, one) for one in said[found.recording])


def is_said_at(
    term: str, recording: str, moment: Moment, said: Mapping[str, Sequence[Said]]
) -> bool:
    """Tell whether a term is really said at a moment of a recording."""
    return is_right(Found(recording, moment.start_s, moment.end_s, "", 1.0), term, said)


def speech_s(said: Iterable[Said]) -> float:
    """Return the seconds in which words are said; pauses between them count where short."""
    total = until = 0.0
    for _, start_s, end_s in sorted(said, key=lambda one: one.start_s):
        begins = until if start_s - until <= PAUSE_S and until > 0 else start_s
        total += max(0.0, end_s - max(begins, until))
        until = max(until, end_s)
    return total


def said_in(truth: Truth, transcript: Transcript) -> list[Said]:
    """Return the tokens said; times that are not known come from the transcript around them."""
    timed = [
        (token, word.start, word.end) for word in truth.words for token in tokens_of(word.text)
    ]
    if timed and all(start is not None and end is not None for _, start, end in timed):
        return [Said(token, start or 0.0, end or 0.0) for token, start, end in timed]
    heard = [
        (token, word.start, word.end)
        for word in transcript.words()
        for token in tokens_of(word.word)
    ]
    tokens = [token for token, _, _ in timed]
    spans: list[tuple[float, float] | None] = [None] * len(tokens)
    matcher = SequenceMatcher(None, tokens, [token for token, _, _ in heard], autojunk=False)
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            spans[block.a + step] = heard[block.b + step][1:]
    return [Said(t, *_between(spans, at, transcript.duration_s)) for at, t in enumerate(tokens)]


def _between(
    spans: Sequence[tuple[float, float] | None], at: int, duration_s: float
) -> tuple[float, float]:
    """Return a word's time, or its share of the time between those that are known."""
    span = spans[at]
    if span is not None:
        return span
    before = next((n for n in range(at - 1, -1, -1) if spans[n]), -1)
    after = next((n for n in range(at + 1, len(spans)) if spans[n]), len(spans))
    most_s = (after - before - 1) * LONGEST_WORD_S
    stop = (spans[after] or (0.0, 0.0))[0] if after < len(spans) else duration_s
    start = (spans[before] or (0.0, 0.0))[1] if before >= 0 else max(0.0, stop - most_s)
    if after == len(spans):
        stop = min(stop, start + most_s)
    step = max(0.0, stop - start) / (after - before - 1)
    middle = start + (at - before - 0.5) * step
    half = min(step, LONGEST_WORD_S) / 2
    return middle - half, middle + half
