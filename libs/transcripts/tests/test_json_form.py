"""Reading our JSON and WhisperX's; every promise of Transcript holds whatever the times were."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_events import InvalidInput
from everyword_transcripts import (
    Segment,
    Transcript,
    Word,
    read_transcript,
    with_ids,
    write_transcript,
)

WHISPERX = {
    "segments": [
        {
            "start": 0.31,
            "end": 4.2,
            "text": " In 1984 we met.",
            "words": [
                {"word": "In", "start": 0.31, "end": 0.5, "score": 0.9},
                {"word": "1984"},
                {"word": "we", "start": 1.5, "end": 1.7, "score": 0.8},
                {"word": "met.", "start": 1.7, "end": 2.0},
            ],
        }
    ],
    "word_segments": [],
    "language": "en",
}


def test_nobodys_transcript_becomes_an_episodes_as_if_written_anew() -> None:
    nobodys = read_transcript(json.dumps(WHISPERX))
    mine = replace(nobodys, episode_id='e"1', run_id="r")
    written = with_ids(write_transcript(nobodys), episode_id='e"1', run_id="r")
    assert written == write_transcript(mine)
    with pytest.raises(ValueError, match="already"):
        with_ids(written, episode_id="e2", run_id="r")


def test_whisperx_json_is_read_and_its_untimed_word_estimated() -> None:
    transcript = read_transcript(json.dumps(WHISPERX))
    year = list(transcript.words())[1]
    assert (year.word, year.start, year.end, year.estimated) == ("1984", 0.5, 1.5, True)
    assert transcript.segments[0].text == "In 1984 we met."
    assert transcript.duration_s == 2.0


def test_a_segment_without_words_gets_them_from_its_text() -> None:
    raw = {"language": "en", "segments": [{"start": 1, "end": 3, "text": "two words"}]}
    words = list(read_transcript(raw).words())
    assert [(w.word, w.start, w.end) for w in words] == [("two", 1, 1.75), ("words", 1.75, 3)]
    assert all(word.estimated for word in words)


def test_writing_and_reading_again_changes_nothing() -> None:
    once = read_transcript(json.dumps(WHISPERX))
    assert read_transcript(write_transcript(once)) == once
    assert write_transcript(read_transcript(write_transcript(once))) == write_transcript(once)


def test_a_word_with_a_space_inside_becomes_two() -> None:
    raw = {"segments": [{"words": [{"word": "New York", "start": 0, "end": 0.7}]}]}
    assert [word.word for word in read_transcript(raw).words()] == ["New", "York"]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"WEBVTT", "not JSON"),
        (b"[]", "segments"),
        (b'{"segments": {}}', "segments"),
        (b'{"segments": [3]}', "segments[0]"),
        (b'{"segments": [{"words": 3}]}', "segments[0].words"),
        (b'{"segments": [], "schema": 9}', "schema 9"),
        (b"", "not JSON"),
    ],
)
def test_what_is_no_transcript_is_refused_with_the_place(raw: bytes, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_transcript(raw)
    assert says in caught.value.message


time = st.one_of(
    st.none(), st.floats(allow_nan=True, allow_infinity=True), st.floats(-5, 50), st.just("x")
)
word = st.fixed_dictionaries(
    {"word": st.text(max_size=8)},
    optional={"start": time, "end": time, "speaker": st.sampled_from(["A", "B", None])},
)
segment = st.fixed_dictionaries(
    {"words": st.lists(word, max_size=6), "text": st.text(max_size=12)},
    optional={"start": time, "end": time},
)


@given(st.lists(segment, max_size=6), st.one_of(st.none(), st.floats(0, 60)))
def test_whatever_the_times_the_promises_hold(segments: list[dict[str, object]], d: object) -> None:
    transcript = read_transcript({"language": "en", "segments": segments, "duration_s": d})
    starts = [segment.start for segment in transcript.segments]
    assert starts == sorted(starts)
    latest: dict[str | None, float] = {}
    for said in transcript.words():
        assert said.word
        assert said.word.split() == [said.word]
        assert math.isfinite(said.start)
        assert 0 <= said.start <= said.end <= transcript.duration_s
        assert latest.get(said.speaker, 0.0) <= said.start
        latest[said.speaker] = said.start
    assert read_transcript(write_transcript(transcript)).n_words() == transcript.n_words()


nearly_sound = st.fixed_dictionaries(
    {
        "word": st.sampled_from(["one", "two.", "漢字", "New York", " three", ""]),
        "start": st.one_of(st.floats(-1, 9), st.integers(0, 9)),
        "end": st.one_of(st.floats(4, 20), st.integers(5, 9)),
    },
    optional={
        "score": st.sampled_from([0.5, 1, None, True]),
        "speaker": st.sampled_from(["A", "B", "", None]),
        "estimated": st.sampled_from([True, False, None]),
    },
)
spoken = st.fixed_dictionaries(
    {"words": st.lists(nearly_sound, min_size=1, max_size=3)},
    optional={"speaker": st.sampled_from(["A", " B ", "", None]), "start": st.just("x")},
)


@given(st.lists(spoken, max_size=3), st.sampled_from(["en", "ja"]))
def test_what_needs_no_mending_reads_as_mending_would(
    segments: list[dict[str, object]], language: str
) -> None:
    form = {"language": language, "segments": segments}
    assert read_transcript(json.dumps(form)) == read_transcript(form)


def test_times_are_written_in_whole_ms_whatever_number_they_are() -> None:
    class Foreign(float):
        """As numpy's numbers are: floats of another type."""

    words = [Word("a", Foreign(0.25), Foreign(0.5), Foreign(0.75)), Word("b", 1 / 3, 2e15 / 3)]
    written = write_transcript(
        Transcript("en", 1e15, (Segment.of(words, speaker=None, language="en"),))
    )
    a, b = json.loads(written)["segments"][0]["words"]
    assert (a["start"], a["end"], a["score"]) == (0.25, 0.5, 0.75)
    assert (b["start"], b["end"]) == (0.333, round(2e15 / 3, 3))


