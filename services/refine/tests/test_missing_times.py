from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from everyword_transcripts import Segment, Transcript, Word, read_transcript
from refine.domain.clean import clean_words
from refine.domain.missing_times import fill_timing


def transcript(*groups: Any, duration_s: Any = 60.0) -> Any:
    return Transcript(
        "en", duration_s, tuple(Segment.of(g, speaker=g[0].speaker, language="en") for g in groups)
    )


def filled(*words: list[Word], duration_s: Any = 60.0) -> Any:
    got, count = fill_timing(transcript(list(words), duration_s=duration_s))
    return [(w.word, round(w.start, 3), round(w.end, 3), w.estimated) for w in got.words()], count


def test_good_times_are_left_alone() -> None:
    before = transcript([Word("a", 0, 0.4), Word("b", 0.4, 0.9)])
    got, count = fill_timing(before)
    assert got is before
    assert count == 0


def test_a_word_without_length_lasts_until_the_next() -> None:
    got, count = filled(Word("in", 1.0, 1.0), Word("1984", 1.2, 1.8))
    assert got == [("in", 1.0, 1.2, True), ("1984", 1.2, 1.8, False)]
    assert count == 1


def test_words_without_length_or_gap_are_slivers_and_move_nobody() -> None:
    got, count = filled(
        Word("it", 0.0, 0.5),
        Word("was", 0.5, 0.5, estimated=True),
        Word("1984", 0.5, 0.5, estimated=True),
        Word("then", 0.5, 0.9),
    )
    assert [got[0], got[3]] == [("it", 0.0, 0.5, False), ("then", 0.5, 0.9, False)]
    assert [(s, e) for _, s, e, _ in got[1:3]] == [(0.46, 0.477), (0.477, 0.5)]
    assert count == 2


def test_a_start_that_was_given_stays_where_there_is_no_gap() -> None:
    got, _ = filled(Word("a", 2.0, 2.0), Word("cat", 2.0, 2.8))
    assert got == [("a", 2.0, 2.02, True), ("cat", 2.0, 2.8, False)]


def test_an_untimed_word_takes_the_gap_before_it() -> None:
    got, _ = filled(
        Word("in", 0.0, 0.3), Word("1984", 1.0, 1.0, estimated=True), Word("then", 1.0, 1.4)
    )
    assert got[1] == ("1984", 0.3, 1.0, True)


def test_a_segment_without_any_length_takes_typical_time_up_to_the_next() -> None:
    got, _ = fill_timing(
        transcript([Word("a", 1.0, 1.0), Word("b", 1.0, 1.0)], [Word("c", 1.3, 1.6)])
    )
    assert [(w.start, w.end) for w in got.words()] == [(1.0, 1.15), (1.15, 1.3), (1.3, 1.6)]
    assert got.segments[0].end == 1.3


def test_measured_words_that_overlap_stay_and_estimated_ones_are_cut() -> None:
    got, count = filled(Word("a", 0.0, 1.0, None, "A"), Word("b", 0.5, 0.9, None, "A"))
    assert got[0] == ("a", 0.0, 1.0, False)
    assert count == 0
    got, _ = filled(Word("a", 0.0, 1.0, None, "A", estimated=True), Word("b", 0.5, 0.9, None, "A"))
    assert got[0] == ("a", 0.0, 0.5, True)


def test_an_estimated_word_does_not_fill_a_long_silence() -> None:
    got, _ = filled(
        Word("in", 0.0, 0.3), Word("1984", 0.3, 20.0, estimated=True), Word("then", 20.0, 20.4)
    )
    assert got[1] == ("1984", 0.3, 2.3, True)


def test_no_room_at_all_leaves_the_words_where_they_are() -> None:
    got, _ = filled(Word("a", 0.0, 0.0), Word("b", 0.0, 0.0), duration_s=0.0)
    assert [(s, e) for _, s, e, _ in got] == [(0.0, 0.0), (0.0, 0.0)]


def test_impossible_times_from_a_file_become_possible() -> None:
    raw = b"""{"language": "en", "duration_s": 5.0, "segments": [
        {"start": NaN, "end": Infinity, "text": "x", "words": [
            {"word": "one", "start": -3, "end": 2}, {"word": "two", "start": 1, "end": 0.5},
            {"word": "three"}, {"word": "four", "start": Infinity, "end": NaN},
            {"word": "five", "start": 0.2, "end": 99}]}]}"""
    got, _ = fill_timing(read_transcript(raw))
    words = list(got.words())
    assert [w.word for w in words] == ["one", "two", "three", "four", "five"]
    assert all(0 <= w.start <= w.end <= 5 for w in words)
    assert all(a.start <= b.start for a, b in pairwise(words))


SPEAKERS = st.sampled_from([None, "A", "B"])
SPANS = st.tuples(st.integers(0, 40), st.integers(0, 10), SPEAKERS, st.booleans())


@given(st.lists(st.lists(SPANS, min_size=1, max_size=6), max_size=6))
def test_any_times_end_up_in_order_and_apart(groups: Any) -> None:
    raw = {
        "language": "en",
        "duration_s": 4.5,
        "segments": [
            {
                "words": [
                    {
                        "word": "w",
                        "start": s / 10,
                        "end": (s + n) / 10,
                        "speaker": who,
                        "estimated": e,
                    }
                    for s, n, who, e in group
                ]
            }
            for group in groups
        ],
    }
    before, _ = clean_words(read_transcript(raw))
    got, _ = fill_timing(before)
    assert [w.word for w in got.words()] == [w.word for w in before.words()]
    for speaker in (None, "A", "B"):
        own = [w for w in got.words() if w.speaker == speaker]
        assert all(0 <= w.start <= w.end <= 4.5 for w in own)
        assert all(a.start <= b.start for a, b in pairwise(own))
    for old, new in zip(before.words(), got.words(), strict=True):
        if not old.estimated and old.start < old.end:
            assert new is old
