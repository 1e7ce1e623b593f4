from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from everyword_transcripts import Segment, Transcript, Word
from refine.domain.clean import clean_words
from refine.domain.normalize import SegmentLimits, normalize

PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
"""A word spelled with a zero-width non-joiner."""


def texts(transcript: Any) -> Any:
    return [segment.text for segment in transcript.segments]


def one_segment(words: list[Word], language: Any = "en") -> Any:
    segment = Segment.of(words, speaker=words[0].speaker, language=language)
    return Transcript(language, words[-1].end, (segment,))


def test_a_long_segment_is_cut_at_sentence_ends(say: Callable[..., list[Word]]) -> None:
    words = say(" ".join(["One two three four five six seven eight nine ten."] * 10))
    got, report = normalize(one_segment(words), SegmentLimits(most_words=25))
    assert all(text.endswith("ten.") for text in texts(got))
    assert all(len(segment.words) <= 25 for segment in got.segments)
    assert report.split == len(got.segments) - 1
    assert [w for s in got.segments for w in s.words] == words


def test_without_punctuation_it_is_cut_at_the_longest_pause(say: Callable[..., list[Word]]) -> None:
    words = say("so we went there and looked around")
    words += say("then it rained all day long", start=4.5)
    got, _ = normalize(one_segment(words), SegmentLimits(most_words=10))
    assert texts(got) == ["so we went there and looked around", "then it rained all day long"]


def test_no_segment_spans_a_long_silence(say: Callable[..., list[Word]]) -> None:
    words = [*say("before it"), *say("after it", start=9.0)]
    got, _ = normalize(one_segment(words), SegmentLimits())
    assert texts(got) == ["before it", "after it"]


def test_a_cut_leaves_no_crumb(say: Callable[..., list[Word]]) -> None:
    got, _ = normalize(one_segment(say(" ".join(["word"] * 61))), SegmentLimits(most_words=60))
    sizes = [len(segment.words) for segment in got.segments]
    assert min(sizes) >= 25


def test_tiny_segments_join_their_speakers_neighbour(say: Callable[..., list[Word]]) -> Any:
    def segment(text: Any, start: Any, speaker: Any) -> Any:
        return Segment.of(say(text, start=start, speaker=speaker), speaker=speaker, language="en")

    before = Transcript(
        "en",
        20.0,
        (
            segment("I was", 0.0, "A"),
            segment("there that night", 1.2, "A"),
            segment("yes", 3.0, "B"),
            segment("and so were you", 3.6, "A"),
            segment("right", 9.0, "A"),
        ),
    )
    got, report = normalize(before, SegmentLimits())
    assert texts(got) == ["I was there that night", "yes", "and so were you", "right"]
    assert report.merged == 1


def test_one_segment_of_many_words_is_cut_in_linear_time(say: Callable[..., list[Word]]) -> None:
    words = say(" ".join(["word"] * 100_000))
    got, _ = normalize(one_segment(words), SegmentLimits())
    assert sum(len(segment.words) for segment in got.segments) == 100_000
    assert max(segment.end - segment.start for segment in got.segments) <= 20


def test_controls_go_and_letters_are_composed() -> None:
    words = [
        Word("cafe\u0301", 0, 1),
        Word("a\u200bb\x07", 1, 2),
        Word("\ufeff\u202e", 2, 3),
        Word(PERSIAN, 3, 4),
        Word("-->", 4, 5),
    ]
    got, changed = clean_words(one_segment(words))
    assert [w.word for w in got.words()] == ["café", "ab", PERSIAN, "-->"]
    assert changed == 3
    assert got.segments[0].text == f"café ab {PERSIAN} -->"


def test_a_segment_is_cut_where_the_speaker_changes(say: Callable[..., list[Word]]) -> None:
    words = [*say("hello there", speaker="A"), *say("hi", start=1.0, speaker="B")]
    got, _ = clean_words(one_segment(words))
    assert [(s.text, s.speaker) for s in got.segments] == [("hello there", "A"), ("hi", "B")]


WORDS = st.tuples(
    st.sampled_from(["yes", "No.", "well,", "i", "東京"]),
    st.sampled_from([0.0, 0.1, 0.5, 4.0]),
    st.sampled_from([0.1, 0.4, 3.0, 30.0]),
)


@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.lists(WORDS, min_size=1, max_size=30)), max_size=8)
)
def test_normalizing_keeps_every_word_and_its_time(turns: Any) -> None:
    at = 0.0
    segments = []
    for speaker, said in turns:
        words = []
        for text, pause, length in said:
            words.append(Word(text, at + pause, at + pause + length, None, speaker))
            at += pause + length
        segments.append(Segment.of(words, speaker=speaker, language="en"))
    before = Transcript("en", at, tuple(segments))
    shape = SegmentLimits(most_words=8, longest_s=10.0)
    got, _ = normalize(before, shape)
    assert list(got.words()) == list(before.words())
    assert all(len(s.words) <= 8 for s in got.segments)
    assert all(s.end - s.start <= 10.0 or len(s.words) == 1 for s in got.segments)
    assert all(a.start <= b.start for a, b in pairwise(got.segments))
    again, report = normalize(got, shape)
    assert report.split == 0
    assert list(again.words()) == list(got.words())
