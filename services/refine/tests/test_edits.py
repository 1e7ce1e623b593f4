from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_events import SegmentAnchor, TranscriptEdited
from everyword_transcripts import Segment, Speaker, Transcript, Word
from refine.domain.anchors import anchor_of
from refine.domain.edits import Edit, apply_edits


def edited(transcript: Any, *data: st.DataObject) -> Any:
    edits = [Edit(f"e{n}", one) for n, one in enumerate(data)]
    return apply_edits(transcript, edits)


def texts(transcript: Any) -> Any:
    return [segment.text for segment in transcript.segments]


@pytest.fixture
def spoken(transcribe: Callable[..., Transcript]) -> Any:
    return transcribe(
        "Hello and welcome to the show",
        "Today we use cube cuttle every day",
        "Thank you for having me here",
        "And that was all for now",
        speakers=["S0", "S1"],
    )


def moved(transcript: Any, by_s: Any, change: Any = lambda text: text) -> Any:
    """Return the speech as another engine hears it: later, and in other words."""
    segments = []
    for segment in transcript.segments:
        text = change(segment.text).split()
        length = (segment.end - segment.start) / len(text)
        words = [
            Word(w, segment.start + by_s + i * length, segment.start + by_s + (i + 1) * length)
            for i, w in enumerate(text)
        ]
        words = [Word(w.word, w.start, w.end, None, segment.speaker) for w in words]
        segments.append(Segment.of(words, speaker=segment.speaker, language="en"))
    return Transcript("en", transcript.duration_s + by_s, tuple(segments))


def test_a_text_edit_replaces_the_segments_words(spoken: str) -> None:
    anchor = anchor_of(spoken, 1)
    assert (anchor.before, anchor.after) == (
        "Hello and welcome to the show",
        "Thank you for having me here",
    )
    got, (change,) = edited(
        spoken, TranscriptEdited(anchor=anchor, text="Today we use kubectl every day")
    )
    assert texts(got)[1] == "Today we use kubectl every day"
    assert texts(got)[::2] == texts(spoken)[::2]
    old, new = spoken.segments[1].words, got.segments[1].words
    assert (new[3].start, new[3].end) == (old[3].start, old[4].end)
    assert (change.verdict, change.by, change.step) == ("applied", "e0", "edit")


@pytest.mark.parametrize("by_s", [0.0, 0.4, -0.4, 2.0])
def test_it_is_found_again_when_times_moved_and_words_changed(spoken: str, by_s: Any) -> None:
    data = TranscriptEdited(anchor=anchor_of(spoken, 1), text="Today we use kubectl every day")
    start = moved(spoken, 3.0)
    again = moved(start, by_s, lambda text: text.replace("cube cuttle", "cue cattle"))
    anchor = anchor_of(start, 1)
    got, (change,) = edited(again, data.model_copy(update={"anchor": anchor}))
    assert change.verdict == "applied"
    assert texts(got)[1] == "Today we use kubectl every day"
    assert got.n_words() == again.n_words() - 1


def test_it_is_found_again_when_segments_are_cut_otherwise(spoken: str) -> None:
    words = list(spoken.words())
    cut = [words[:9], words[9:15], words[15:]]
    other = spoken.with_segments(
        Segment.of([Word(w.word, w.start, w.end) for w in part], speaker=None, language="en")
        for part in cut
    )
    got, (change,) = edited(
        other,
        TranscriptEdited(anchor=anchor_of(spoken, 1), text="Today we use kubectl every day"),
    )
    assert change.verdict == "applied"
    assert " ".join(texts(got)) == (
        "Hello and welcome to the show Today we use kubectl every day "
        "Thank you for having me here And that was all for now"
    )
    assert len(got.segments) == 3
    starts = [w.start for w in got.words()]
    assert starts == sorted(starts)


def test_other_speech_at_that_time_is_a_conflict_and_reported(
    spoken: str, transcribe: Callable[..., Transcript]
) -> None:
    data = TranscriptEdited(anchor=anchor_of(spoken, 1), text="Today we use kubectl every day")
    other = transcribe("Nothing", "of what stands in this recording now", "was there before at all")
    got, (change,) = edited(other, data)
    assert got == other
    assert change.verdict == "conflict"
    assert change.reason == "other words stand there now"
    assert change.after == "Today we use kubectl every day"
    assert change.before
    silent = Transcript("en", 60.0)
    _, (change,) = edited(silent, data)
    assert change.reason == "nothing is said there any more"


def test_an_edit_the_new_run_made_by_itself_changes_nothing(spoken: str) -> None:
    data = TranscriptEdited(anchor=anchor_of(spoken, 1), text="Today we use kubectl every day")
    once, _ = edited(spoken, data)
    twice, (change,) = edited(once, data)
    assert twice == once
    assert (change.verdict, change.reason) == ("applied", "already_so")


