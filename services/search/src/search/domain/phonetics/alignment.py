"""Aligns a query's phones inside longer stretches, word borders ignored (Sellers 1980), in bulk.

All stretches advance together, column by column: numpy works on as many cells at once as there
are stretches, so thousands of candidates cost little more than one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.domain.phonetics.confusions import Confusions
from search.domain.phonetics.phones import GRAM, LETTERS, N_GRAMS, UNKNOWN, codes_of, gram_numbers

_SLACK: Final = 4
"""A place reaches so far beyond what a shared trigram foretells, on either side."""
_SCORE: Final = 16
_START: Final = (1 << _SCORE) - 1
_Codes = NDArray[np.uint8]
_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Heard:
    """The best place of each stretch: its score (1/100 nat), first and last sound."""

    stretches: _Ints
    scores: _Ints
    firsts: _Ints
    lasts: _Ints

    def and_also(self, other: "Heard") -> "Heard":
        """Return the places of both."""
        return Heard(
            np.concatenate([self.stretches, other.stretches]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.firsts, other.firsts]),
            np.concatenate([self.lasts, other.lasts]),
        )


def best_in(phones: str, stretches: Sequence[str], confusions: Confusions) -> Heard:
    """Find where each stretch fits `phones` best: the first place of the highest score.

    A stretch in which nothing fits scores what missing every sound costs, at no place: its last
    sound is before its first.
    """
    asked, grid = codes_of(phones.encode()), _grid(stretches)
    return _aligned(asked, grid, np.arange(len(stretches)), confusions)


def best_around_shared(phones: str, stretches: Sequence[str], confusions: Confusions) -> Heard:
    """Find how well each stretch fits around every coarse trigram that it shares with `phones`.

    Several places of one stretch may come of it, and one place more than once.
    """
    asked, grid = codes_of(phones.encode()), _grid(stretches)
    if len(asked) < GRAM or grid.shape[1] < GRAM:
        return _aligned(asked, grid, np.arange(len(stretches)), confusions)
    at_gram = np.full(N_GRAMS, -1, dtype=np.int64)
    at_gram[gram_numbers(asked)] = np.arange(len(asked) - GRAM + 1)
    offset = at_gram[gram_numbers(grid)]
    which, at = np.nonzero(offset >= 0)
    starts = at - offset[which, at] - _SLACK
    windows = np.unique(np.stack([which, starts], axis=1), axis=0)
    which, starts = windows[:, 0], np.maximum(windows[:, 1], 0)
    columns = starts[:, None] + np.arange(len(asked) + 2 * _SLACK)
    beyond = columns >= grid.shape[1]
    cut = grid[which[:, None], np.where(beyond, 0, columns)]
    cut[beyond] = LETTERS.index(UNKNOWN)
    heard = _aligned(asked, cut, which, confusions)
    return Heard(which, heard.scores, heard.firsts + starts, heard.lasts + starts)


def explained(said: str, heard: str, confusions: Confusions) -> int:
    """Return how well any part of `said` explains all of `heard` (1/100 nat)."""
    codes = codes_of(heard.encode()).tolist()
    extra: list[int] = confusions.extra[codes].tolist()
    alone = [0]
    for cost in extra:
        alone.append(alone[-1] + cost)
    before, best = alone, alone[-1]
    for code in codes_of(said.encode()).tolist():
        as_heard = confusions.heard[code][codes].tolist()
        missed = int(confusions.missed[code])
        row = [0]
        for at, cost in enumerate(extra):
            row.append(max(before[at] + as_heard[at], before[at + 1] + missed, row[at] + cost))
        before, best = row, max(best, row[-1])
    return best


def _grid(stretches: Sequence[str]) -> _Codes:
    longest = max(map(len, stretches), default=0)
    padded = "".join(stretch.ljust(longest, UNKNOWN) for stretch in stretches)
    return codes_of(padded.encode()).reshape(len(stretches), longest)


def _aligned(asked: _Codes, grid: _Codes, stretches: _Ints, confusions: Confusions) -> Heard:
    """Align every row of `grid`; of equal places the shortest is taken, of those the first.

    A cell is one number, `score << 16 | start`: the highest of three is the best way and carries
    where its place began.
    """
    rows, count = len(asked), len(grid)
    missed, extras = confusions.missed << _SCORE, confusions.extra << _SCORE
    exchanges = confusions.heard[asked] << _SCORE
    cells = np.repeat(np.concatenate([[0], np.cumsum(missed[asked])])[:, None], count, axis=1)
    cells = cells.astype(np.int32)
    best = cells[rows].copy()
    lasts = np.full(count, -1, dtype=np.int64)
    way, other = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    for at, column in enumerate(np.ascontiguousarray(grid.T)):
        extra, exchanged = extras[column], exchanges[:, column]
        before = cells[0].copy()
        cells[0] = at + 1
        for row in range(1, rows + 1):
            np.add(before, exchanged[row - 1], out=way)
            before[:] = cells[row]
            np.maximum(way, np.add(before, extra, out=other), out=way)
            np.add(cells[row - 1], missed[asked[row - 1]], out=other)
            np.maximum(way, other, out=cells[row])
        better = (cells[rows] >> _SCORE) > (best >> _SCORE)
        np.copyto(best, cells[rows], where=better)
        lasts[better] = at
    scores = (best >> _SCORE).astype(np.int64)
    return Heard(stretches, scores, (best & _START).astype(np.int64), lasts)