def test_a_word_stays_as_it_is() -> None:
    word = Word("a", 0.0, 1.0, 0.5, "A")
    with pytest.raises(AttributeError):
        word.start = 0.5  # type: ignore[misc]
    assert word.with_text("b") == Word("b", 0.0, 1.0, 0.5, "A")
    assert word.with_times(0.5, 0.7) == Word("a", 0.5, 0.7, 0.5, "A", estimated=True)
    assert word.with_speaker(None) == Word("a", 0.0, 1.0, 0.5)


READ_BY_SOUND = WHISPERX | {"phones": [[1.25, 2.0, "M EH T"], [0.31, 1.25, "IH N"]]}


def test_an_acoustic_reading_survives_in_order_of_time() -> None:
    transcript = read_transcript(json.dumps(READ_BY_SOUND))
    assert [(s.start, s.end, s.phones) for s in transcript.phones] == [
        (0.31, 1.25, "IH N"),
        (1.25, 2.0, "M EH T"),
    ]
    assert read_transcript(write_transcript(transcript)) == transcript
    once = WHISPERX | {"sounds": READ_BY_SOUND["phones"]}  # as it was written before
    assert read_transcript(json.dumps(once)) == transcript


def test_without_an_acoustic_reading_nothing_is_written_of_it() -> None:
    written = json.loads(write_transcript(read_transcript(json.dumps(WHISPERX))))
    assert not {"phones", "sounds"} & written.keys()


@pytest.mark.parametrize(
    "sounds",
    [
        3,
        ["AH"],
        [[0, 1]],
        [[1, 0, "AH"]],
        [[0, 99, "AH"]],
        [[0, 1, " "]],
        [["x", 1, "AH"]],
        [[0, None, "AH"]],
    ],
)
def test_a_reading_that_cannot_be_is_left_out_and_costs_no_word(sounds: object) -> None:
    transcript = read_transcript(json.dumps(WHISPERX | {"sounds": sounds}))
    assert transcript.phones == ()
    assert transcript.n_words() == 4


IMPOSSIBLE = ["-5", "-1e308", "1e308", "1e400", "NaN", "Infinity", "-Infinity", "1" + "0" * 400]


@pytest.mark.parametrize("time", IMPOSSIBLE)
@pytest.mark.parametrize("where", ["word start", "word end", "start", "end", "duration"])
def test_an_impossible_time_is_mended_whatever_says_it(time: str, where: str) -> None:
    said = {"word start": "1.0", "word end": "1.5", "start": "0.5", "end": "2.0", "duration": "3.0"}
    said[where] = time
    raw = (
        f'{{"language": "en", "duration_s": {said["duration"]}, "segments": [{{"start":'
        f' {said["start"]}, "end": {said["end"]}, "text": "one two", "words": [{{"word": "one",'
        f' "start": {said["word start"]}, "end": {said["word end"]}, "score": {time}}},'
        f' {{"word": "two", "start": 1.5, "end": 2.0}}]}}, {{"start": {said["start"]},'
        f' "end": {said["end"]}, "text": "three"}}]}}'
    )
    for form in (raw.encode(), json.loads(raw)):
        transcript = read_transcript(form)
        assert transcript.n_words() == 3
        assert 0 < transcript.duration_s <= 5
        assert all(0 <= w.start <= w.end <= transcript.duration_s for w in transcript.words())
        assert json.loads(write_transcript(transcript))["duration_s"] <= 5


def test_times_that_run_backwards_are_put_in_order() -> None:
    words = [{"word": w, "start": 9.0 - 3 * n, "end": 8.0 - 3 * n} for n, w in enumerate("abc")]
    transcript = read_transcript(json.dumps({"segments": [{"words": words}]}))
    starts = [word.start for word in transcript.words()]
    assert starts == sorted(starts)
    assert "times_repaired" in transcript.flags


@pytest.mark.parametrize("field", ["flags", "speakers"])
def test_a_list_that_is_none_is_left_out(field: str) -> None:
    assert read_transcript(json.dumps(WHISPERX | {field: 3})).n_words() == 4
