"""When each cue of a track appears and goes."""

from collections.abc import Sequence
from math import ceil
from typing import Final

from captions.domain.limits import CueLimits

_EARLIEST_MS: Final = 100
"""A cue never appears longer than this before its first word."""


def cue_times(
    starts: Sequence[int],
    ends: Sequence[int],
    widths: Sequence[int],
    limits: CueLimits,
    duration_ms: int,
) -> list[tuple[int, int]]:
    """Return (start, end) in ms for cues whose words span `starts`..`ends`, `widths` columns each.

    A cue appears with its first word and stands until it is read, into the pause after it; small
    gaps are closed. Where speech is too quick, cues appear up to `max_shift_ms` later, or a tenth
    of a second earlier, so that a cue without time borrows from its neighbours. Always
    `start < end <= next start`, and no end lies past `duration_ms` while a start leaves room; where
    the last word ends there, the file's length is not known, and the last cue stands until read.
    """
    count = len(starts)
    if not count:
        return []
    shift = limits.max_shift_ms
    needs = [max(limits.min_ms, ceil(limits.reading_ms(width))) for width in widths]
    known = duration_ms > ends[-1] + 1
    horizon = duration_ms if known else max(ends[-1], starts[-1] + needs[-1])
    latest = _latest_starts(starts, needs, horizon, shift)
    spans: list[tuple[int, int]] = []
    begin = max(0, min(starts[0], latest[0]))
    for at in range(count):
        read = begin + needs[at]
        following = horizon
        if at + 1 < count:
            spoken = starts[at + 1]
            following = max(min(spoken, latest[at + 1]), min(read, spoken + shift))
        following = max(following, begin + 1)
        end = min(max(ends[at], read), following)
        if following - end < limits.close_gaps_under_ms and at + 1 < count:
            end = following
        end = min(end, begin + limits.max_ms)
        spans.append((begin, end))
        begin = following
    return spans


def _latest_starts(
    starts: Sequence[int], needs: Sequence[int], horizon: int, shift: int
) -> list[int]:
    """Return when each cue must have appeared for it and those after it to be read in time."""
    latest: list[int] = []
    after = horizon
    for start, need in zip(reversed(starts), reversed(needs), strict=True):
        after = min(max(after - need, start - min(shift, _EARLIEST_MS)), start + shift)
        latest.append(after)
    return latest[::-1]
