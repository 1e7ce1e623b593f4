"""Files of other programs and services: each read right, or refused by name."""

import json
from pathlib import Path
from typing import Any

import pytest

from captions.reading import format_of_file, read_file
from everyword_events import InvalidInput

SBV = "0:00:01.000,0:00:03.000\nGulls sleep here\n\n0:00:03.500,0:00:05.000\nthey wake\nin May\n"
LRC = "[ti:Harbour]\n[offset:+500]\n[00:01.50]Gulls sleep here\n[00:04.00]they <00:04.20> wake\n"
LABELS = "1.0\t3.0\tGulls sleep here\n\\\t100.0\t900.0\n3.5\t5.0\tthey wake in May\n"
TSV = "start\tend\ttext\n1000\t3000\tGulls sleep here\n3500\t5000\tthey wake in May\n"
TTML = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"
 xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="25" xml:lang="en">
<head><metadata><ttm:agent xml:id="a1" type="person"><ttm:name>Ada</ttm:name>
</ttm:agent></metadata></head>
<body><div begin="1s">
<p begin="0s" dur="2s" ttm:agent="a1">Gulls <span>sleep</span><br/>here</p></div>
<div><p begin="00:00:03:13" end="00:00:05.000">they wake
   in May &amp; June</p></div></body></tt>"""


def said(raw: bytes | str, name: str) -> list[tuple[float, float, str | None, str]]:
    data = raw.encode() if isinstance(raw, str) else raw
    found = read_file(data, format_of_file(Path(name), data))
    return [
        (round(s.start, 2), round(s.end, 2), found.transcript.speaker_name(s.speaker), s.text)
        for s in found.transcript.segments
    ]


@pytest.mark.parametrize(
    ("raw", "name"), [(SBV, "a.sbv"), (SBV, "a.txt.sbv"), (TSV, "a.tsv"), (LABELS, "a.txt")]
)
def test_plain_captions_are_read(raw: str, name: str) -> None:
    assert said(raw, name) == [
        (1.0, 3.0, None, "Gulls sleep here"),
        (3.5, 5.0, None, "they wake in May"),
    ]


@pytest.mark.parametrize("more", [" append='1'", ' append="1" w="1"'])
def test_what_youtube_appends_goes_on_the_caption_before(more: str) -> None:
    text = (
        "<timedtext><text t='1000' d='2000'>Gulls sleep</text>"
        f"<text t='2000' d='1000'{more}> here</text>"
        "<text t='3500' d='1500'>they wake in May</text></timedtext>"
    )
    assert said(text, "a.srv2") == [
        (1.0, 3.0, None, "Gulls sleep here"),
        (3.5, 5.0, None, "they wake in May"),
    ]


def test_tags_of_songs_are_not_spoken() -> None:
    first, second = said(LRC, "a.lrc")
    assert (first[0], first[3]) == (1.0, "Gulls sleep here")
    assert (second[0], second[3]) == (3.5, "they wake")


def test_names_in_bold_after_the_time_are_speakers() -> None:
    text = "# Harbour\n\n[00:00:01] **Ada:** Gulls sleep.\n\n[00:00:05] **Bo**: They wake.\n"
    assert [(start, who, what) for start, _, who, what in said(text, "a.md")] == [
        (1.0, "Ada", "Gulls sleep."),
        (5.0, "Bo", "They wake."),
    ]


def test_ttml_gives_times_speakers_and_language() -> None:
    assert said(TTML, "a.xml") == [
        (1.0, 3.0, "Ada", "Gulls sleep here"),
        (3.52, 5.0, None, "they wake in May & June"),
    ]
    assert read_file(TTML.encode()).transcript.language == "en"
    with pytest.raises(InvalidInput, match="document type"):
        read_file(TTML.replace("<tt ", "<!DOCTYPE x><tt ", 1).encode(), "ttml")


WORDS = [("Gulls", 1.0, 1.5), ("sleep", 1.5, 2.0)]
SERVICES: dict[str, Any] = {
    "google v1": {
        "results": [
            {
                "alternatives": [
                    {
                        "transcript": "Gulls sleep",
                        "words": [
                            {"word": w, "startTime": f"{a:.3f}s", "endTime": f"{b}s"}
                            for w, a, b in WORDS
                        ],
                    }
                ],
                "languageCode": "en-us",
            }
        ]
    },
    "azure": {
        "recognizedPhrases": [
            {
                "speaker": 1,
                "offsetInTicks": 1e7,
                "durationInTicks": 1e7,
                "nBest": [{"display": "Gulls sleep", "words": []}],
            }
        ]
    },
    "speechmatics": {
        "results": [
            {
                "type": "word",
                "start_time": a,
                "end_time": b,
                "alternatives": [{"content": w, "speaker": "S1"}],
            }
            for w, a, b in WORDS
        ]
    },
    "gladia": {
        "result": {
            "transcription": {
                "utterances": [
                    {
                        "text": "Gulls sleep",
                        "start": 1.0,
                        "end": 2.0,
                        "words": [{"word": f" {w}", "start": a, "end": b} for w, a, b in WORDS],
                    }
                ]
            }
        }
    },
    "elevenlabs": {
        "language_code": "eng",
        "words": [
            {"text": "(wind)", "start": 0.2, "end": 0.9, "type": "audio_event"},
            *({"text": w, "start": a, "end": b, "type": "word"} for w, a, b in WORDS),
        ],
    },
}


@pytest.mark.parametrize("service", SERVICES)
def test_the_json_of_services_is_read(service: str) -> None:
    ((start, end, _, text),) = said(json.dumps(SERVICES[service]), "a.json")
    assert (start, end, text) == (1.0, 2.0, "Gulls sleep")


def test_codes_of_languages_are_brought_to_one_form() -> None:
    found = read_file(json.dumps(SERVICES["elevenlabs"]).encode())
    assert found.transcript.language == "en"


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"PK\x03\x04" + bytes(60), "a Word document"),
        (b"{\\rtf1\\ansi Gulls}", "rich text"),
        (b"850STL25.01" + bytes(900), "EBU STL"),
    ],
)
def test_what_is_no_text_is_named(raw: bytes, what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        read_file(raw)


def test_captions_shown_over_each_other_keep_their_beginnings() -> None:
    srt = """1
