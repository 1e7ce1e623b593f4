"""When cues appear and go: read in time, in order, and close to their words."""

from dataclasses import replace
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from captions.domain.cue_timing import cue_times
from captions.domain.limits import CueLimits

LIMITS = CueLimits()
STEPS = st.tuples(st.integers(0, 4000), st.integers(0, 3000), st.integers(1, 84))


@given(st.lists(STEPS, max_size=12), st.integers(0, 5000), st.sampled_from([0, 500]))
def test_cues_stand_in_order_and_near_their_words(
    steps: list[tuple[int, int, int]], rest: int, shift: int
) -> None:
    limits = replace(LIMITS, max_shift_ms=shift)
    starts = list(accumulate(step for step, _, _ in steps))
    ends = [start + length for start, (_, length, _) in zip(starts, steps, strict=True)]
    duration = max(ends, default=0) + rest
    spans = cue_times(starts, ends, [width for _, _, width in steps], limits, duration)
    assert len(spans) == len(steps)
    for start, end in spans:
        assert 0 <= start < end <= start + limits.max_ms
    for (_, end), (start, _) in pairwise(spans):
        assert end <= start
    if all(later - earlier > 600 for earlier, later in pairwise(starts)):
        for (start, _), spoken in zip(spans, starts, strict=True):
            assert abs(start - spoken) <= shift
    for (start, _), spoken in zip(spans, starts, strict=True):
        assert start >= spoken - 100


def test_a_cue_with_time_appears_with_its_first_word() -> None:
    spans = cue_times([1000, 5000], [2000, 6500], [20, 20], LIMITS, 20_000)
    assert spans == [(1000, 2000), (5000, 6500)]


def test_a_short_cue_stands_into_the_pause_after_it() -> None:
    assert cue_times([1000, 9000], [1200, 9500], [10, 60], LIMITS, 20_000) == [
        (1000, 2000),
        (9000, 12_000),
    ]


def test_a_small_gap_is_closed() -> None:
    assert cue_times([0, 2400], [2000, 4000], [20, 20], LIMITS, 4000)[0] == (0, 2400)
    assert cue_times([0, 2600], [2000, 4000], [20, 20], LIMITS, 4000)[0] == (0, 2000)


def test_a_hurried_cue_takes_time_from_before_and_after() -> None:
    """60 columns in 2.4 s need 3 s: 0.5 s come from the cue before, the rest from the one after."""
    starts, widths = [0, 4000, 6400], [20, 60, 20]
    spans = cue_times(starts, [3900, 6300, 9000], widths, LIMITS, 12_000)
    assert spans[1][1] - spans[1][0] >= 3000
    assert spans[0][1] - spans[0][0] >= 1000
    assert spans[2][1] - spans[2][0] >= 1000


def test_time_is_lent_along_a_whole_run_of_hurried_cues() -> None:
    """Each of five cues lacks 100 ms: the first goes early, the last late, all are read."""
    starts = [1000 + 1900 * at for at in range(5)]
    ends = [start + 1900 for start in starts]
    spans = cue_times(starts, ends, [40] * 5, LIMITS, starts[-1] + 3000)
    assert all(end - start >= 2000 for start, end in spans)
    still = cue_times(starts, ends, [40] * 5, replace(LIMITS, max_shift_ms=0), 12_000)
    assert [start for start, _ in still] == starts


def test_the_last_cue_ends_with_the_recording() -> None:
    assert cue_times([9800], [9900], [30], replace(LIMITS, max_shift_ms=0), 10_000) == [
        (9800, 10_000)
    ]
    assert cue_times([9800], [9900], [30], LIMITS, 10_000) == [(9700, 10_000)]
    assert cue_times([], [], [], LIMITS, 10_000) == []


def test_where_the_length_is_not_known_the_last_cue_stands_until_read() -> None:
    assert cue_times([9800], [9900], [30], LIMITS, 9900) == [(9800, 11_300)]
    assert cue_times([0, 9800], [5000, 9900], [30, 4], LIMITS, 9900)[1] == (9800, 10_800)
