"""Aligns a query's sounds inside longer stretches, word borders ignored (Sellers 1980), in bulk.

All stretches advance together, column by column: numpy works on as many cells at once as there
are stretches, so thousands of candidates cost little more than one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.domain.sounds.classes import CLASSES, EXCHANGE, GAP, UNIT, UNKNOWN, codes_of

GRAM: Final = 3
_SLACK: Final = 3
"""A place reaches so far beyond what a shared trigram foretells, on either side."""
_COST: Final = 16
_START: Final = (1 << _COST) - 1
_Codes = NDArray[np.uint8]
_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Heard:
    """Places where stretches come near, by distance (cost per sound), first and last sound."""

    stretches: _Ints
    distances: NDArray[np.float32]
    firsts: _Ints
    lasts: _Ints

    def and_also(self, other: "Heard") -> "Heard":
        """Return the places of both."""
        return Heard(
            np.concatenate([self.stretches, other.stretches]),
            np.concatenate([self.distances, other.distances]),
            np.concatenate([self.firsts, other.firsts]),
            np.concatenate([self.lasts, other.lasts]),
        )


def grams_of(sounds: str) -> set[str]:
    """Return all trigrams."""
    return {sounds[at : at + GRAM] for at in range(len(sounds) - GRAM + 1)}


def nearest_in(sounds: str, stretches: Sequence[str]) -> Heard:
    """Find where each stretch comes nearest to `sounds`: the first place of the least cost.

    The distance is 0 where the stretch holds the sounds exactly, and never above what leaving
    all of them out would cost.
    """
    return _aligned(codes_of(sounds.encode()), _grid(stretches), np.arange(len(stretches)))


def nearest_around_shared(sounds: str, stretches: Sequence[str]) -> Heard:
    """Find how near each stretch comes around every trigram that it shares with `sounds`.

    The same places as `nearest_in`, for those with a trigram in common, in a tenth of the time.
    """
    asked, grid = codes_of(sounds.encode()), _grid(stretches)
    if len(asked) < GRAM or grid.shape[1] < GRAM:
        return nearest_in(sounds, stretches)
    at_gram = np.full(len(CLASSES) ** GRAM, -1, dtype=np.int64)
    at_gram[_gram_numbers(asked[None, :])[0]] = np.arange(len(asked) - GRAM + 1)
    offset = at_gram[_gram_numbers(grid)]
    which, at = np.nonzero(offset >= 0)
    starts = at - offset[which, at] - _SLACK
    windows = np.unique(np.stack([which, starts], axis=1), axis=0)
    which, starts = windows[:, 0], np.maximum(windows[:, 1], 0)
    columns = starts[:, None] + np.arange(len(asked) + 2 * _SLACK)
    beyond = columns >= grid.shape[1]
    cut = grid[which[:, None], np.where(beyond, 0, columns)]
    cut[beyond] = CLASSES.index(UNKNOWN)
    heard = _aligned(asked, cut, which)
    return Heard(which, heard.distances, heard.firsts + starts, heard.lasts + starts)


def _grid(stretches: Sequence[str]) -> _Codes:
    longest = max(map(len, stretches), default=0)
    padded = "".join(stretch.ljust(longest, UNKNOWN) for stretch in stretches)
    return codes_of(padded.encode()).reshape(len(stretches), longest)


def _gram_numbers(codes: _Codes) -> NDArray[np.int32]:
    wide = codes.astype(np.int32)
    base = len(CLASSES)
    return (wide[:, :-2] * base + wide[:, 1:-1]) * base + wide[:, 2:]


def _aligned(asked: _Codes, grid: _Codes, stretches: _Ints) -> Heard:
    """Align every row of `grid`; of equal places the shortest is taken, of those the first.

    A cell is one number, `cost << 16 | 0xffff - start`: the least of three is the cheapest way
    and carries where its place began.
    """
    rows, count = len(asked), len(grid)
    gaps, exchanges = GAP << _COST, EXCHANGE << _COST
    cells = np.repeat(np.concatenate([[0], np.cumsum(gaps[asked])])[:, None], count, axis=1)
    cells = cells.astype(np.int32) | _START
    nearest = cells[rows].copy()
    lasts = np.full(count, -1, dtype=np.int64)
    heard, other = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    for at, column in enumerate(np.ascontiguousarray(grid.T)):
        extra, exchanged = gaps[column], exchanges[:, column]
        before = cells[0].copy()
        cells[0] = _START - at - 1
        for row in range(1, rows + 1):
            np.add(before, exchanged[asked[row - 1]], out=heard)
            before[:] = cells[row]
            np.minimum(heard, np.add(before, extra, out=other), out=heard)
            np.add(cells[row - 1], gaps[asked[row - 1]], out=other)
            np.minimum(heard, other, out=cells[row])
        nearer = (cells[rows] >> _COST) < (nearest >> _COST)
        np.copyto(nearest, cells[rows], where=nearer)
        lasts[nearer] = at
    distances = ((nearest >> _COST) / (UNIT * max(rows, 1))).astype(np.float32)
    return Heard(stretches, distances, (_START - (nearest & _START)).astype(np.int64), lasts)
