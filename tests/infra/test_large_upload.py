"""A recording larger than one PUT takes goes to S3 in parts, by the real command."""

import hashlib
import json
import wave
from pathlib import Path
from uuid import uuid4

import boto3
import pytest

from support.bridge import bridged
from support.cloud import Cloud
from support.episodes import episode
from support.lowering import REGION

pytestmark = [pytest.mark.opensearch, pytest.mark.slow, pytest.mark.timeout(1200)]
RATE_HZ, CHANNELS = 48_000, 2
SECONDS = 340
BUCKET = f"everyword-ingest-123456789012-{REGION}"


def a_long_silence(to: Path) -> Path:
    with wave.open(str(to), "wb") as out:
        out.setnchannels(CHANNELS)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(bytes(2 * CHANNELS * RATE_HZ * SECONDS))
    return to


def test_a_file_of_more_than_64_mb_goes_straight_to_s3_in_parts(
    cloud: Cloud, key: str, tmp_path: Path
) -> None:
    file = a_long_silence(tmp_path / "long.wav")
    size = file.stat().st_size
    assert size > 64_000_000
    with bridged(cloud, key, tmp_path) as everyword:
        told = everyword.json("add", str(file), "--show", str(uuid4()), "--engine", "pocketsphinx")
    (episode_id,) = [each["episode_id"] for each in told["episodes"]]
    (kept,) = boto3.client("s3").list_objects_v2(
        Bucket=BUCKET, Prefix=f"episodes/{episode_id}/upload/"
    )["Contents"]
    assert kept["Size"] == size
    parts = int(kept["ETag"].strip('"').partition("-")[2])
    assert parts > 1
    shown = episode(cloud, key, episode_id)
    assert shown["duration_s"] == pytest.approx(SECONDS, abs=0.1)
    lines = cloud.ask("GET", f"/v1/episodes/{episode_id}/events", key=key).json()["events"]
    (uploaded,) = [each["data"] for each in lines if each["type"] == "AudioUploaded"]
    assert uploaded["audio"]["bytes"] == size
    assert uploaded["audio"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    left = boto3.client("s3").list_multipart_uploads(Bucket=BUCKET)
    assert not left.get("Uploads"), json.dumps(left, default=str)
