"""Audio goes in by command: real speech is found; what is no audio gets a clear end."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from support.clips import clip, silence
from support.stack import Everyword


def test_spoken_words_are_found_at_their_times(everyword: Everyword, tmp_path: Path) -> None:
    audio = clip("archive.opus", tmp_path / "a talk, 2026 🎙️.wav", seconds=12)
    added = everyword.json("add", str(audio), "--show", "Isles", "--wait")
    assert added["state"] == "ready"
    assert added["engine"]["name"] == "pocketsphinx"
    truth = json.loads((files("everyword_local") / "samples" / "archive.json").read_text())
    spoken = {
        word["word"].lower().strip(".,?!"): word["start"]
        for sentence in truth["sentences"]
        for word in sentence["words"]
        if word["end"] < 12
    }
    found = everyword.json("search", "storm")
    assert found["hits"] >= 1
    assert found["results"][0]["moments"][0]["start"] == pytest.approx(spoken["storm"], abs=0.35)


def test_silence_gives_a_valid_empty_transcript(everyword: Everyword, tmp_path: Path) -> None:
    added = everyword.json("add", str(silence(tmp_path / "quiet.wav", seconds=10)), "--wait")
    assert (added["state"], added["duration_s"]) == ("ready", 10.0)
    episode = added["episode_id"]
    assert everyword("transcript", episode, "--format", "vtt").strip() == "WEBVTT"
    assert json.loads(everyword("transcript", episode, "--format", "json"))["segments"] == []
    assert everyword.json("search", "anything")["hits"] == 0


@pytest.mark.parametrize(
    ("content", "code"), [(b"these are words, not audio\n" * 40, "not_audio"), (b"", "empty")]
)
def test_what_is_no_audio_ends_failed_and_says_why(
    everyword: Everyword, tmp_path: Path, content: bytes, code: str
) -> None:
    file = tmp_path / "talk.mp3"
    file.write_bytes(content)
    done = everyword.run("add", str(file), "--wait", "--json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    error = document["error"]
    assert error["code"] == code
    assert error["hint"]
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_same_audio_again_is_the_same_episode(everyword: Everyword, tmp_path: Path) -> None:
    audio = silence(tmp_path / "quiet.wav", seconds=2)
    first = everyword.json("add", str(audio), "--show", "Isles", "--wait")["episode_id"]
    assert everyword.json("add", str(audio), "--show", "Isles", "--wait")["episode_id"] == first
    again = everyword.json("add", str(audio), "--show", "Isles", "--again", "--wait")
    assert again["episode_id"] != first


def test_an_unknown_language_is_refused_before_upload(everyword: Everyword, tmp_path: Path) -> None:
    audio = silence(tmp_path / "quiet.wav", seconds=2)
    done = everyword.run("add", str(audio), "--language", "klingon")
    assert done.returncode in (1, 2)
    assert "klingon" in done.stderr
    assert everyword.json("status")["episodes"] == []
