"""The worker's entry point as a container runs it: a process, with the template's own variables.

It is told to stop in the middle of a recording, and another one goes on from there on a machine
of AWS Batch, and then one on a machine of an Auto Scaling group finds nothing to do.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from everyword_aws.leaving import INTERRUPTED
from moto.server import ThreadedMotoServer

from everyword_events import AudioUploaded, EpisodeInfo, Event, TranscriptionHints
from everyword_events.aws.log import DynamoEventLog, table_definition
from everyword_storage.s3 import S3BlobStore
from everyword_transcripts import read_transcript
from support.clips import clip
from support.lowering import ACCOUNT, REGION, Lowered, lower
from transcribe_gpu.testing_metadata import Metadata, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
PATIENCE_S = 600.0
STOPPED_WITHIN_S = 100.0
EPISODE, RUN = "episode-1", "run-1"
SECONDS = 85
"""More speech than the engine's longest window holds: told to stop in the second one."""


@dataclass
class Rented:
    """An account's queue, log and buckets, and the variables that lead a worker to them."""

    url: str
    variables: dict[str, str]
    metadata: Metadata = field(default_factory=Metadata)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    @property
    def queue(self) -> str:
        return f"{self.url}/{ACCOUNT}/everyword-transcribe-gpu"

    def messages(self) -> list[Any]:
        """Take what waits, with SQS's own count of receives."""
        reply = self.client("sqs").receive_message(
            QueueUrl=self.queue,
            VisibilityTimeout=0,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
            MessageAttributeNames=["All"],
        )
        return list(reply.get("Messages", []))

    def held(self) -> int:
        name = "ApproximateNumberOfMessagesNotVisible"
        reply = self.client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=[name])
        return int(reply["Attributes"][name])

    def checkpoints(self) -> list[str]:
        bucket = self.variables["EVERYWORD_BUCKET"]
        found = self.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"episodes/{EPISODE}/")
        keys = [each["Key"] for each in found.get("Contents", [])]
        return [key for key in keys if "/checkpoints/" in key]

    def said(self) -> list[Event]:
        log = DynamoEventLog(self.client("dynamodb"), self.variables["EVERYWORD_EVENT_LOG"])
        return [each.event for each in log.of_episode(EPISODE)]

    def start(self, **more: str) -> "subprocess.Popen[str]":
        variables = os.environ | self.variables | self.metadata.environ | more
        return subprocess.Popen(
            [sys.executable, "-m", "everyword_aws.worker"],
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture(scope="module")
def rented(templates: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    lowered = lower(templates["transcribe-gpu"])
    own = Rented(f"http://{host}:{port}", variables(lowered, f"http://{host}:{port}"))
    with serving(own.metadata):
        fill(own, clip("interview.opus", tmp_path_factory.mktemp("a") / "t.wav", seconds=SECONDS))
        yield own
    server.stop()


def variables(lowered: Lowered, url: str) -> dict[str, str]:
    settings = {"engine": "pocketsphinx", "language": "en", "diarization": "off"}
    return lowered.worker | {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": url,
        "EVERYWORD_QUEUES": f"{url}/{ACCOUNT}/everyword-",
        "EVERYWORD_SETTINGS": json.dumps({"general": settings, "shows": {}}),
        "EVERYWORD_IDLE_POLLS": "1",
    }


def fill(own: Rented, audio: Path) -> None:
    sqs, s3 = own.client("sqs"), own.client("s3")
    for name in ("everyword-transcribe-gpu", "everyword-transcribe-gpu-dead-letters"):
        sqs.create_queue(QueueName=name)
    own.client("dynamodb").create_table(**table_definition(own.variables["EVERYWORD_EVENT_LOG"]))
    for bucket in (own.variables["EVERYWORD_BUCKET"], "uploads"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    key = f"episodes/{EPISODE}/upload/audio"
    ref = S3BlobStore(s3, "uploads").put(key, audio.read_bytes(), media_type="audio/wav")
    event = Event.first(
        "ingest",
        AudioUploaded(
            episode=EpisodeInfo(title="A talk", show="Slow Radio", as_of=datetime.now(UTC)),
            audio=ref,
            duration_s=float(SECONDS),
            container="wav",
            codec="pcm_s16le",
            channels=1,
            sample_rate_hz=16_000,
            hints=TranscriptionHints(),
        ),
        episode_id=EPISODE,
        run_id=RUN,
        event_id="uploaded",
        occurred_at=datetime.now(UTC),
    )
    sqs.send_message(QueueUrl=own.queue, MessageBody=json.dumps(event.to_wire()))


def until(holds: Callable[[], object], worker: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        if worker.poll() is not None:
            raise AssertionError(worker.communicate()[0][-3000:])
        time.sleep(0.1)


def test_a_worker_told_to_stop_keeps_what_it_heard_and_gives_its_job_back_unharmed(
    rented: Rented,
) -> None:
    with rented.start(EVERYWORD_GPU="batch") as worker:
        until(rented.checkpoints, worker)
        assert rented.held() == 1
        started = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        output = worker.communicate(timeout=STOPPED_WITHIN_S)[0]
    assert time.monotonic() - started < STOPPED_WITHIN_S
    assert worker.returncode == INTERRUPTED, output
    assert rented.held() == 0
    (message,) = rented.messages()
    assert json.loads(message["Body"])["detail-type"] == "AudioUploaded"
    counts = json.loads(message["MessageAttributes"]["EverywordCounts"]["StringValue"])
    assert (counts["attempts"], counts["retries"]) == (0, 0)
    assert rented.checkpoints()
    assert rented.said() == []
    assert "Traceback" not in output


def test_the_next_one_goes_on_from_there_and_leaves_when_nothing_waits(rented: Rented) -> None:
    kept = set(rented.checkpoints())
    assert kept
    with rented.start(EVERYWORD_GPU="batch") as worker:
        until(lambda: rented.said() or set(rented.checkpoints()) > kept, worker)
        output = worker.communicate(timeout=PATIENCE_S)[0]
    assert worker.returncode == 0, output
    assert rented.messages() == []
    (ready,) = rented.said()
    assert ready.type == "TranscriptReady"
    transcript: Any = ready.data
    bucket = rented.variables["EVERYWORD_BUCKET"]
    words = read_transcript(S3BlobStore(rented.client("s3"), bucket).get(transcript.transcript))
    assert max(word.end for word in words.words()) > SECONDS / 2
    assert rented.checkpoints() == []


def test_an_idle_machine_of_a_group_ends_itself(rented: Rented) -> None:
    ec2, autoscaling = rented.client("ec2"), rented.client("autoscaling")
    made = ec2.create_launch_template(
        LaunchTemplateName="t", LaunchTemplateData={"ImageId": "ami-12c6146b"}
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="everyword-gpu",
        LaunchTemplate={
            "LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"],
            "Version": "1",
        },
        MinSize=0,
        MaxSize=1,
        DesiredCapacity=1,
        VPCZoneIdentifier=ec2.describe_subnets()["Subnets"][0]["SubnetId"],
    )

    def group() -> Any:
        return autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]

    rented.metadata.facts["instance-id"] = group()["Instances"][0]["InstanceId"]
    with rented.start(EVERYWORD_GPU="asg") as worker:
        output = worker.communicate(timeout=PATIENCE_S)[0]
    assert worker.returncode == 0, output
    assert (group()["DesiredCapacity"], group()["Instances"]) == (0, [])
