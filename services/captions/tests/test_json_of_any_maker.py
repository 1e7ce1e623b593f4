"""JSON of any maker: nothing in it breaks the reader, and no line of a plain one is lost."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captions.reading import ReadFile, read_file
from everyword_events import InvalidInput
from everyword_transcripts import Word

NAMES = st.sampled_from(
    [
        *("text", "word", "words", "segments", "transcript", "utterances", "results", "items"),
        *("start", "end", "startTime", "endTime", "start_ms", "offset", "duration", "timestamp"),
        *("speaker", "speakers", "channel", "channels", "alternatives", "nbest", "type", "name"),
        *("transcription", "monologues", "elements", "events", "segs", "utf8", "recognizedPhrases"),
        *("confidence", "language", "speakerLabel", "offsets", "from", "to", "tokens", "x", ""),
        *("resultEndTime", "speaker_labels", "instances", "body", "combinedRecognizedPhrases"),
    ]
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.sampled_from(["", "0", "1.5", "1.5s", "00:01:02,5", "PT1.5S", "1e999", "ä b", "-3", "∞"]),
    st.text(max_size=8),
)
ANYTHING = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=30,
)

TEXTS = st.sampled_from(
    ["text", "body", "content", "transcript", "Sentence", "display_text", "caption", "Utterance"]
)
TIMES = st.sampled_from(
    [
        ("start", "end", 1),
        ("startTime", "endTime", 1),
        ("begin", "stop", 1),
        ("from", "to", 1),
        ("start_ms", "end_ms", 1000),
        ("startMs", "endMs", 1000),
        ("OffsetInTicks", "EndInTicks", 10_000_000),
    ]
)
SAID = ("Pelicans nest by the harbour.", "They leave in May.", "Who saw them go?", "Nobody did.")


def read(form: Any) -> ReadFile:
    return read_file(json.dumps(form).encode(), "json")


def said(found: ReadFile) -> list[Word]:
    return [word for segment in found.transcript.segments for word in segment.words]


@pytest.mark.parametrize(
    "form",
    [
        {"monologues": [{"elements": True}]},
        {"events": [{"segs": 3}]},
        {"transcription": [{"text": "a", "tokens": 1}]},
        {"results": {"items": [{"alternatives": 7}], "speaker_labels": {"segments": True}}},
        {"results": [{"alternatives": [{"transcript": "a", "words": True}]}]},
        {"recognizedPhrases": [{"nBest": 2}]},
        {"segments": [{"speakerLabel": ["a"], "text": "b", "start": 0, "end": 1}]},
    ],
)
def test_what_should_be_a_list_and_is_none_is_passed_over(form: Any) -> None:
    with suppress(InvalidInput):
        read(form)


@given(form=ANYTHING)
def test_no_json_breaks_the_reader(form: Any) -> None:
    try:
        found = read(form)
    except InvalidInput:
        return
    assert all(0 <= word.start <= word.end for word in said(found))


@given(
    text=TEXTS,
    times=TIMES,
    speaker=st.sampled_from([None, "speaker", "speakerName", "Participant"]),
    place=st.lists(st.sampled_from(["data", "result", "a", "payload"]), max_size=3),
    beside=st.dictionaries(st.sampled_from(["id", "status", "meta", "version"]), ODD, max_size=3),
    lines=st.integers(1, len(SAID)),
    gap_s=st.floats(0, 20),
)
def test_whatever_its_names_are_no_line_of_a_list_is_lost(
    *,
    text: str,
    times: tuple[str, str, int],
    speaker: str | None,
    place: list[str],
    beside: dict[str, Any],
    lines: int,
    gap_s: float,
) -> None:
    start, end, unit = times
    entries: list[dict[str, Any]] = []
    for number, line in enumerate(SAID[:lines]):
        at = 1.5 + number * (2.5 + gap_s)
        entry = {"id": number, text: line, start: round(at * unit), end: round((at + 2) * unit)}
        entries.append(entry if speaker is None else {**entry, speaker: f"Voice {number % 2}"})
    form: Any = {**beside, "lines": entries}
    for name in place:
        form = {name: form, "count": 3}
    found = read(form)
    assert [segment.text for segment in found.transcript.segments] == list(SAID[:lines])
    for number, segment in enumerate(found.transcript.segments):
        assert abs(segment.start - (1.5 + number * (2.5 + gap_s))) <= 1 / min(unit, 2) + 0.001


@given(
    word=st.sampled_from(["word", "text", "punctuated_word", "value"]),
    words=st.sampled_from(["words", "tokens", "items", "parts"]),
    times=TIMES,
    alone=st.booleans(),
)
def test_whatever_its_names_are_no_word_of_a_list_is_lost(
    word: str, words: str, times: tuple[str, str, int], *, alone: bool
) -> None:
    start, end, unit = times
    at = 0
    segments: list[dict[str, Any]] = []
    for line in SAID:
        spoken = []
        for each in line.split():
            at += 1
            spoken.append({word: each, start: at * unit, end: (at + 1) * unit})
        segments.append({words: spoken} if alone else {"text": line, words: spoken})
    found = read({"a": {"paragraphs": segments}})
    assert " ".join(each.word.strip() for each in said(found)) == " ".join(SAID)
    assert [each.start for each in said(found)] == list(range(1, at + 1))
