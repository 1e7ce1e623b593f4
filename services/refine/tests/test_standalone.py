from collections.abc import Callable
from typing import Any

import pytest

from everyword_transcripts import Segment, Transcript, Word, read_transcript, write_transcript
from refine.config import RefineSettings
from refine.domain.report import MOST_CHANGES, read_report, write_report
from refine.standalone import refine_transcript


def test_a_whisperx_file_goes_in_and_ours_comes_out() -> None:
    raw = {
        "segments": [
            {
                "start": 0.0,
                "end": 2.0,
                "text": " In 1984 we used cube cuttle.",
                "words": [
                    {"word": "In", "start": 0.0, "end": 0.2, "score": 0.9},
                    {"word": "1984"},
                    {"word": "we", "start": 0.9, "end": 1.0, "score": 0.9},
                    {"word": "used", "start": 1.0, "end": 1.2, "score": 0.9},
                    {"word": "cube", "start": 1.2, "end": 1.5, "score": 0.3},
                    {"word": "cuttle.", "start": 1.5, "end": 2.0, "score": 0.2},
                ],
            }
        ],
        "language": "en",
    }
    settings = RefineSettings.model_validate(
        {"glossary": [{"term": "kubectl", "heard": ["cube cuttle"]}]}
    )
    got, report = refine_transcript(read_transcript(raw), settings)
    assert got.segments[0].text == "In 1984 we used kubectl."
    word = got.segments[0].words[-1]
    assert (word.start, word.end, word.estimated) == (1.2, 2.0, False)
    assert got.segments[0].words[1].estimated
    assert report.rules == {"glossary: cube cuttle": 1}
    assert read_report(write_report(report)) == report
    written = write_transcript(got)
    assert write_transcript(read_transcript(written)) == written


def test_refining_twice_changes_nothing_more(transcribe: Callable[..., Transcript]) -> None:
    settings = RefineSettings.model_validate({"replacements": [{"from": "a w s", "to": "AWS"}]})
    once, _ = refine_transcript(transcribe("well a w s it is", "yes", "no"), settings)
    twice, report = refine_transcript(once, settings)
    assert twice == once
    assert report.changes == ()


@pytest.mark.parametrize(
    "text",
    [
        "-->",
        "a --> b",
        "... !!! ???",
        "\u0634\u0643\u0631\u0627 \u202b\u0645\u0631\u062d\u0628\u0627",
        "zero\u200bwidth \u0000null \x1b[31m",
        "<b>A & B</b> &amp; <script>",
        "\U0001f469\u200d\U0001f680 emoji",
        "NOTE WEBVTT 00:00.000",
    ],
)
def test_anything_spoken_survives(text: Any) -> None:
    raw = {"language": "en", "segments": [{"start": 1, "end": 3, "text": text, "speaker": "<b>A"}]}
    got, _ = refine_transcript(read_transcript(raw), RefineSettings())
    assert got.n_words() >= 1
    written = write_transcript(got)
    assert write_transcript(read_transcript(written)) == written
    assert {s.speaker for s in got.segments} == {"<b>A"}


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\x00 \x01"])
def test_text_without_anything_to_see_gives_an_empty_transcript(text: Any) -> None:
    raw = {"language": "en", "duration_s": 4, "segments": [{"start": 1, "end": 3, "text": text}]}
    got, _ = refine_transcript(read_transcript(raw), RefineSettings())
    assert got.segments == ()
    assert got.duration_s == 4


@pytest.mark.parametrize("count", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_very_many_words_in_one_segment(transcribe: Callable[..., Transcript], count: int) -> None:
    words = tuple(Word("word", i * 0.1, i * 0.1 + 0.1) for i in range(count))
    before = Transcript("en", count / 10 + 1, (Segment.of(words, speaker=None, language="en"),))
    settings = RefineSettings.model_validate(
        {
            "replacements": [
                {"from": "word word word word", "to": "words"},
                {"kind": "regex", "from": r"(\d+) per cent", "to": r"\1%"},
            ]
        }
    )
    got, report = refine_transcript(before, settings)
    assert got.n_words() == count // 4
    assert report.rules == {"rule 1": count // 4}
    assert report.changes_left_out == count // 4 - MOST_CHANGES
    assert report.degraded is None
    assert sum(report.steps_s.values()) < 60


def test_an_episode_of_thirty_hours() -> None:
    segments = []
    for number in range(25_000):
        at = number * 4.3
        words = [Word(f"w{i}", at + i * 0.35, at + i * 0.35 + 0.3) for i in range(12)]
        segments.append(Segment.of(words, speaker=None, language="en"))
    before = Transcript("en", 108_000.0, tuple(segments))
    got, report = refine_transcript(before, RefineSettings(glossary=("Kubernetes",)))
    assert got.n_words() == 300_000
    assert sum(report.steps_s.values()) < 60
