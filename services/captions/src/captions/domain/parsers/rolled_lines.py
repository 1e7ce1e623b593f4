"""Rolling captions whose lines were joined to one, read once.

"so today we are" - "so today we are going to talk" - "going to talk about gulls": a caption begins
with the words that the one before it ended with, and all that was new there is carried on.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from re import finditer
from typing import Final, NamedTuple

from captions.domain.parsers.timed_text import Piece, TimedText

_NEXT_MS: Final = 1000
_LOOKED_AT: Final = 60
"""Words of a caption in which what is carried over is looked for."""
_RUN: Final = 3
"""So many steps after each other are no chance, nor are two of several words each."""


class _Step(NamedTuple):
    """How many words a caption repeats of the one before it; all of that one's if it `grows`."""

    repeated: int
    new: int
    grows: bool


def without_repeated_ends(cues: Sequence[TimedText]) -> tuple[list[TimedText], int]:
    """Return captions of one line with only the words that are new, and how many were cut."""
    said = [cue.text.split() if "\n" not in cue.text.strip() else [] for cue in cues]
    steps = [
        _step(before, after, *said[at : at + 2])
        for at, (before, after) in enumerate(pairwise(cues))
    ]
    repeated = {at + 1: steps[at].repeated for run in _runs(steps, said) for at in run}
    kept: list[TimedText] = []
    for at, cue in enumerate(cues):
        if at not in repeated:
            kept.append(cue)
        elif repeated[at] < len(said[at]):
            kept.append(_after(cue, repeated[at]))
        else:
            kept[-1] = kept[-1]._replace(end_ms=max(kept[-1].end_ms, cue.end_ms))
    return kept, len(repeated)


def _step(before: TimedText, after: TimedText, words: list[str], following: list[str]) -> _Step:
    near = after.start_ms - before.end_ms <= _NEXT_MS and _voice(before) == _voice(after)
    most = min(len(words), len(following), _LOOKED_AT) if near else 0
    repeated = next((n for n in range(most, 0, -1) if words[-n:] == following[:n]), 0)
    return _Step(repeated, len(following) - repeated, repeated == len(words))


def _runs(steps: Sequence[_Step], said: Sequence[list[str]]) -> Iterator[range]:
    """Yield the ranges of steps that roll: each carries on all that was new in the one before."""
    first = 0
    latest = 0
    for at, step in enumerate((*steps, _Step(0, 0, grows=False))):
        if step.repeated and (at == first or step.repeated >= latest):
            latest = step.new or latest
            continue
        run = range(first, at)
        if _rolls([steps[one] for one in run], said[first : at + 1]):
            yield run
        first = at if step.repeated else at + 1
        latest = step.new


def _rolls(run: Sequence[_Step], said: Sequence[list[str]]) -> bool:
    """Tell rolling captions from those that only grow, from refrains, and from such speech.

    "Fear leads to anger - Anger leads to hate": "leads to" is not said again.
    """
    adding = [step for step in run if step.new]
    growing = sum(step.grows for step in adding)
    different = len({word.casefold() for words in said for word in words})
    several = len(adding) >= _RUN or sum(step.repeated for step in adding) > 2 * _RUN
    return (
        several and len(adding) > 1 and 2 * growing <= len(adding) and different > len(adding) + 1
    )


def _voice(cue: TimedText) -> str | None:
    return cue.pieces[0].voice if cue.pieces else None


def _after(cue: TimedText, count: int) -> TimedText:
    """Return a caption without its first words."""
    drop = [found.end() for found in finditer(r"\S+", cue.text)][count - 1]
    pieces: list[Piece] = []
    for piece in cue.pieces:
        pieces.append(piece._replace(text=piece.text[max(0, drop) :]))
        drop -= len(piece.text)
    return cue._replace(pieces=tuple(piece for piece in pieces if piece.text), raw="")