00:00:01,000 --> 00:00:05,000
Gulls sleep here

2
00:00:02,000 --> 00:00:04,000
yes they do

3
00:00:02,000 --> 00:00:03,000
all of them
"""
    starts = [(start, text) for start, _, _, text in said(srt, "a.srt")]
    assert starts[0] == (1.0, "Gulls sleep here")
    assert [start for start, _ in starts[1:]] == [2.0, 2.5]
    found = read_file(srt.encode()).transcript
    assert all(word.end > word.start for word in found.words())


@pytest.mark.parametrize("shown_as", ["cp1252", "latin-1"])
def test_letters_encoded_twice_are_read_for_what_they_are(shown_as: str) -> None:
    text = "1\n00:00:01,000 --> 00:00:03,000\nSe\u00f1or M\u00fcller said: caf\u00e9, \u00a330\n"
    found = read_file(text.encode().decode(shown_as).encode())
    assert found.transcript.segments[0].text == "Se\u00f1or M\u00fcller said: caf\u00e9, \u00a330"
    assert found.warnings == (
        "letters that were encoded twice were read for what they are (1 of its lines) (line 3)",
    )


@pytest.mark.parametrize(
    "text", ["S\u00c3O PAULO \u00c2ngulo", "l\u2019\u00e2ge, \u00c3\u00b1 and \u20ac\u2026"]
)
def test_letters_that_only_look_so_stay(text: str) -> None:
    srt = f"1\n00:00:01,000 --> 00:00:03,000\n{text}\n"
    found = read_file(srt.encode())
    assert found.transcript.segments[0].text == text
    assert found.warnings == ()
