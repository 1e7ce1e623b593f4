"""When each cue of a lane appears and goes."""

from collections.abc import Sequence
from math import ceil

from captions.domain.limits import CueLimits


def standing_times(
    starts: Sequence[int],
    ends: Sequence[int],
    widths: Sequence[int],
    limits: CueLimits,
    duration_ms: int,
) -> list[tuple[int, int]]:
    """Return (start, end) in ms for cues whose words span `starts`..`ends`, `widths` columns each.

    A cue stands until it is read, into the pause after it; small gaps are closed. One that is
    too quick borrows from a pause before it or from a next cue that has time to spare. Always
    `start < end <= next start`, and no end lies past `duration_ms` while a start leaves room.
    """
    count = len(starts)
    needs = [max(limits.min_ms, ceil(limits.reading_ms(width))) for width in widths]
    horizon = max(duration_ms, ends[-1]) if count else 0
    rooms = [(starts[at + 1] if at + 1 < count else horizon) - starts[at] for at in range(count)]
    spans: list[tuple[int, int]] = []
    begin = max(0, starts[0] - _hurry(needs[0] - rooms[0], limits)) if count else 0
    for at in range(count):
        read = begin + needs[at]
        wanted = max(ends[at], read)
        following = horizon
        if at + 1 < count:
            following = starts[at + 1]
            lack = needs[at + 1] - rooms[at + 1]
            if lack > 0:
                following = max(following - _hurry(lack, limits), min(wanted, following))
            else:
                following += min(-lack, limits.max_shift_ms, max(0, read - following))
        following = max(following, begin + 1)
        end = min(wanted, following)
        if following - end < limits.close_gaps_under_ms and at + 1 < count:
            end = following
        end = min(end, begin + limits.max_ms)
        spans.append((begin, end))
        begin = max(following, end)
    return spans


def _hurry(lack: int, limits: CueLimits) -> int:
    return min(max(0, lack), limits.max_shift_ms)
