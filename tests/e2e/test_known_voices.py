"""A voice that a person named in one episode is known in the next, and is forgotten on request."""

from pathlib import Path

import pytest

from support.clips import clip
from support.models import speaker_models_here
from support.stack import Everyword

CONSENT = """
[shows."Isles".transcribe]
known_voices = true
diarization = "on"
engine = "pocketsphinx"
speakers = 2
"""
HALF_S = 35.9


def voiceprints(everyword: Everyword) -> list[Path]:
    return list(everyword.data.rglob("voiceprint*.json"))


@pytest.mark.slow
def test_a_named_voice_is_known_in_the_next_episode(everyword: Everyword, tmp_path: Path) -> None:
    speaker_models_here()
    with (everyword.data / "everyword.toml").open("a") as settings:
        settings.write(CONSENT)
    halves = [
        clip("archive.opus", tmp_path / f"{n}.wav", start=n * HALF_S, seconds=HALF_S)
        for n in (0, 1)
    ]
    first = everyword.json("add", str(halves[0]), "--show", "Isles", "--wait")["episode_id"]
    segments = everyword.json("transcript", first, "--format", "json")["segments"]
    asking, answering = (segments[place]["speaker"] for place in (0, 1))
    everyword("edit", first, "--label", asking, "--name", "Daniel", "--wait")
    everyword("edit", first, "--label", answering, "--name", "Margaret", "--wait")
    (show,) = everyword.json("voices", "list")["shows"]
    assert [voice["name"] for voice in show["voices"]] == ["Daniel", "Margaret"]

    second = everyword.json("add", str(halves[1]), "--show", "Isles", "--wait")["episode_id"]
    status = everyword.json("status", second)
    assert "Margaret" in status["speakers"]
    assert "voice_recognised:Margaret" in status["flags"]
    assert any(note.startswith("Margaret was recognised by the voice") for note in status["notes"])

    assert len(voiceprints(everyword)) == 4
    everyword("voices", "forget", "Margaret", "--show", "Isles")
    assert len(voiceprints(everyword)) == 2
    (show,) = everyword.json("voices", "list", "--show", "Isles")["shows"]
    assert [voice["name"] for voice in show["voices"]] == ["Daniel"]
    everyword.error("voices", "forget", "Margaret", "--show", "Isles", code=3)
    everyword.error("voices", "forget", code=2)
    everyword("remove", first, "--yes")
    everyword("remove", second, "--yes")
    assert voiceprints(everyword) == []
