"""A voice that a person named in one episode is known in the next, and is forgotten on request."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from support.clips import clip
from support.models import speaker_models_here
from support.stack import Everyword
from transcribe_gpu.testing import decoded, encoded

CONSENT = """
[shows."Isles".transcribe]
known_voices = true
diarization = "on"
engine = "pocketsphinx"
speakers = 2
"""
HALF_S = 35.9
APART = """
[shows."Playback".transcribe]
known_voices = true
diarization = "on"
engine = "pocketsphinx"
"""
RATE = 16_000
INTERVIEW_S = 45.0
AT_ONCE_S = 3.0
"""So much earlier speaks who is on the second channel, into what the first says."""


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


def two_channels(to: Path, *, half: int, earlier_s: float = 0.0) -> Path:
    """Write half of the interview, each person on a channel, the second one earlier."""
    source = Path(str(files("everyword_local") / "samples" / "interview.opus"))
    cut = slice(round(half * INTERVIEW_S * RATE), round((half + 1) * INTERVIEW_S * RATE))
    first, second = (decoded(source, channel)[cut] for channel in (0, 1))
    planes = np.stack([first, np.roll(second, -round(earlier_s * RATE))])
    to.write_bytes(encoded(planes, layout="stereo"))
    return to


@pytest.mark.slow
def test_a_voice_is_known_in_recordings_of_a_channel_a_person(
    everyword: Everyword, tmp_path: Path
) -> None:
    speaker_models_here()
    with (everyword.data / "everyword.toml").open("a") as settings:
        settings.write(APART)
    add = ("add", "--show", "Playback", "--wait")
    at_once = two_channels(tmp_path / "0.wav", half=0, earlier_s=AT_ONCE_S)
    first = everyword.json(*add, str(at_once))["episode_id"]
    assert "channels:speakers" in everyword.json("status", first)["flags"]
    everyword("edit", first, "--label", "SPEAKER_00", "--name", "Helen", "--wait")
    everyword("edit", first, "--label", "SPEAKER_01", "--name", "Thomas", "--wait")
    (show,) = everyword.json("voices", "list")["shows"]
    assert [voice["name"] for voice in show["voices"]] == ["Helen", "Thomas"]
    assert all(10 < voice["speech_s"] < 30 for voice in show["voices"])

    in_turn = two_channels(tmp_path / "1.wav", half=1)
    second = everyword.json(*add, str(in_turn), "--channels", "speakers")["episode_id"]
    assert everyword.json("status", second)["speakers"] == ["Helen", "Thomas"]
    mixed = tmp_path / "mixed.wav"
    mixed.write_bytes(encoded(decoded(in_turn)))
    third = everyword.json(*add, str(mixed), "--speakers", "2")["episode_id"]
    assert sorted(everyword.json("status", third)["speakers"]) == ["Helen", "Thomas"]

    everyword("voices", "forget", "Helen", "--show", "Playback")
    (show,) = everyword.json("voices", "list", "--show", "Playback")["shows"]
    assert [voice["name"] for voice in show["voices"]] == ["Thomas"]
    assert len(voiceprints(everyword)) == 3
