"""One step at a time, files in and out: transcribe, refine, captions."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from support.stack import Everyword

SAMPLE = str(files("everyword_local") / "samples" / "interview.opus")


@pytest.mark.slow
def test_the_three_steps_on_a_real_interview(everyword: Everyword, tmp_path: Path) -> None:
    heard, refined, out = tmp_path / "heard.json", tmp_path / "refined.json", tmp_path / "out"
    everyword("transcribe", SAMPLE, "--channels", "speakers", "--language", "en", "-o", str(heard))
    transcript = json.loads(heard.read_text())
    assert transcript["schema"] == 1
    assert {s["label"] for s in transcript["speakers"]} == {"SPEAKER_00", "SPEAKER_01"}
    words = [word for segment in transcript["segments"] for word in segment["words"]]
    assert len(words) > 200
    assert all(0 <= word["start"] <= word["end"] <= transcript["duration_s"] for word in words)

    (everyword.data / "everyword.toml").write_text(
        '[[refine.replacements]]\nfrom = "fog horn"\nto = "foghorn"\n'
    )
    report = tmp_path / "report.json"
    everyword("refine", str(heard), "-o", str(refined), "--report", str(report))
    assert "foghorn" in refined.read_text()
    assert json.loads(report.read_text())

    everyword("captions", str(refined), "--format", "vtt,srt,podcast-json,txt", "-o", str(out))
    assert (out / "refined.vtt").read_text().startswith("WEBVTT")
    assert "-->" in (out / "refined.srt").read_text()
    assert "foghorn" in everyword("captions", str(refined), "--format", "txt", "-o", "-")


def test_captions_of_an_unknown_format(everyword: Everyword, transcript_file: Path) -> None:
    said = everyword.error("captions", str(transcript_file), "--format", "docx", code=2)
    assert "vtt" in said


def test_a_transcript_of_nonsense_is_refused(everyword: Everyword, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("[1, 2")
    for step in (["refine", str(file), "-o", "-"], ["captions", str(file)]):
        assert "x.json: not a" in everyword.error(*step, code=1)
