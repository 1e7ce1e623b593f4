"""Files of others become transcripts, or the same cues in another format."""

import json
from typing import Any

import pytest

from captions.config import CaptionsSettings
from captions.reading import convert, read_captions, sniff
from captions.standalone import render
from everyword_events import InvalidInput
from everyword_transcripts import Transcript


def said(transcript: Transcript) -> list[tuple[str | None, str]]:
    return [(segment.speaker, segment.text) for segment in transcript.segments]


VTT = (
    "WEBVTT\n\n1\n00:01.000 --> 00:03.000\n<v Ada>Hello <i>there</i>, you\nall.\n\n"
    "00:03.500 --> 00:05.000\n<v Bo &amp; Co>Hi!</v>\n<v Ada>Fine?\n"
)


def test_vtt_becomes_words_with_estimated_times() -> None:
    transcript = read_captions(VTT.encode(), language="en")
    assert said(transcript) == [
        ("Ada", "Hello there, you all."),
        ("Bo & Co", "Hi!"),
        ("Ada", "Fine?"),
    ]
    assert transcript.engine.name == "imported"
    assert transcript.speaker_name("Bo & Co") == "Bo & Co"
    words = list(transcript.words())
    assert (words[0].start, words[3].end) == (1.0, 3.0)
    assert all(word.estimated for word in words)
    assert transcript.duration_s == 5.0


def test_karaoke_times_are_kept_and_not_marked(spoken: Any) -> None:
    talk = spoken((None, "One two three four."), word_s=0.5)
    again = read_captions(render(talk, "karaoke-vtt", CaptionsSettings()))
    assert [word.start for word in again.words()] == [0.0, 0.5, 1.0, 1.5]
    assert [word.estimated for word in again.words()] == [True, False, False, False]


def test_srt_is_read_as_it_is_found() -> None:
    raw = (
        "\ufeff1\r\n00:00:01,000 --> 00:00:02,000 X1:0\r\n<i>Hello</i> {\\an8}there\r\n\r\n"
        "second line\r\n\r\n2\r\n0:00:02.5 --> 0:00:03,250\r\nAT&T &amp; 1 < 2\r\n"
        "3\r\n00:00:04,000 --> 00:00:05,000\r\n42\r\n\r\n"
    )
    transcript = read_captions(raw.encode())
    assert [text for _, text in said(transcript)] == [
        "Hello there second line",
        "AT&T & 1 < 2",
        "42",
    ]
    assert transcript.segments[1].start == 2.5
    assert transcript.segments[1].end == 3.25


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_srt_in_any_usual_encoding(encoding: str) -> None:
    raw = "1\n00:00:01,000 --> 00:00:02,000\nBlåbær\n".encode(encoding)
    assert [text for _, text in said(read_captions(raw))] == ["Blåbær"]


def test_names_before_colons_are_speakers_until_the_next() -> None:
    raw = "\n".join(
        f"{at}\n00:00:0{at},000 --> 00:00:0{at},900\n{text}\n"
        for at, text in enumerate(
            ["Adam Curry: Hello.", "Still me: listen.", "Dave:\nGood morning.", "SPEAKER_02: Hi."]
        )
    )
    transcript = read_captions(raw.encode())
    assert said(transcript) == [
        ("Adam Curry", "Hello."),
        ("Adam Curry", "Still me: listen."),
        ("Dave", "Good morning."),
        ("SPEAKER_02", "Hi."),
    ]
    assert transcript.speaker_name("SPEAKER_02") == "SPEAKER_02"


def test_a_colon_in_plain_speech_makes_nobody_speak() -> None:
    raw = (
        b"1\n00:00:01,000 --> 00:00:02,000\nSo I said\n\n"
        b"2\n00:00:02,000 --> 00:00:03,000\nNever: no.\n"
    )
    assert {speaker for speaker, _ in said(read_captions(raw))} == {None}


def test_rolling_captions_are_read_once() -> None:
    lines = ["we went down", "to the harbour", "in the morning", "and it was cold"]
    blocks = [
        f"00:0{at}.000 --> 00:0{at}.990\n{before}\n{line}\n"
        for at, (before, line) in enumerate(zip([" ", *lines], lines, strict=False))
    ]
    transcript = read_captions(("WEBVTT\n\n" + "\n".join(blocks)).encode())
    assert " ".join(text for _, text in said(transcript)) == " ".join(lines)
    brief = [
        f"00:0{at}.000 --> 00:0{at}.990\n{line}\n\n00:0{at}.990 --> 00:0{at + 1}.000\n{line}\n"
        for at, line in enumerate(lines)
    ]
    transcript = read_captions(("WEBVTT\n\n" + "\n".join(brief)).encode())
    assert " ".join(text for _, text in said(transcript)) == " ".join(lines)


