"""After a removal no table, bucket or index holds a word of the episode; versions included."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest

from support.cloud import Cloud
from support.episodes import episode, hits

pytestmark = [pytest.mark.opensearch, pytest.mark.slow]
SPOKEN = "kakapo numbat lighthouse quokka"
SECRETS = ("kakapo", "numbat", "quokka", "axolotl", "ibexspeaker", "wombat", "bilbyreason")


def transcript(text: str) -> dict[str, Any]:
    words = [
        {"word": word, "start": 0.4 * number, "end": 0.4 * number + 0.3, "speaker": "S"}
        for number, word in enumerate(text.split())
    ]
    end = words[-1]["end"]
    segment = {"start": 0.0, "end": end, "text": text, "words": words, "speaker": "S"}
    named = [{"label": "S", "name": "Ibexspeaker"}]
    return {"language": "en", "segments": [segment], "speakers": named}


def post(cloud: Cloud, key: str, path: str, body: Any, method: str = "POST") -> Any:
    reply = cloud.ask(method, path, key=key, body=body)
    assert reply.status < 300, reply.body
    cloud.run()
    return reply.json()


def held(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """Yield where something is kept, and all that is kept there, in small letters."""
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            yield table, str(page["Items"]).lower()
    for bucket in (each["Name"] for each in s3.list_buckets()["Buckets"]):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for each in page.get("Versions", []):
                body = s3.get_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
                yield f"{bucket}/{each['Key']}", body["Body"].read().decode("latin-1").lower()
    httpx.post(f"{cloud.opensearch_url}/_refresh", timeout=60).raise_for_status()
    asked = {"query": {"match_all": {}}, "size": 5000}
    reply = httpx.post(f"{cloud.opensearch_url}/everyword-*/_search", json=asked, timeout=60)
    yield from ((each["_index"], json.dumps(each).lower()) for each in reply.json()["hits"]["hits"])


def found(cloud: Cloud) -> set[tuple[str, str]]:
    return {(word, where) for where, text in held(cloud) for word in SECRETS if word in text}


def test_what_is_removed_leaves_no_word_anywhere(cloud: Cloud, key: str) -> None:
    show = str(uuid4())
    told = {"title": "Axolotl day", "show": show, "transcript": transcript(SPOKEN)}
    mine = post(cloud, key, "/v1/episodes", told)["episode_id"]
    assert episode(cloud, key, mine)["state"] == "ready"
    edit = {"at_s": 0.3, "text": "kakapo numbat wombat quokka"}
    post(cloud, key, f"/v1/episodes/{mine}/transcript", edit, "PATCH")
    again = {"from": "TranscriptReady", "reason": "bilbyreason"}
    post(cloud, key, f"/v1/episodes/{mine}/replays", again)
    kept = {"title": "kept", "show": show, "transcript": transcript("the lighthouse stays")}
    kept["transcript"]["speakers"] = []
    post(cloud, key, "/v1/episodes", kept)
    assert hits(cloud, "wombat", show) == 1
    there = found(cloud)
    assert {word for word, _ in there} == set(SECRETS)
    services = (
        "everyword-captions-",
        "everyword-refine-",
        "everyword-event-log",
        "everyword-ingest",
    )
    assert all(any(where.startswith(each) for _, where in there) for each in services), there
    assert cloud.ask("DELETE", f"/v1/episodes/{mine}", key=key).status == 200
    cloud.run()
    assert found(cloud) == set()
    assert hits(cloud, "lighthouse", show) == 1
    assert episode(cloud, key, mine)["state"] == "removed"
