"""What [retention] lets nobody keep is deleted in every service's own bucket."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from everyword_aws.old_runs import without_old_runs
from everyword_aws.retaining import SPARE_MS, time_is_up

from everyword_events import Event, RunsRemoved
from everyword_events.testing import ready, sample_event
from everyword_storage import DirectoryBlobStore, artifact_key
from support.cloud import RETAINED, Cloud
from support.episodes import episode, hits

OWN_RUNS = ("refine", "captions")


def said(text: str) -> dict[str, Any]:
    words = [
        {"word": word, "start": float(at), "end": at + 0.5} for at, word in enumerate(text.split())
    ]
    end = words[-1]["end"]
    return {
        "language": "en",
        "segments": [{"start": 0.0, "end": end, "text": text, "words": words}],
    }


def runs_held(service: str, episode_id: str) -> set[str]:
    """Return the runs of which a service's bucket has any version of a file."""
    s3 = boto3.client("s3")
    (bucket,) = (
        each["Name"]
        for each in s3.list_buckets()["Buckets"]
        if each["Name"].startswith(f"everyword-{service}-")
    )
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, Prefix=f"episodes/{episode_id}/"
    )
    return {each["Key"].split("/")[2] for page in pages for each in page.get("Versions", [])}


@pytest.mark.slow
@pytest.mark.opensearch
def test_old_runs_go_from_every_bucket_and_the_newest_stays(cloud: Cloud, key: str) -> None:
    ids = {}
    for show in (RETAINED, str(uuid4())):
        told = {"title": "T", "show": show, "transcript": said("quokka by the lighthouse")}
        ids[show] = cloud.ask("POST", "/v1/episodes", key=key, body=told).json()["episode_id"]
        cloud.run()
        for _ in range(2):
            path = f"/v1/episodes/{ids[show]}/replays"
            again = cloud.ask("POST", path, key=key, body={"from": "TranscriptReady"})
            assert again.status == 202, again.body
            cloud.run()
    mine, others = ids.values()
    assert {len(runs_held(each, mine)) for each in OWN_RUNS} == {3}
    dry = cloud.ask("POST", "/v1/retention", key=key, body={"dry_run": True}).json()
    assert [(each["episode_id"], each["runs"]) for each in dry["episodes"]] == [(mine, 1)]
    assert cloud.on_schedule("everyword-retention") == {"episodes": 1}
    cloud.run()
    newest = episode(cloud, key, mine)["run_id"]
    for each in OWN_RUNS:
        left = runs_held(each, mine)
        assert newest in left
        assert len(left) == 2
        assert len(runs_held(each, others)) == 3
    assert hits(cloud, "lighthouse", RETAINED) == 1
    assert cloud.on_schedule("everyword-retention") == {"episodes": 0}


def test_a_service_deletes_the_runs_that_it_is_told_of(tmp_path: Path) -> None:
    blobs = DirectoryBlobStore(tmp_path)
    event = sample_event(RunsRemoved)
    assert isinstance(event.data, RunsRemoved)
    gone = artifact_key(event.meta.episode_id, event.data.runs[0], "refine/transcript.json")
    kept = artifact_key(event.meta.episode_id, event.meta.run_id, "refine/transcript.json")
    for each in (gone, kept):
        blobs.put(each, b"words", media_type="text/plain")
    handled: list[Event] = []

    def handler(each: Event) -> list[Event]:
        handled.append(each)
        return []

    handle = without_old_runs(handler, blobs)
    for _ in range(2):
        assert list(handle(event)) == []
    assert (blobs.stat(gone), blobs.stat(kept) is None, handled) == (None, False, [])
    other = ready()
    handle(other)
    assert handled == [other]


@pytest.mark.parametrize(("left_ms", "stops"), [(SPARE_MS - 1, True), (SPARE_MS, False)])
def test_a_run_of_retention_ends_in_time(left_ms: int, stops: bool) -> None:
    assert time_is_up(lambda: left_ms)() is stops
