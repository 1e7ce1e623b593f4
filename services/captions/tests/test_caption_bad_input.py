"""What no transcript should be and some are: still valid files, in every format."""

import json
import math
import time
from itertools import pairwise
from typing import Any

import pytest

from captions.config import CaptionsSettings
from captions.domain.file_formats import FORMATS
from captions.domain.parsers.srt_file import parse_srt
from captions.domain.parsers.vtt_file import parse_vtt
from captions.standalone import render
from everyword_transcripts import Transcript, read_transcript

PLAIN = CaptionsSettings()
NASTY = [
    "-->", "00:00:01.000 --> 00:00:02.000", "", " ", "\n", "\n\n", "a\n\nb", "&", "<", ">",
    "&amp;", "<v Eve>", "</v>", "<00:00:01.000>", "NOTE", "STYLE", "WEBVTT", "7", "\u200b",
    "\ufeff", "\u200b\u2060\u200d", "\x00", "\x1b[31m", "\u202eevil", "\u2028", "\x85", "\u0600",
    "שלום",
    "مرحبا\u200f", "👩‍🚀", "e\u0301", "\ud800", "...", "?!", "—", "{\\an8}", "\\N", "```", "|",
]  # fmt: skip


def from_words(*words: dict[str, Any], **segment: Any) -> Transcript:
    return read_transcript(
        {"language": "en", "segments": [{"start": 0.0, "end": 5.0, **segment, "words": [*words]}]}
    )


def check_files(transcript: Transcript) -> None:
    """Every format is made, and what can be read back has cues in order, each with its text."""
    for name in FORMATS:
        if name == "ass" and transcript.duration_s > 9 * 3600:
            continue
        written = render(transcript, name, PLAIN, title="-->\n\n<title>")
        assert written == render(transcript, name, PLAIN, title="-->\n\n<title>")
        written.decode("utf-8")
        assert b"\r" not in written
        assert b"\x00" not in written
    cues = parse_vtt(render(transcript, "vtt", PLAIN))
    assert len(cues) == len(parse_srt(render(transcript, "srt", PLAIN)))
    for cue in cues:
        assert cue.start_ms < cue.end_ms
        assert cue.text.strip()
        assert "\n\n" not in cue.text
    assert all(a.start_ms <= b.start_ms for a, b in pairwise(cues))
    json.loads(render(transcript, "podcast-json", PLAIN))


@pytest.mark.parametrize("text", NASTY)
def test_nothing_spoken_breaks_a_file(spoken: Any, text: str) -> None:
    safe = text.encode("utf-8", "replace").decode()
    check_files(spoken(("A", safe)))
    check_files(spoken(("A", f"before {safe} after"), (None, safe), (safe, "someone")))


def test_a_lone_surrogate_is_left_out(spoken: Any) -> None:
    transcript = spoken(("\ud800", "half a\ud800 character \udfff"))
    for name in ("vtt", "srt", "podcast-json", "html", "md", "txt", "karaoke-vtt"):
        assert b"half a character" in render(transcript, name, PLAIN).replace(b"\n", b" ") or (
            name == "karaoke-vtt"
        )


def test_a_speaker_named_in_markup_is_only_a_name(spoken: Any) -> None:
    name = "<b>A & B</b>"
    transcript = spoken(("S", "Hello."), names=[("S", name)])
    check_files(transcript)
    (cue,) = parse_vtt(render(transcript, "vtt", PLAIN))
    assert cue.pieces[0].voice == name
    assert f"{name}: Hello.".encode() in render(transcript, "srt", PLAIN)
    assert json.loads(render(transcript, "podcast-json", PLAIN))["segments"][0]["speaker"] == name
    assert b"<b>" not in render(transcript, "html", PLAIN)


@pytest.mark.parametrize(
    "words",
    [
        [{"word": "no"}, {"word": "times"}, {"word": "anywhere"}],
        [{"word": "one", "start": 1.0, "end": 1.2}, {"word": "last"}],
        [{"word": "zero", "start": 1.0, "end": 1.0}] * 40,
        [{"word": "same", "start": 1.0, "end": 4.0}] * 10,
        [{"word": "back", "start": 9.0 - at, "end": 9.5 - at} for at in range(9)],
        [{"word": "inside", "start": 2.0, "end": 1.0}],
        [{"word": "nan", "start": math.nan, "end": math.inf}, {"word": "b", "start": -math.inf}],
        [{"word": "", "start": 1.0, "end": 2.0}, {"word": "  "}],
        [{"word": "..."}, {"word": "?!"}, {"word": "-"}],
        [{"word": "long", "start": 0.0, "end": 4000.0}, {"word": "x", "start": 4000.0}],
    ],
)
def test_impossible_times_give_possible_cues(words: list[dict[str, Any]]) -> None:
    check_files(from_words(*words))
    check_files(from_words(*words, start=None, end=None))


def test_no_words_at_all() -> None:
    for form in ({"segments": []}, {"segments": [{"text": ""}]}, {"segments": [{"words": []}]}):
        transcript = read_transcript(form)
        check_files(transcript)
        assert render(transcript, "vtt", PLAIN) == b"WEBVTT\n"
        assert parse_srt(render(transcript, "srt", PLAIN)) == []


def test_thirty_hours_are_counted_on() -> None:
    start = 30 * 3600.0
    transcript = from_words(
        {"word": "Still", "start": start, "end": start + 0.4},
        {"word": "here.", "start": start + 0.5, "end": start + 1.5},
        start=start,
        end=start + 1.5,
    )
    assert b"\n30:00:00.000 --> 30:00:01.500\n" in render(transcript, "vtt", PLAIN)
    assert b"\n30:00:00,000 --> 30:00:01,500\n" in render(transcript, "srt", PLAIN)
    assert b"<time>30:00:00</time>" in render(transcript, "html", PLAIN)
    check_files(transcript)


def test_a_megabyte_in_one_word() -> None:
    text = "x" * 1_000_000
    transcript = from_words({"word": text, "start": 0.0, "end": 10.0})
    cues = parse_vtt(render(transcript, "vtt", PLAIN))
    assert sum(cue.text.count("x") for cue in cues) == len(text)


@pytest.mark.slow
def test_a_million_words_in_one_segment() -> None:
    words = [
        {"word": f"w{at % 977}", "start": at * 0.3, "end": at * 0.3 + 0.25}
        for at in range(1_000_000)
    ]
    transcript = from_words(*words, end=300_000.0)
    begin = time.process_time()
    written = render(transcript, "vtt", PLAIN)
    assert time.process_time() - begin < 60
    assert written.count(b"-->") > 50_000