def test_a_refrain_is_no_rolling_caption() -> None:
    blocks = [f"00:0{at}.000 --> 00:0{at}.990\nLet it be\n" for at in range(8)]
    transcript = read_captions(("WEBVTT\n\n" + "\n".join(blocks)).encode())
    assert transcript.n_words() == 24


def test_podcast_json_of_cues_and_of_words() -> None:
    cues = {
        "version": "1.0.0",
        "segments": [
            {"speaker": "Ada", "startTime": 0.5, "endTime": 2, "body": "Hello there."},
            {"startTime": 2, "endTime": 3, "body": "How are you?"},
            {"startTime": 4, "body": "Fine, thanks."},
        ],
    }
    transcript = read_captions(json.dumps(cues).encode())
    assert said(transcript) == [
        ("Ada", "Hello there."),
        ("Ada", "How are you?"),
        ("Ada", "Fine, thanks."),
    ]
    words = {
        "segments": [
            {"speaker": "B", "startTime": at / 2, "endTime": at / 2 + 0.4, "body": word}
            for at, word in enumerate(["One", "two", "three.", "Four", "five."])
        ]
    }
    transcript = read_captions(json.dumps(words).encode(), "podcast-json")
    assert said(transcript) == [("B", "One two three."), ("B", "Four five.")]
    assert not any(word.estimated for word in transcript.words())


def test_our_json_comes_back_as_it_was(spoken: Any) -> None:
    talk = spoken(("A", "Hello."), names=[("A", "Ada")])
    raw = render(talk, "json", CaptionsSettings())
    assert render(read_captions(raw), "json", CaptionsSettings()) == raw
    assert sniff(raw) == "json"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"", None),
        (b"just words", None),
        (b"{broken", None),
        (b"[1]", "json"),
        (b'{"segments": 3}', None),
        (b'{"segments": [{"startTime": "x"}]}', None),
        (b"1\n00:00 - 00:01\nHi\n", "srt"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nHi", "vtt"),
        (b"<html>", "html"),
    ],
)
def test_what_cannot_be_read_is_refused(raw: bytes, name: str | None) -> None:
    with pytest.raises(InvalidInput):
        read_captions(raw, name)


def test_converting_keeps_the_cues() -> None:
    srt = convert(VTT.encode(), None, "srt").data.decode()
    assert srt == (
        "1\n00:00:01,000 --> 00:00:03,000\nAda: Hello there, you\nall.\n\n"
        "2\n00:00:03,500 --> 00:00:05,000\nBo & Co: Hi!\nAda: Fine?\n\n"
    )
    back = convert(srt.encode(), "srt", "vtt").data.decode()
    assert "<v Ada>Hello there, you\nall.\n" in back
    assert "00:00:03.500 --> 00:00:05.000\n<v Bo & Co>" not in back


def test_converting_with_settings_cuts_anew() -> None:
    settings = CaptionsSettings(max_line_chars=12, max_lines=1)
    lines = convert(VTT.encode(), "vtt", "srt", settings).data.decode().split("\n")
    assert max(len(line) for line in lines if "-->" not in line) <= 12


def test_converting_to_a_transcript_and_on() -> None:
    form = json.loads(convert(VTT.encode(), "vtt", "json").data)
    assert form["schema"] == 1
    assert form["segments"][0]["words"][0]["estimated"] is True
    assert convert(json.dumps(form).encode(), "json", "vtt").data.startswith(b"WEBVTT\n")
    with pytest.raises(InvalidInput):
        convert(VTT.encode(), "vtt", "docx")


def test_cues_that_overlap_or_end_before_they_begin_are_read() -> None:
    raw = (
        b"WEBVTT\n\n00:05.000 --> 00:06.000\nlater\n\n00:00.000 --> 00:09.000\nlong one here\n\n"
        b"00:03.000 --> 00:02.000\nbackwards\n"
    )
    transcript = read_captions(raw)
    assert [text for _, text in said(transcript)] == ["long one here", "backwards", "later"]
    starts = [word.start for word in transcript.words()]
    assert starts == sorted(starts)
    assert "00:00:03.000 --> 00:00:03.350\n" in convert(raw, "vtt", "vtt").data.decode()
