"""From words to cues: limits held, phrases kept, nothing lost, and quickly."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captions.domain.cue_building import build_cues
from captions.domain.cues import Captions
from captions.domain.limits import PROFILES, CueLimits
from captions.domain.wording import clean_text
from everyword_transcripts import Segment, Transcript, Word

WEB, PODCAST = PROFILES["web"], PROFILES["podcast-srt"]

words_st = st.text(
    st.one_of(st.characters(exclude_categories=[]), st.sampled_from("aebdnrst.,?!-<>& 日本שלום")),
    min_size=0,
    max_size=14,
)
times_st = st.floats(0, 60, allow_nan=False).map(lambda s: round(s, 4))


@st.composite
def transcripts(draw: Any, words: Any = words_st) -> Transcript:
    """Any transcript the kernel allows: odd text, bursts, pauses, people talking at once."""
    language = draw(st.sampled_from(["en", "ja", "und", "ar"]))
    labels = st.sampled_from([None, "A", "B"])
    latest: dict[str | None, float] = {}
    segments, begin = [], 0.0
    for _ in range(draw(st.integers(0, 6))):
        begin += draw(st.sampled_from([0.0, 0.1, 0.7, 3.0]))
        speaker = draw(labels)
        spoken = []
        clock = max(begin, latest.get(speaker, 0.0))
        for text in draw(st.lists(words, min_size=1, max_size=30)):
            clock += draw(st.sampled_from([0.0, 0.001, 0.2, 0.35, 2.0]))
            length = draw(st.sampled_from([0.0, 0.0004, 0.2, 0.5, 9.0]))
            spoken.append(Word(text, clock, clock + length, None, speaker))
        latest[speaker] = clock
        segments.append(Segment.of(spoken, speaker=speaker, language=language))
    segments.sort(key=lambda segment: segment.start)
    end = max((segment.end for segment in segments), default=0.0)
    return Transcript(language, end, tuple(segments))


def visible(transcript: Transcript) -> list[str]:
    """Every character a viewer must see, whatever cue it is in."""
    return sorted("".join(clean_text(word.word) for word in transcript.words()).replace(" ", ""))


def shown(captions: Captions) -> list[str]:
    return sorted("".join(cue.text for cue in captions.cues).replace("\n", "").replace(" ", ""))


@given(transcripts(), st.sampled_from([WEB, PODCAST, CueLimits(12, 1), CueLimits(20, 3)]))
def test_whatever_is_said_every_cue_can_be_shown(transcript: Transcript, limits: CueLimits) -> None:
    captions = build_cues(transcript, limits)
    assert shown(captions) == visible(transcript)
    for before, cue in pairwise(captions.cues):
        assert before.start_ms <= cue.start_ms
    for cue in captions.cues:
        assert 0 <= cue.start_ms < cue.end_ms
        assert cue.end_ms - cue.start_ms <= limits.max_ms
        assert 1 <= len(cue.lines) <= limits.max_lines
        for line in cue.lines:
            assert line.text.strip() == line.text != ""
            assert not any(c.isspace() and c != " " for c in line.text)
            assert len(line.text) <= limits.max_line_chars
            assert len(line.words) == len(line.starts_ms)
        if limits.cue_per_speaker:
            assert len({line.speaker for line in cue.lines}) == 1


@given(transcripts())
def test_the_same_transcript_gives_the_same_cues(transcript: Transcript) -> None:
    assert build_cues(transcript, WEB) == build_cues(replace(transcript), WEB)


def test_cues_of_one_voice_never_overlap(spoken: Any) -> None:
    captions = build_cues(spoken(("A", "so " * 200 + "done."), word_s=0.07), WEB)
    for before, cue in pairwise(captions.cues):
        assert before.end_ms <= cue.start_ms


def lines_of(transcript: Transcript, limits: CueLimits = WEB) -> list[list[str]]:
    return [cue.text.split("\n") for cue in build_cues(transcript, limits).cues]


def test_lines_and_cues_end_where_phrases_do(spoken: Any) -> None:
    text = (
        "The keeper of the lighthouse recorded the weather, and his daughter kept every page"
        " of it in a box under the stairs."
    )
    assert lines_of(spoken((None, text), word_s=0.4)) == [
        ["The keeper of the lighthouse", "recorded the weather,"],
        ["and his daughter kept every page", "of it in a box under the stairs."],
    ]


def test_the_whole_is_weighed_and_not_the_next_line_alone(spoken: Any) -> None:
    """Filling each line as far as it goes would leave `of time.` alone in a cue of its own."""
    text = (
        "Every window in the old house by the harbour would shake in the storms of that"
        " winter for hours"
    )
    cues = lines_of(spoken((None, text + " of time.")))
    assert min(len(" ".join(cue)) for cue in cues) > len("of time.")


def test_cues_are_chosen_together_with_the_breaks_in_their_lines(spoken: Any) -> None:
    text = (
        "It is altogether fitting and proper that we should do this. But in a larger sense, we can"
        " not dedicate, we can not consecrate, we can not hallow this ground."
    )
    assert lines_of(spoken((None, text), word_s=0.38)) == [
        ["It is altogether fitting", "and proper that we should do this."],
        ["But in a larger sense,", "we can not dedicate,"],
        ["we can not consecrate,", "we can not hallow this ground."],
    ]


def test_a_speaker_starts_a_line_and_where_asked_a_cue(spoken: Any) -> None:
    talk = spoken(("A", "Did you hear that?"), ("B", "No."), ("A", "Listen again."), pause_s=0.05)
    for cue in build_cues(talk, WEB).cues:
        for line in cue.lines:
            assert line.text in {"Did you hear that?", "No.", "Listen again."}
    assert lines_of(talk, PODCAST) == [["Did you hear that?"], ["No."], ["Listen again."]]


def test_a_reply_too_short_to_stand_alone_shares_its_cue(spoken: Any) -> None:
    talk = spoken(
        ("A", "Were you ever out there yourself?"),
        ("B", "No."),
        ("A", "Why was that?"),
        pause_s=0.02,
    )
    shared = [cue for cue in build_cues(talk, WEB).cues if len(cue.turns()) > 1]
    assert shared
    assert all(cue.end_ms - cue.start_ms >= WEB.min_ms for cue in shared)


def test_people_talking_at_once_have_cues_of_their_own() -> None:
    def said(speaker: str, text: str, start: float) -> Segment:
        words = [
            Word(word, start + at * 0.3, start + at * 0.3 + 0.3, None, speaker)
            for at, word in enumerate(text.split())
        ]
        return Segment.of(words, speaker=speaker, language="en")

    long = said("A", "and this goes on and on for quite a while because he never stops", 0.0)
    talk = Transcript("en", 9.0, (long, said("B", "Excuse me, please.", 1.5)))
    cues = build_cues(talk, WEB).cues
    assert ["Excuse me, please."] in [cue.text.split("\n") for cue in cues]
    other = next(cue for cue in cues if cue.text == "Excuse me, please.")
    assert abs(other.start_ms - 1500) <= WEB.max_shift_ms
    assert " ".join(cue.text for cue in cues if cue is not other).split() == long.text.split()


def test_a_word_longer_than_a_line_is_cut(spoken: Any) -> None:
    address = "https://example.org/" + "a" * 100
    captions = build_cues(spoken((None, f"See {address} today.")), WEB)
    assert max(len(line.text) for cue in captions.cues for line in cue.lines) <= 42
    assert address in "".join(cue.text for cue in captions.cues).replace("\n", "")


def test_wide_characters_take_two_columns(spoken: Any) -> None:
    talk = spoken((None, " ".join("灯台守の娘は毎日の天気を書き留めていた。" * 3)), language="ja")
    for cue in build_cues(talk, WEB).cues:
        assert max(len(line.text) for line in cue.lines) <= 21


@pytest.mark.parametrize("limits", [WEB, PODCAST, replace(WEB, max_lines=3, max_line_chars=30)])
def test_cues_stand_long_enough_to_be_read(spoken: Any, limits: CueLimits) -> None:
    text = "We kept the light for forty years, and nobody asked us what it was like, not once. "
    captions = build_cues(spoken((None, (text * 20).strip()), word_s=0.32), limits)
    for cue in captions.cues:
        seconds = (cue.end_ms - cue.start_ms) / 1000
        assert limits.min_ms / 1000 <= seconds <= limits.max_ms / 1000
        assert len(cue.text.replace("\n", " ")) / seconds <= limits.max_cps + 0.01


def test_small_gaps_are_closed_and_large_ones_kept(spoken: Any) -> None:
    talk = spoken(
        (None, "One two three four five six."), (None, "Seven eight nine ten eleven."), pause_s=0.3
    )
    limits = replace(WEB, max_lines=1, max_line_chars=30)
    first, second = build_cues(talk, limits).cues
    assert first.end_ms == second.start_ms
    talk = spoken((None, "One two three four five six."), (None, "Seven eight."), pause_s=3.0)
    first, second = build_cues(talk, limits).cues
    assert second.start_ms - first.end_ms > 2000


def calls_for(transcript: Transcript) -> int:
    """Count what is called: the work, as no clock of a busy machine tells it."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        build_cues(transcript, WEB)
    finally:
        sys.setprofile(None)
    return count


