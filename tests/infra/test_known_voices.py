"""A voice that a person named is known in the next episode, and gone when it is to be forgotten."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest

from support.clips import clip
from support.cloud import CONSENTING, Cloud
from support.deployed import forget
from support.episodes import added, episode
from support.lowering import ACCOUNT, REGION
from support.models import speaker_models_here

pytestmark = [pytest.mark.opensearch, pytest.mark.slow]
HALF_S = 35.9
VOICES = f"/v1/voices?show={quote(CONSENTING)}"
BUCKET = f"everyword-transcribe-gpu-{ACCOUNT}-{REGION}"


def voiceprints() -> list[str]:
    """Return the episodes whose voiceprints lie in the bucket, one for each."""
    pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
    return sorted(key.split("/")[1] for key in keys if "/voices/" in key)


def done(cloud: Cloud, key: str, method: str, path: str, body: Any = None) -> Any:
    """Ask, and let the pipeline come to rest."""
    reply = cloud.ask(method, path, key=key, body=body)
    assert reply.status < 300, reply.body
    cloud.run()
    return reply.json()


def known(cloud: Cloud, key: str) -> list[str]:
    told = cloud.ask("GET", VOICES, key=key).json()
    return [each["name"] for each in told["voices"]]


def named(cloud: Cloud, key: str, episode_id: str, label: str, name: str) -> Any:
    body = {"label": label, "name": name}
    return done(cloud, key, "PATCH", f"/v1/episodes/{episode_id}/transcript", body)


def forgotten(cloud: Cloud, key: str, name: str) -> Any:
    return done(cloud, key, "DELETE", f"{VOICES}&name={name}")["episode_ids"]


def transcript(cloud: Cloud, key: str, episode_id: str) -> Any:
    return cloud.ask("GET", f"/v1/episodes/{episode_id}/transcript.json", key=key).json()


def labels(cloud: Cloud, key: str, episode_id: str) -> dict[str, str]:
    """Return the labels of an episode's named speakers, by their names."""
    speakers = transcript(cloud, key, episode_id)["speakers"]
    return {each["name"]: each["label"] for each in speakers if each["name"]}


def withdraw(cloud: Cloud) -> None:
    """Deploy settings with which the show consents no longer."""
    file = cloud.settings_beside_refine
    shipped = json.loads(file.read_text())
    shipped["shows"][CONSENTING]["known_voices"] = False
    file.write_text(json.dumps(shipped))
    forget()


def test_a_voice_is_known_named_by_a_person_and_forgotten(
    cloud: Cloud, key: str, tmp_path: Path
) -> None:
    speaker_models_here()
    first, second = (
        clip("archive.opus", tmp_path / f"{n}.wav", start=n * HALF_S, seconds=HALF_S).read_bytes()
        for n in (0, 1)
    )
    one = added(cloud, key, first, show=CONSENTING)
    asking, answering = (transcript(cloud, key, one)["segments"][n]["speaker"] for n in (0, 1))
    named(cloud, key, one, asking, "Daniel")
    body = {"label": answering, "name": "Margaret", "for_show": True}
    done(cloud, key, "PATCH", f"/v1/episodes/{one}/transcript", body)
    assert known(cloud, key) == ["Daniel", "Margaret"]

    two = added(cloud, key, second, show=CONSENTING)
    shown = episode(cloud, key, two)
    assert "Margaret" in shown["speakers"]
    assert "voice_recognised:Margaret" in shown["flags"]
    assert voiceprints() == sorted([one, one, two, two])

    edit = named(cloud, key, two, labels(cloud, key, two)["Margaret"], "Peggy")
    done(cloud, key, "POST", f"/v1/episodes/{two}/replays", {"from": "TranscriptReady"})
    assert "Peggy" in labels(cloud, key, two), "a person's word wins"
    assert "Margaret" not in labels(cloud, key, two)
    done(cloud, key, "DELETE", f"/v1/episodes/{two}/edits/{edit['event_id']}")
    assert "Margaret" in labels(cloud, key, two)

    assert sorted(forgotten(cloud, key, "Margaret")) == sorted([one, two])
    assert voiceprints() == sorted([one, two])
    assert known(cloud, key) == ["Daniel"]
    done(cloud, key, "POST", f"/v1/episodes/{two}/replays", {"from": "TranscriptReady"})
    assert "Margaret" not in labels(cloud, key, two)
    assert "Margaret" in labels(cloud, key, one), "what a person said there stays"
    missing = cloud.ask("DELETE", f"{VOICES}&name=X", key=key)
    assert (missing.status, missing.json()["code"]) == (404, "voice_missing")

    done(cloud, key, "DELETE", f"/v1/episodes/{two}")
    assert voiceprints() == [one]
    assert cloud.on_schedule("everyword-voices") == {"episodes": 0}
    withdraw(cloud)
    assert cloud.on_schedule("everyword-voices") == {"episodes": 1}
    cloud.run()
    assert voiceprints() == []
    assert known(cloud, key) == []