def test_edits_of_edits_apply_in_order(spoken: str) -> None:
    first = TranscriptEdited(anchor=anchor_of(spoken, 1), text="Today we use kubectl every day")
    once, _ = edited(spoken, first)
    second = TranscriptEdited(anchor=anchor_of(once, 1), text="Today we use kubectl each day")
    got, changes = edited(spoken, first, second)
    assert texts(got)[1] == "Today we use kubectl each day"
    assert [c.verdict for c in changes] == ["applied", "applied"]


def test_an_empty_text_deletes_the_segment(spoken: str) -> None:
    got, _ = edited(spoken, TranscriptEdited(anchor=anchor_of(spoken, 0), text=""))
    assert texts(got) == texts(spoken)[1:]


def test_what_a_person_writes_is_cleaned_but_never_validated(spoken: str) -> None:
    text = "Something\x00 entirely\n\nother, with <b> & -->"
    got, _ = edited(spoken, TranscriptEdited(anchor=anchor_of(spoken, 1), text=text))
    assert texts(got)[1] == "Something entirely other, with <b> & -->"


def test_a_segments_speaker_is_corrected(spoken: str) -> None:
    got, (change,) = edited(spoken, TranscriptEdited(anchor=anchor_of(spoken, 1), speaker="S0"))
    assert [s.speaker for s in got.segments] == ["S0", "S0", "S0", "S1"]
    assert {w.speaker for w in got.segments[1].words} == {"S0"}
    assert (change.before, change.after) == ("S1", "S0")


def test_a_new_persons_name_becomes_a_label_and_a_known_one_is_found(spoken: str) -> None:
    named, _ = edited(spoken, TranscriptEdited(label="S0", speaker="Helen"))
    assert named.speakers == (Speaker("S0", "Helen"),)
    got, _ = edited(
        named,
        TranscriptEdited(anchor=anchor_of(spoken, 1), speaker="Helen"),
        TranscriptEdited(anchor=anchor_of(spoken, 3), speaker="Tom"),
    )
    assert [s.speaker for s in got.segments] == ["S0", "S0", "S0", "Tom"]
    assert Speaker("Tom") in got.speakers


def test_a_label_that_diarization_renumbered_is_found_by_its_voice(spoken: str) -> None:
    data = TranscriptEdited(anchor=anchor_of(spoken, 0), label="S0", speaker="Helen")
    swap = {"S0": "S1", "S1": "S0"}
    other = spoken.with_segments(
        Segment.of(
            [Word(w.word, w.start, w.end, None, swap[w.speaker]) for w in s.words],
            speaker=swap[s.speaker],
            language="en",
        )
        for s in spoken.segments
    )
    got, _ = edited(other, data)
    assert got.speaker_name("S1") == "Helen"
    assert got.speaker_name("S0") == "S0"


def test_unknown_speakers_are_conflicts(spoken: str) -> None:
    got, changes = edited(
        spoken,
        TranscriptEdited(anchor=anchor_of(spoken, 1), speaker="SPEAKER_07"),
        TranscriptEdited(label="S9", speaker="Helen"),
        TranscriptEdited(text="nowhere"),
    )
    assert got == spoken
    assert [c.verdict for c in changes] == ["conflict"] * 3


WORDS = st.lists(st.sampled_from(["a", "bb", "ccc", "and", "so"]), min_size=1, max_size=8)


@given(st.lists(WORDS, min_size=1, max_size=6), st.data())
def test_any_edit_applies_to_the_transcript_it_was_made_on(
    groups: Any, data: st.DataObject
) -> None:
    at = 0.0
    segments = []
    for group in groups:
        words = [Word(w, at + i * 0.5, at + i * 0.5 + 0.4) for i, w in enumerate(group)]
        at = words[-1].end + 1.0
        segments.append(Segment.of(words, speaker=None, language="en"))
    before = Transcript("en", at, tuple(segments))
    number = data.draw(st.integers(0, len(groups) - 1))
    text = " ".join(data.draw(WORDS))
    got, (change,) = edited(before, TranscriptEdited(anchor=anchor_of(before, number), text=text))
    assert change.verdict == "applied"
    expected = texts(before)
    expected[number] = text
    assert texts(got) == expected
    assert all(a.start <= b.start for a, b in pairwise(got.words()))


def test_an_anchor_from_nowhere_is_a_conflict(spoken: str) -> None:
    anchor = SegmentAnchor(start=1e6, end=1e6, text="x")
    _, (change,) = edited(spoken, TranscriptEdited(anchor=anchor, text="y"))
    assert change.verdict == "conflict"


def test_one_of_many_equal_words_is_told_by_its_time() -> None:
    first = [Word("no", i * 0.5, i * 0.5 + 0.4) for i in range(7)]
    last = [Word("no", 4.4, 4.8)]
    before = Transcript(
        "en", 5.0, tuple(Segment.of(w, speaker=None, language="en") for w in (first, last))
    )
    edit = TranscriptEdited(anchor=anchor_of(before, 1), text="yes")
    got, (change,) = edited(before, edit)
    assert change.verdict == "applied"
    assert texts(got) == ["no no no no no no no", "yes"]
