"""When each cue of a track appears and goes."""

from collections.abc import Sequence
from math import ceil

from captions.domain.limits import CueLimits


def cue_times(
    starts: Sequence[int],
    ends: Sequence[int],
    widths: Sequence[int],
    limits: CueLimits,
    duration_ms: int,
) -> list[tuple[int, int]]:
    """Return (start, end) in ms for cues whose words span `starts`..`ends`, `widths` columns each.

    A cue appears with its first word and stands until it is read, into the pause after it; small
    gaps are closed. Where speech is too quick, cues appear up to `max_shift_ms` earlier or later,
    so that a cue without time borrows from its neighbours. Always `start < end <= next start`,
    and no end lies past `duration_ms` while a start leaves room.
    """
    count = len(starts)
    if not count:
        return []
    shift, horizon = limits.max_shift_ms, max(duration_ms, ends[-1])
    needs = [max(limits.min_ms, ceil(limits.reading_ms(width))) for width in widths]
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
        after = min(max(after - need, start - shift), start + shift)
        latest.append(after)
    return latest[::-1]
