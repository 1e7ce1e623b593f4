"""The cheapest way to divide a track into cues, by dynamic programming.

One pass over the likely breaks. Each step looks no further ahead than one cue can reach, so the
time is linear in the words, however they are grouped into segments.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from captions.domain.limits import CueLimits
from captions.domain.line_capacity import LineCapacity
from captions.domain.phrases import CHUNK, CLAUSE, PLAIN, SENTENCE
from captions.domain.tracks import Track

_NEVER: Final = float("inf")
# Costs are in the unit of `phrases`, where 26 is an ordinary break between two words.
_PER_CUE: Final = 14
_SPLIT_SENTENCE: Final = 8
_SHARED_CUE: Final = 40
_HELD_PAUSE_MS: Final = 700
_HELD_PAUSE_PER_S: Final = 25
_HURRIED: Final = 160
_LINE_BREAK_SHARE: Final = 0.8
_NEAR: Final = 2
_PAIR: Final = 2


class CueSegmentation:
    """Search for the cheapest cues of a track; `costs` are those of a break before each word."""

    def __init__(
        self, track: Track, limits: CueLimits, capacity: LineCapacity, costs: Sequence[int]
    ) -> None:
        self._track = track
        self._limits = limits
        self._capacity = capacity
        self._costs = costs
        self._inner = self._inner_costs()

    def cheapest(self, duration_ms: int) -> list[tuple[int, int]]:  # noqa: C901 - one hot loop
        """Return (first, stop) words of each cue in the cheapest division of the track.

        No part of a cost is negative: most ways to end a cue cost too much already before reading
        time and line breaks, which take long to find, are added.
        """
        capacity, costs, inner = self._capacity, self._costs, self._inner
        starts, count = self._track.starts, len(self._track.starts)
        follows = [*starts, max(duration_ms, self._track.ends[-1])]
        reading = self._limits.all_reading_ms(capacity.summed)
        read_gap, shortest = self._limits.reading_ms(capacity.gap), self._limits.min_ms
        likely, passed = self._likely_breaks()
        ends = [*(self._track.ends[stop - 1] for stop in likely), _NEVER]
        in_time, cue_reach, longest = 0, capacity.cue_reach, self._limits.max_ms
        stops = [(at, costs[at] + inner[at - 1]) for at in likely]
        tails, line_reach = capacity.last_lines(), capacity.line_reach
        breaks = [cost * _LINE_BREAK_SHARE for cost in reversed(costs)]
        pair = self._limits.max_lines == _PAIR
        best = [0.0] + [_NEVER] * count
        came = [0] * (count + 1)
        for first in range(count):
            if (base := best[first]) == _NEVER:
                continue
            base += _PER_CUE - inner[first]
            begins, read, half = starts[first], reading[first] + read_gap, line_reach[first]
            in_time = max(in_time, passed[first])
            while ends[in_time] <= begins + longest:
                in_time += 1
            reachable = stops[passed[first] : min(in_time, passed[cue_reach[first]])]
            least, place = None, -1
            for stop, cost in reachable or self._forced(first):
                total = base + cost
                if total >= best[stop]:
                    continue
                wrapped = 0.0
                if stop > half:
                    if least is None:
                        least, place = _cheapest_of(breaks, first + 1, half) if pair else (0.0, -1)
                    if total + least >= best[stop]:
                        continue
                    wrapped = least
                    if place < (tail := tails[stop]) <= half:
                        wrapped, last = _cheapest_of(breaks, max(tail, first + 1), half)
                        if pair:
                            least, place = wrapped, last
                stands, need = follows[stop] - begins, reading[stop] - read
                if stands < need or stands < shortest:
                    need = max(need, shortest)
                    total += _HURRIED * (need - stands) / need
                total += wrapped
                if total < best[stop]:
                    best[stop], came[stop] = total, first
        return _bounds(came)

    def _forced(self, first: int) -> list[tuple[int, int]]:
        """Return the longest cue's stop, and its cost, where no likely break is in reach."""
        latest = self._track.starts[first] + self._limits.max_ms
        stop = first + 1
        while stop < self._capacity.cue_reach[first] and self._track.ends[stop] <= latest:
            stop += 1
        return [(stop, self._costs[stop] + self._inner[stop - 1])]

    def _inner_costs(self) -> list[int]:
        """Return sums: what the breaks up to each word cost when a cue runs on across them."""
        starts, ends = self._track.starts, self._track.ends
        inner = [_SPLIT_SENTENCE if cost == SENTENCE else 0 for cost in self._costs]
        for at in range(1, len(starts)):
            if (pause := starts[at] - ends[at - 1]) > _HELD_PAUSE_MS:
                inner[at] += _HELD_PAUSE_PER_S * pause // 1000
        for turn in self._capacity.turns:
            inner[turn] += _SHARED_CUE
        inner[0] = 0
        return list(accumulate(inner))

    def _likely_breaks(self) -> tuple[list[int], list[int]]:
        """Return the breaks worth trying, and how many of them lie at or before each word.

        Breaks inside a phrase are left out, and ordinary ones beside a sentence's or clause's end.
        """
        costs, last = self._costs, len(self._track.words)
        beside = set[int]()
        for at in range(1, last + 1):
            if costs[at] <= CLAUSE:
                beside.update(range(at - _NEAR, at + _NEAR + 1))
        likely: list[int] = []
        passed = [0]
        for at in range(1, last + 1):
            cost = costs[at]
            if cost < CHUNK or (cost <= PLAIN and at not in beside):
                likely.append(at)
            passed.append(len(likely))
        return likely, passed


def _cheapest_of(breaks: Sequence[float], first: int, last: int) -> tuple[float, int]:
    """Return the cheapest of the breaks `first..last`, which come last one first, and its place."""
    count = len(breaks) - 1
    possible = breaks[count - last : count + 1 - first]
    least = min(possible)
    return least, last - possible.index(least)


def _bounds(came: Sequence[int]) -> list[tuple[int, int]]:
    """Return (first, stop) of each cue, from where the best cue before each stop came from."""
    bounds: list[tuple[int, int]] = []
    stop = len(came) - 1
    while stop:
        bounds.append((came[stop], stop))
        stop = came[stop]
    return bounds[::-1]
