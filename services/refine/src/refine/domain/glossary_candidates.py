"""Places that may be a misheard glossary term: near it by sound and by letters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

import jellyfish
import regex
from rapidfuzz import fuzz, process

from everyword_transcripts import Transcript, Word

_LETTERS = regex.compile(r"[^\p{L}\p{N}]+")
_LEAST_LETTERS = 4
_HINT = 70.0
"""From this similarity (rapidfuzz's ratio of letters, 0..100) a place is worth a question."""
_SURE = 90.0
"""From this similarity, and sounding alike, a place is taken for the term."""
_LONGEST_WINDOW = 4
_PLAIN_LETTERS = 6
"""A term that is one capitalised word of fewer letters may be an ordinary word too ("Bath")."""


@dataclass(frozen=True, slots=True)
class GlossaryCandidate:
    """Words `first..stop` of a segment that may be `term`; `sure` when they sound the same."""

    segment: int
    first: int
    stop: int
    heard: str
    term: str
    sure: bool


def glossary_candidates(
    transcript: Transcript, terms: Iterable[str], *, hints: bool
) -> list[GlossaryCandidate]:
    """Find places near `terms`, the best one where several overlap.

    What is spelled as a term already is no place. Short terms (under 4 letters) are left out: too
    much sounds like them. Without `hints` only sure places are found, in a quarter of the time.
    """
    wanted = {term: _squash(term) for term in terms}
    wanted = {term: letters for term, letters in wanted.items() if len(letters) >= _LEAST_LETTERS}
    if not wanted:
        return []
    cutoff = _HINT if hints else _SURE
    windows = _windows(transcript, wanted, cutoff)
    texts = list(windows)
    matched: list[tuple[float, GlossaryCandidate]] = []
    for term, letters in wanted.items():
        sound = jellyfish.metaphone(letters)
        for text, score, _ in process.extract(
            letters, texts, scorer=fuzz.ratio, score_cutoff=cutoff, limit=None
        ):
            alike = sound != "" and jellyfish.metaphone(text) == sound
            if not (alike or score >= (_HINT + _SURE) / 2):
                continue
            for place in windows[text]:
                near = _near(transcript, place, term, score if alike else 0.0)
                if near is not None and (hints or near.sure):
                    matched.append((score + alike, near))
    return _best(matched)


_Place = tuple[int, int, int]
"""Segment, first word, and the word after the last."""


def _windows(
    transcript: Transcript, wanted: Mapping[str, str], cutoff: float
) -> dict[str, list[_Place]]:
    """Return, by its letters, every run of words whose length allows the similarity `cutoff`."""
    widest = min(max(len(term.split()) for term in wanted) + 1, _LONGEST_WINDOW)
    part = cutoff / (200 - cutoff)
    sizes = {
        size
        for letters in wanted.values()
        for size in range(ceil(len(letters) * part), floor(len(letters) / part) + 1)
    }
    longest = max(sizes)
    windows: dict[str, list[_Place]] = {}
    squash = lru_cache(maxsize=None)(_squash)
    for number, segment in enumerate(transcript.segments):
        pieces = [squash(word.word) for word in segment.words]
        for first in range(len(pieces)):
            text = ""
            for stop in range(first + 1, min(first + widest, len(pieces)) + 1):
                text += pieces[stop - 1]
                if len(text) > longest:
                    break
                if len(text) in sizes:
                    windows.setdefault(text, []).append((number, first, stop))
    return windows


def _near(
    transcript: Transcript, place: _Place, term: str, score: float
) -> GlossaryCandidate | None:
    """Return the place as one near `term`, unless it is spelled as one; 0 means: sounds otherwise.

    Sure is what has as many words as the term and all but the same letters and sound. The same
    letters in more words ("dynamo db") are sure only for a term whose spelling is no ordinary
    word's: "every word" need not be "Everyword".
    """
    number, first, stop = place
    heard = _spelling(transcript.segments[number].words[first:stop])
    if term in heard or heard in term.split():
        return None
    ours, theirs = _squash(heard), _squash(term)
    peculiar = any(a.isupper() or a.isdigit() for a in term[1:])
    as_many = stop - first == len(term.split())
    if ours == theirs:
        sure = peculiar or (as_many and len(theirs) >= _PLAIN_LETTERS)
    else:
        sure = as_many and score >= _SURE
    return GlossaryCandidate(number, first, stop, heard, term, sure)


def _spelling(words: Sequence[Word]) -> str:
    return " ".join(word.word for word in words).strip(".,;:!?…\"'")


def _best(matched: list[tuple[float, GlossaryCandidate]]) -> list[GlossaryCandidate]:
    matched.sort(key=lambda one: (-one[0], one[1].segment, one[1].first, one[1].stop))
    taken: set[tuple[int, int]] = set()
    best: list[GlossaryCandidate] = []
    for _, near in matched:
        places = {(near.segment, at) for at in range(near.first, near.stop)}
        if taken.isdisjoint(places):
            taken |= places
            best.append(near)
    return sorted(best, key=lambda near: (near.segment, near.first))


def _squash(text: str) -> str:
    return _LETTERS.sub("", text.casefold())