def seconds_for(transcript: Transcript) -> float:
    def once() -> float:
        begin = time.process_time()
        build_cues(transcript, WEB)
        return time.process_time() - begin

    return min(once() for _ in range(3)) + 0.02


@pytest.mark.parametrize("work", [calls_for, pytest.param(seconds_for, marks=pytest.mark.slow)])
def test_one_endless_segment_takes_no_longer_than_many(
    spoken: Any, work: Callable[[Transcript], float]
) -> None:
    sentence = "and then we took the boat across to the island with the box of tapes"
    many = spoken(*[(None, sentence)] * 300, pause_s=0.0)
    one = replace(many, segments=(Segment.of(list(many.words()), speaker=None, language="en"),))
    assert one.n_words() == 4500
    assert work(one) < 2 * work(many)


@pytest.mark.parametrize("work", [calls_for, pytest.param(seconds_for, marks=pytest.mark.slow)])
def test_time_grows_with_the_words_and_no_faster(
    spoken: Any, work: Callable[[Transcript], float]
) -> None:
    sentence = "and then we took the boat across to the island with the box of tapes"
    small, large = (
        spoken((None, " ".join([sentence] * 100))),
        spoken((None, " ".join([sentence] * 800))),
    )
    assert work(large) < 8 * work(small) * 2
