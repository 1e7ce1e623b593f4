"""Recognisers' own JSON with what makes it hard: tokens, texts beside words, times as text."""

import json
from typing import Any

import pytest

from captions.reading import ReadFile, read_file

Heard = list[tuple[str | None, str]]


def read(form: Any) -> ReadFile:
    return read_file(json.dumps(form).encode())


def heard(found: ReadFile) -> Heard:
    names = {one.label: one.name or one.label for one in found.transcript.speakers}
    return [(names.get(one.speaker or ""), one.text) for one in found.transcript.segments]


def words(found: ReadFile) -> list[tuple[str, float, float]]:
    return [(w.word, round(w.start, 2), round(w.end, 2)) for w in found.transcript.words()]


def tokens(*said: tuple[str, int, int]) -> dict[str, Any]:
    """Return whisper.cpp's JSON as `-ml 1` writes it: a token to a line, spaces kept."""
    lines = [{"offsets": {"from": a, "to": b}, "text": text} for text, a, b in said]
    return {"result": {"language": "en"}, "transcription": lines}


def test_a_token_to_a_line_is_joined_to_words() -> None:
    found = read(
        tokens(
            *(("", 0, 100), (" Kitti", 100, 300), ("wakes", 300, 500), (" nest", 500, 800)),
            *((".", 800, 810), (" Don", 3000, 3200), ("'t", 3200, 3300), (" go", 3300, 3500)),
        )
    )
    assert words(found) == [
        *(("Kittiwakes", 0.1, 0.5), ("nest.", 0.5, 0.8)),
        *(("Don't", 3.0, 3.3), ("go", 3.3, 3.5)),
    ]
    assert heard(found) == [(None, "Kittiwakes nest."), (None, "Don't go")]
    assert not any(word.estimated for word in found.transcript.words())


def test_tokens_of_a_script_without_spaces_are_words() -> None:
    form = tokens(("鸥", 0, 200), ("在", 200, 400), ("这里", 400, 700), ("。", 700, 710))
    form["result"]["language"] = "zh"
    assert [word for word, _, _ in words(read(form))] == ["鸥", "在", "这里。"]


def test_whispers_stereo_speakers_are_kept_and_marks_of_turns_are_not_spoken() -> None:
    line = {"offsets": {"from": 0, "to": 900}, "text": " Gulls nest here. [SPEAKER_TURN]"}
    later = {"offsets": {"from": 900, "to": 2000}, "text": " They stay."}
    found = read({"transcription": [{**line, "speaker": "0"}, {**later, "speaker": "1"}]})
    assert heard(found) == [("SPEAKER_00", "Gulls nest here."), ("SPEAKER_01", "They stay.")]
    unknown = read({"transcription": [{**line, "speaker": "?"}]})
    assert heard(unknown) == [(None, "Gulls nest here.")]


@pytest.mark.parametrize(
    "form",
    [
        {"segments": [{"start": "62.5", "end": "64.0", "text": "Gulls nest."}]},
        {"segments": [{"startTimeMs": 62500, "endTimeMs": 64000, "text": "Gulls nest."}]},
        {"segments": [{"startTime": "0:01:02.5", "endTime": "0:01:04", "body": "Gulls nest."}]},
        {
            "recognizedPhrases": [
                {"offset": "PT1M2.5S", "duration": "PT1.5S", "nBest": [{"display": "Gulls nest."}]}
            ]
        },
        {
            "Transcript": [
                {"Content": "Gulls nest.", "BeginOffsetMillis": 62500, "EndOffsetMillis": 64000}
            ]
        },
    ],
    ids=["numbers as text", "milliseconds by name", "clocks", "periods", "call analytics"],
)
def test_times_are_read_however_they_are_written(form: Any) -> None:
    (segment,) = read(form).transcript.segments
    assert (segment.start, segment.end, segment.text) == (62.5, 64.0, "Gulls nest.")


def test_a_last_line_without_an_end_lasts_as_long_as_it_takes_to_say() -> None:
    found = read({"segments": [{"startTime": 2, "body": "Gulls nest here."}]})
    assert found.transcript.segments[0].end > 2.5


def test_tokens_with_parts_of_letters_are_made_whole_by_the_text() -> None:
    parts = [
        (" M", 0),
        ("\ufffd", 100),
        ("\ufffd", 150),
        ("wen", 200),
        (" n", 500),
        ("isten.", 600),
    ]
    said = [{"text": text, "offsets": {"from": at, "to": at + 100}} for text, at in parts]
    line = {"offsets": {"from": 0, "to": 900}, "text": " Möwen nisten.", "tokens": said}
    found = read({"transcription": [line]})
    assert words(found) == [("Möwen", 0.0, 0.3), ("nisten.", 0.5, 0.7)]
    assert not found.warnings
    other = read({"transcription": [{**line, "text": " Ganz anders."}]})
    assert heard(other) == [(None, "Ganz anders.")]


def spoken(*said: tuple[str, float, str]) -> list[dict[str, Any]]:
    return [{"word": word, "start": at, "end": at + 0.4, "speaker": who} for word, at, who in said]


