"""`everyword eval asr` and `eval search` on small folders: figures, what is left out, errors."""

import json
import wave
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from everyword_local.command import everyword


def run(*arguments: str) -> Result:
    return CliRunner().invoke(everyword, [*arguments], catch_exceptions=True)


def silence(path: Path) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(bytes(32_000))


def folder_of_two(folder: Path) -> Path:
    for name in ("a.wav", "untold.wav", "fremd.wav"):
        silence(folder / name)
    (folder / "a.json").write_text(json.dumps({"language": "en", "text": "Honey and wax"}))
    (folder / "fremd.json").write_text(json.dumps({"language": "de", "text": "Honig"}))
    words = [
        {"word": word, "start": at / 4, "end": (at + 1) / 4}
        for at, word in enumerate(["Honey", "and", "wax"])
    ]
    segment = {"start": 0, "end": 0.75, "text": "Honey and wax", "words": words}
    form = {"schema": 1, "language": "en", "duration_s": 1.0, "segments": [segment]}
    (folder / "a.wav.json").write_text(json.dumps(form))
    return folder


def test_search_is_evaluated_on_kept_transcripts(tmp_path: Path) -> None:
    folder = folder_of_two(tmp_path)
    done = run("--data", str(tmp_path / "data"), "--json", "eval", "search", str(folder))
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["terms"], said["pairs"], said["atwv"], said["mtwv"]) == (1, 1, 1.0, 1.0)
    assert said["rows"][0] == {
        "tier": "exact", "added": 1, "added_right": 1, "recall": 1.0, "precision": 1.0,
    }  # fmt: skip
    assert {one["file"] for one in said["left_out"]} == {"untold.wav", "fremd.wav"}
    plain = run("--data", str(tmp_path / "data"), "eval", "search", str(folder)).stdout
    assert "| exact | 1 | 1 | 1.000 | 1.000 |" in plain
    assert "not measured: untold.wav" in plain


def test_recognition_is_evaluated(tmp_path: Path) -> None:
    folder = folder_of_two(tmp_path)
    options = ("--engine", "pocketsphinx", "--language", "en")
    done = run("--data", str(tmp_path / "data"), "--json", "eval", "asr", str(folder), *options)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert [one["file"] for one in said["files"]] == ["a.wav", "fremd.wav", "all"]
    assert said["files"][0]["wer"] == 1.0
    assert [one["file"] for one in said["left_out"]] == ["untold.wav"]


@pytest.mark.parametrize("kind", ["asr", "search"])
def test_a_recording_that_is_none_is_named_and_the_others_measured(
    tmp_path: Path, kind: str
) -> None:
    folder = folder_of_two(tmp_path)
    (folder / "broken.mp3").write_bytes(b"no sound " * 20)
    (folder / "broken.txt").write_text("Honey")
    options = ("--engine", "pocketsphinx", "--language", "en")
    data = str(tmp_path / "data")
    done = run("--data", data, "--json", "eval", kind, str(folder), *options)
    assert done.exit_code == 1, done.output
    left_out = {one["file"]: one["reason"] for one in json.loads(done.stdout)["left_out"]}
    assert "not audio" in left_out["broken.mp3"]
    assert "a.wav" not in left_out


@pytest.mark.parametrize("kind", ["asr", "search"])
def test_a_folder_that_holds_nothing_is_refused(tmp_path: Path, kind: str) -> None:
    data = str(tmp_path / "data")
    for name, said in (("nowhere", "no such folder"), (".", "no recording with a truth")):
        done = run("--data", data, "--json", "eval", kind, str(tmp_path / name))
        assert done.exception is not None
        assert said in str(done.exception)
    silence(tmp_path / "a.wav")
    (tmp_path / "a.json").write_text("{")
    done = run("--data", data, "eval", kind, str(tmp_path))
    assert done.exception is not None
    assert "a.json: it is no JSON" in str(done.exception)
