"""Aligns a query's sounds inside longer stretches, word borders ignored (Sellers 1980), in bulk.

All stretches advance together, column by column: numpy works on as many cells at once as there
are stretches, so thousands of candidates cost little more than one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.domain.sounds.classes import EXCHANGE, GAP, codes_of


@dataclass(frozen=True)
class Heard:
    """The nearest place in each stretch: cost per sound of the query, first and last sound."""

    distances: NDArray[np.float32]
    firsts: NDArray[np.int16]
    lasts: NDArray[np.int16]


def nearest_in(sounds: str, stretches: Sequence[str]) -> Heard:
    """Find where each stretch comes nearest to `sounds`: the leftmost place of the least cost.

    The distance is 0 where the stretch holds the sounds exactly, and never above what leaving
    all of them out would cost.
    """
    asked = codes_of(sounds.encode())
    longest = max(map(len, stretches), default=0)
    grid = codes_of("".join(s.ljust(longest, ".") for s in stretches).encode())
    columns = np.ascontiguousarray(grid.reshape(len(stretches), longest).T)
    rows, count = len(asked), len(stretches)
    # cost[i] is the least cost of the query's first i sounds ending at this column.
    cost = np.repeat(np.concatenate([[0], np.cumsum(GAP[asked])])[:, None], count, axis=1)
    cost = cost.astype(np.float32)
    start = np.zeros((rows + 1, count), dtype=np.int16)
    best = Heard(
        cost[rows].copy(), np.zeros(count, dtype=np.int16), np.full(count, -1, dtype=np.int16)
    )
    for at, column in enumerate(columns):
        extra = GAP[column]
        before, before_start = cost[0].copy(), start[0].copy()
        start[0] = at + 1
        for row in range(1, rows + 1):
            heard = before + EXCHANGE[asked[row - 1]][column]
            inserted = cost[row] + extra
            missed = cost[row - 1] + GAP[asked[row - 1]]
            before, least = cost[row].copy(), np.minimum(np.minimum(heard, inserted), missed)
            follows, repeats = heard <= least, inserted <= least
            began = np.where(follows, before_start, np.where(repeats, start[row], start[row - 1]))
            before_start = start[row].copy()
            cost[row], start[row] = least, began
        nearer = cost[rows] < best.distances
        best.distances[nearer] = cost[rows][nearer]
        best.firsts[nearer] = start[rows][nearer]
        best.lasts[nearer] = at
    best.distances[:] /= max(rows, 1)
    return best