def test_the_speakers_of_words_cut_what_one_segment_holds() -> None:
    said = spoken(("Gulls", 0.0, "Ada"), ("nest.", 0.5, "Ada"), ("Where?", 1.0, "Bo"))
    alternative = {"transcript": "Gulls nest. Where?", "words": said, "paragraphs": {}}
    found = read({"results": {"channels": [{"alternatives": [alternative]}]}})
    assert heard(found) == [("Ada", "Gulls nest."), ("Bo", "Where?")]


def google(*said: tuple[str, str, str, int]) -> dict[str, Any]:
    spoken = [
        {"word": word, "startTime": a, "endTime": b, **({"speakerTag": tag} if tag else {})}
        for word, a, b, tag in said
    ]
    return {"alternatives": [{"words": spoken}]}


@pytest.mark.parametrize("around", ["response", "batch"])
def test_an_operation_s_speakers_are_not_said_again(around: str) -> None:
    results = [
        google(("Gulls", "0s", "0.4s", 0), ("nest.", "0.5s", "0.9s", 0)),
        google(("Gulls", "0s", "0.4s", 1), ("nest.", "0.5s", "0.9s", 2)),
    ]
    form: Any = {"response": {"results": results}, "done": True}
    if around == "batch":
        form = {"results": {"gs://talks/one.flac": {"transcript": {"results": results}}}}
    assert heard(read(form)) == [("SPEAKER_01", "Gulls"), ("SPEAKER_02", "nest.")]


def test_words_without_punctuation_get_it_from_the_text_of_the_whole() -> None:
    said = [("Gulls", 0.0), ("don't", 0.5), ("leave", 1.0), ("They", 1.5), ("stay", 2.0)]
    form = {
        "text": "Gulls don't leave. They stay!",
        "words": [{"word": word, "start": at, "end": at + 0.4} for word, at in said],
    }
    found = read(form)
    assert heard(found) == [(None, "Gulls don't leave."), (None, "They stay!")]
    assert words(found)[2] == ("leave.", 1.0, 1.4)
    other = read({**form, "text": "Quite another text."})
    assert heard(other) == [(None, "Gulls don't leave They stay")]


def test_lines_that_stay_on_the_screen_end_where_the_next_one_begins() -> None:
    found = read(
        [
            {"text": "gulls nest here", "start": 1.0, "duration": 4.5},
            {"text": "they stay", "start": 3.0, "duration": 3.0},
        ]
    )
    assert [(one.start, one.end) for one in found.transcript.segments] == [(1.0, 3.0), (3.0, 6.0)]


@pytest.mark.parametrize(
    ("language", "text", "cut"),
    [
        ("zh", "我们用Python写。", ["我", "们", "用", "Python", "写。"]),
        ("ja", "東京でWi", ["東", "京", "で", "Wi"]),
        ("th", "สวัสดี", ["ส", "วั", "ส", "ดี"]),
    ],
)
def test_letters_of_a_script_without_spaces_stay_whole(
    language: str, text: str, cut: list[str]
) -> None:
    said = [{"word": c, "start": n / 10, "end": n / 10 + 0.1} for n, c in enumerate(text)]
    found = read({"language": language, "segments": [{"text": text, "words": said}]})
    assert [word for word, _, _ in words(found)] == cut
    whole = read(
        {"language": "ja", "segments": [{"text": "東京で", "words": [
            {"word": "東京", "start": 0.0, "end": 0.5}, {"word": "で", "start": 0.5, "end": 0.6}]}]}
    )  # fmt: skip
    assert words(whole) == [("東京", 0.0, 0.5), ("で", 0.5, 0.6)]


def test_names_of_speakers_stand_for_their_numbers() -> None:
    monologues = [
        {"speaker": n, "elements": [{"type": "text", "value": w, "ts": n, "end_ts": n + 0.5}]}
        for n, w in enumerate(("Gulls", "Terns"))
    ]
    people = [{"id": 0, "name": "Ada"}, {"id": 1, "name": "Bo"}]
    form = {"monologues": monologues, "speakers": people}
    assert heard(read(form)) == [("Ada", "Gulls"), ("Bo", "Terns")]


def test_of_two_equal_lists_the_one_that_names_speakers_is_read() -> None:
    lines = [(0.0, 1.0, " Gulls nest."), (2.0, 3.0, " They stay.")]
    chunks = [{"timestamp": [a, b], "text": text} for a, b, text in lines]
    told = [
        {**one, "text": one["text"].strip(), "speaker": f"SPEAKER_{n:02}"}
        for n, one in enumerate(chunks)
    ]
    found = read({"chunks": chunks, "speakers": told})
    assert [who for who, _ in heard(found)] == ["SPEAKER_00", "SPEAKER_01"]


@pytest.mark.parametrize("channels", [1, 2])
def test_amazon_s_channels_are_speakers_where_there_are_several(channels: int) -> None:
    items = [
        {
            "channel_label": f"ch_{n}",
            "type": "pronunciation",
            "start_time": f"{n}.0",
            "end_time": f"{n}.4",
            "alternatives": [{"content": word, "confidence": "0.9"}],
        }
        for n, word in enumerate(["Gulls", "Terns"][:channels])
    ]
    form = {"results": {"channel_labels": {"channels": [{}] * channels}, "items": items}}
    expected = [("Channel 1", "Gulls"), ("Channel 2", "Terns")]
    assert heard(read(form)) == (expected if channels > 1 else [(None, "Gulls")])
