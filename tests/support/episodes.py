"""What tests of the deployed template do with episodes, through its HTTP API."""

import re
from typing import Any
from uuid import uuid4

import httpx

from support.cloud import Cloud, Reply


def announce(cloud: Cloud, key: str, audio: bytes, **fields: Any) -> Any:
    body = {
        "title": "A talk",
        "show": str(uuid4()),
        "filename": "talk.wav",
        "bytes": len(audio),
        "media_type": "audio/wav",
        **fields,
    }
    reply = cloud.ask("POST", "/v1/episodes", key=key, body=body)
    assert reply.status == 201, reply.body
    return reply.json()


def added(cloud: Cloud, key: str, audio: bytes, **fields: Any) -> str:
    """Upload an episode and let the pipeline come to rest."""
    told = announce(cloud, key, audio, **fields)
    upload = told["upload"]
    assert cloud.upload(upload["url"], audio, upload["headers"]) == 200
    cloud.run()
    return str(told["episode_id"])


def episode(cloud: Cloud, key: str, episode_id: str) -> Any:
    return cloud.ask("GET", f"/v1/episodes/{episode_id}", key=key).json()


def events(cloud: Cloud, key: str, episode_id: str) -> list[str]:
    reply = cloud.ask("GET", f"/v1/episodes/{episode_id}/events", key=key)
    return [each["type"] for each in reply.json()["events"]]


def transcript(cloud: Cloud, episode_id: str) -> Reply:
    return cloud.ask("GET", f"/v1/episodes/{episode_id}/transcript.txt")


def hits(cloud: Cloud, word: str, show: str) -> int:
    shards = {"wait_for_status": "yellow", "timeout": "120s"}  # a new index's, on a busy machine
    httpx.get(f"{cloud.opensearch_url}/_cluster/health", params=shards, timeout=150)
    httpx.post(f"{cloud.opensearch_url}/_refresh", timeout=60).raise_for_status()
    reply = cloud.ask("GET", f"/v1/search?q={word}&show={show}")
    assert reply.status == 200, reply.body
    return int(reply.json()["hits"])


def a_word_of(cloud: Cloud, episode_id: str) -> str:
    """Return the longest word that was recognised."""
    words = re.findall(r"[a-z]{4,}", transcript(cloud, episode_id).body.lower())
    return max(words, key=len)
