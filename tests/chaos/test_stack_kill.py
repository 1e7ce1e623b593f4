"""kill -9 of any process of the stack at random points: nothing accepted is lost or done twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import pytest

from support.clips import clip
from support.stack import TIMEOUT_S, environment

KILLS = 30
CLIPS = 10
CLIP_S = 4.0
SETTLE_S = 240
Json = dict[str, Any]


class Stack:
    """`everyword up` on one folder and port, started again whenever it was killed."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._server: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def ensure_up(self) -> None:
        if self._server is not None and self._server.poll() is None:
            return
        command = [sys.executable, "-m", "everyword_local", "--data", str(self._data)]
        self._server = subprocess.Popen(
            [*command, "--json", "up", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(),
        )
        assert self._server.stdout is not None
        self.url = json.loads(self._server.stdout.readline())["url"]

    def kill_one(self, draw: random.Random) -> None:
        """kill -9 the server, the dispatcher or the worker."""
        assert self._server is not None
        server = psutil.Process(self._server.pid)
        victim = draw.choice([server, *server.children(recursive=True)])
        os.kill(victim.pid, signal.SIGKILL)
        if victim.pid == self._server.pid:
            self._server.wait()
            assert self._server.stdout is not None
            self._server.stdout.close()

    def stop(self) -> None:
        if self._server is not None and self._server.poll() is None:
            self._server.terminate()
            self._server.wait(TIMEOUT_S)
        if self._server is not None and self._server.stdout is not None:
            self._server.stdout.close()


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


def settled(url: str, episode_ids: list[str]) -> dict[str, Json]:
    """Wait until every episode is ready or failed."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        views = {
            each: httpx.get(f"{url}/v1/episodes/{each}", timeout=60).json() for each in episode_ids
        }
        if all(view["state"] in ("ready", "failed") for view in views.values()):
            return views
        assert time.monotonic() < deadline, {k: v["state"] for k, v in views.items()}
        time.sleep(0.5)


def outcome(url: str, views: Mapping[str, Json]) -> dict[str, Json]:
    """What each clip ended in, by its title: state, captions, words, hits."""
    result = {}
    for episode_id, view in views.items():
        transcript = httpx.get(f"{url}/v1/episodes/{episode_id}/transcript.json", timeout=60).json()
        words = [word for segment in transcript["segments"] for word in segment["words"]]
        hits = {}
        for word in {word["word"].lower() for word in words}:
            found = httpx.get(
                f"{url}/v1/search", params={"q": word, "episode": episode_id}, timeout=60
            ).json()
            hits[word] = (found["matched"], found["hits"])
        result[view["title"]] = {
            "state": view["state"],
            "vtt": httpx.get(f"{url}/v1/episodes/{episode_id}/transcript.vtt", timeout=60).text,
            "words": [(word["word"], word["start"], word["end"]) for word in words],
            "hits": hits,
        }
    return result


def journal_types(url: str, episode_id: str) -> Counter[str]:
    events = httpx.get(f"{url}/v1/episodes/{episode_id}/events", timeout=60).json()["events"]
    assert len({event["meta"]["event_id"] for event in events}) == len(events)
    return Counter(event["type"] for event in events)


def new_folder(path: Path) -> Path:
    path.mkdir()
    (path / "everyword.toml").write_text('[transcribe]\nengine = "pocketsphinx"\n')
    return path


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
    clips = [
        clip("archive.opus", tmp_path / f"clip-{i}.wav", start=i * CLIP_S, seconds=CLIP_S)
        for i in range(CLIPS)
    ]
    with Stack(new_folder(tmp_path / "calm")) as calm:
        calm.ensure_up()
        ids = [try_to_upload(calm.url, file, f"calm-{file.stem}") for file in clips]
        expected = outcome(calm.url, settled(calm.url, [each for each in ids if each]))
    assert len(expected) == CLIPS
    with Stack(new_folder(tmp_path / "stormy")) as stormy:
        accepted = through_the_storm(stormy, clips, random.Random(20261121))
        views = settled(stormy.url, accepted)
        assert [view["error"] for view in views.values()] == [None] * CLIPS
        assert outcome(stormy.url, views) == expected
        for episode_id in accepted:
            types = journal_types(stormy.url, episode_id)
            assert types.pop("EpisodeFinished", 1) == 1  # it may follow a moment later
            assert types == {
                "EpisodeCreated": 1,
                "AudioUploaded": 1,
                "TranscriptReady": 1,
                "TranscriptRefined": 1,
                "CaptionsPublished": 1,
                "EpisodeIndexed": 1,
            }
