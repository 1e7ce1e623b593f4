"""kill -9 of any process of the stack at random points: nothing accepted is lost or done twice."""

import random
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from support.clips import clip
from support.killed import Json, Stack
from support.models import speaker_models_here

KILLS = 30
CLIPS = 10
CLIP_S = 4.0
SETTINGS = '[transcribe]\nengine = "pocketsphinx"\ndiarization = "on"\n'


def try_to_upload(url: str, file: Path, key: str) -> str | None:
    """Announce and upload one clip; its id once the upload was accepted, None if cut off."""
    wish = {"title": file.stem, "filename": file.name, "bytes": file.stat().st_size}
    try:
        answer = httpx.post(
            f"{url}/v1/episodes", json=wish, headers={"Idempotency-Key": key}, timeout=30
        )
        if answer.status_code != 201:
            return None
        announced = answer.json()
        done = httpx.put(announced["upload"]["url"], content=file.read_bytes(), timeout=60)
    except httpx.TransportError:
        return None
    return str(announced["episode_id"]) if done.is_success else None


def outcome(stack: Stack, views: Mapping[str, Json]) -> dict[str, Json]:
    """What each clip ended in, by its title: state, captions, words, hits."""
    result = {}
    for episode_id, view in views.items():
        transcript = stack.ask(f"/v1/episodes/{episode_id}/transcript.json")
        words = [word for segment in transcript["segments"] for word in segment["words"]]
        hits = {}
        for word in {word["word"].lower() for word in words}:
            found = stack.ask("/v1/search", q=word, episode=episode_id)
            hits[word] = (found["matched"], found["hits"])
        result[view["title"]] = {
            "state": view["state"],
            "flags": transcript.get("flags"),
            "vtt": stack.ask(f"/v1/episodes/{episode_id}/transcript.vtt"),
            "words": [(word["word"], word["start"], word["end"]) for word in words],
            "hits": hits,
        }
    return result


def through_the_storm(stormy: Stack, clips: list[Path], draw: random.Random) -> list[str]:
    """Upload every clip while processes are killed; return the accepted episodes."""
    waiting = list(clips)
    accepted: list[str] = []
    for _ in range(KILLS):
        stormy.ensure_up()
        if waiting:
            episode_id = try_to_upload(stormy.url, waiting[0], f"stormy-{waiting[0].stem}")
            if episode_id is not None:
                accepted.append(episode_id)
                waiting.pop(0)
        time.sleep(draw.uniform(0.0, 1.5))
        stormy.kill_one(draw)
    stormy.ensure_up()
    late = [str(try_to_upload(stormy.url, file, f"stormy-{file.stem}")) for file in waiting]
    return [*accepted, *late]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_thirty_kills_change_nothing(tmp_path: Path) -> None:
    speaker_models_here()
    clips = [
        clip("archive.opus", tmp_path / f"clip-{i}.wav", start=i * CLIP_S, seconds=CLIP_S)
        for i in range(CLIPS)
    ]
    with Stack(tmp_path / "calm", SETTINGS) as calm:
        calm.ensure_up()
        ids = [try_to_upload(calm.url, file, f"calm-{file.stem}") for file in clips]
        expected = outcome(calm, calm.settled([each for each in ids if each]))
    assert len(expected) == CLIPS
    with Stack(tmp_path / "stormy", SETTINGS) as stormy:
        accepted = through_the_storm(stormy, clips, random.Random(20261121))
        views = stormy.settled(accepted)
        assert [view["error"] for view in views.values()] == [None] * CLIPS
        assert outcome(stormy, views) == expected
        for episode_id in accepted:
            types = stormy.event_counts(episode_id)
            assert types.pop("EpisodeFinished", 1) == 1  # it may follow a moment later
            assert types == {
                "EpisodeCreated": 1,
                "AudioUploaded": 1,
                "TranscriptReady": 1,
                "TranscriptRefined": 1,
                "CaptionsPublished": 1,
                "EpisodeIndexed": 1,
            }
