"""Refinement as a durable execution: what was paid for is not paid for again."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import boto3
import pytest
from aws_durable_execution_sdk_python import DurableContext, durable_execution
from everyword_aws.batch import LambdaInbox
from everyword_aws.blobs import ServiceBlobs
from everyword_aws.refining import Refining

from everyword_events import (
    EngineInfo,
    EpisodeInfo,
    Event,
    TranscriptReady,
    TransientFailure,
    new_run_id,
)
from everyword_events.aws.log import DynamoEventLog, table_definition
from everyword_transcripts import Segment, Transcript, Word, write_transcript
from refine.config import RefineSettings
from refine.ports import Reply
from refine.service import RefineService
from support.aws import mocked_aws

MOST_STEP_BYTES = 256 * 1024
REGION = "eu-west-1"


class Model:
    """Answers without a suggestion, and dies when it was asked so often."""

    name = "test"

    def __init__(self, dies_after: int | None = None, fails: int = 0) -> None:
        self.asked: list[str] = []
        self.dies_after = dies_after
        self.fails = fails

    def complete(self, *, user: str, **_: Any) -> Reply:
        self.asked.append(user)
        if self.dies_after is not None and len(self.asked) > self.dies_after:
            self.dies_after = None
            raise MemoryError("the function was killed")
        return Reply('{"updates": [], "speakers": []}', 10, 2)


@pytest.fixture
def world() -> Iterator[dict[str, Any]]:
    before = dict(os.environ)
    os.environ.update(AWS_ACCESS_KEY_ID="t", AWS_SECRET_ACCESS_KEY="t", AWS_DEFAULT_REGION=REGION)
    with mocked_aws():
        dynamo, s3, sqs = (boto3.client(name) for name in ("dynamodb", "s3", "sqs"))
        dynamo.create_table(**table_definition("log"))
        s3.create_bucket(Bucket="refine", CreateBucketConfiguration={"LocationConstraint": REGION})
        queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("q", "dead")}
        log = DynamoEventLog(dynamo, "log")
        inbox = LambdaInbox(sqs, queues["q"], "refine", dead_letter_url=queues["dead"], log=log)
        yield {
            "log": log,
            "inbox": inbox,
            "blobs": ServiceBlobs(s3, "refine"),
            "sqs": sqs,
            "dead": queues["dead"],
        }
    os.environ.clear()
    os.environ.update(before)


def four_hours() -> Transcript:
    words = [
        Word(f"word{number % 977}", number * 0.4, number * 0.4 + 0.3) for number in range(36_000)
    ]
    segments = [
        Segment(
            start=some[0].start,
            end=some[-1].end,
            text=" ".join(each.word for each in some),
            speaker=None,
            words=tuple(some),
        )
        for some in (words[first : first + 12] for first in range(0, len(words), 12))
    ]
    return Transcript(language="en", duration_s=14_400.0, segments=tuple(segments))


def ready(world: Mapping[str, Any], transcript: Transcript) -> Event:
    run_id = new_run_id()
    ref = world["blobs"].put(
        f"episodes/e1/{run_id}/transcribe-gpu/transcript.json",
        write_transcript(transcript),
        media_type="application/json",
    )
    data = TranscriptReady(
        episode=EpisodeInfo(title="T", as_of="2026-11-27T00:00:00Z"),  # type: ignore[arg-type]
        transcript=ref,
        language="en",
        duration_s=transcript.duration_s,
        words=transcript.n_words(),
        engine=EngineInfo(name="e", model="m", device="cpu"),
    )
    event = Event.first("transcribe-gpu", data, episode_id="e1", run_id=run_id)
    world["log"].append([event])
    return event


def run(world: Mapping[str, Any], handler: Any, event: Event) -> Any:
    from aws_durable_execution_sdk_python_testing import (  # noqa: PLC0415 - it takes a second
        DurableFunctionTestRunner,
    )

    refining = Refining(handler, world["log"], world["inbox"])

    @durable_execution
    def function(payload: dict[str, Any], context: DurableContext) -> dict[str, Any]:
        return refining.run(payload, context)

    return DurableFunctionTestRunner(handler=function).run(
        input=json.dumps(event.to_wire()), execution_timeout=900
    )


def service(world: Mapping[str, Any], model: Model) -> RefineService:
    settings = RefineSettings.model_validate(
        {
            "model": {
                "provider": "openai",
                "model": "m",
                "url": "http://127.0.0.1:1/v1",
                "concurrency": 1,
            }
        }
    )
    return RefineService(world["blobs"], lambda _: settings, models=lambda _: model)


def test_a_finished_chunk_is_never_asked_again_and_steps_stay_small(
    world: dict[str, Any],
) -> None:
    model = Model(dies_after=4)
    event = ready(world, four_hours())
    result = run(world, service(world, model).handle, event)
    assert result.status.value == "SUCCEEDED"
    assert json.loads(result.result)["attempts"] == 2
    assert len(model.asked) > 10
    assert len(set(model.asked)) == len(model.asked) - 1  # the one that was killed, again
    kinds = [each.event.type for each in world["log"].of_episode("e1")]
    assert kinds == ["TranscriptReady", "TranscriptRefined"]
    steps = [each for each in result.operations if each.operation_type.value == "STEP"]
    assert len(steps) == 2
    assert all(len(str(each.result)) < MOST_STEP_BYTES for each in steps)


def test_what_may_pass_is_waited_for(world: dict[str, Any]) -> None:
    tries: list[Event] = []

    def handler(event: Event) -> Sequence[Event]:
        tries.append(event)
        if len(tries) < 4:
            raise TransientFailure("the model host restarts")
        return ()

    transcript = Transcript(language="en", duration_s=1.0, segments=())
    result = run(world, handler, ready(world, transcript))
    assert json.loads(result.result)["attempts"] == 4


def test_what_never_works_is_a_dead_letter_with_its_reason(world: dict[str, Any]) -> None:
    transcript = Transcript(language="en", duration_s=1.0, segments=())
    event = ready(world, transcript)
    key = event.data.transcript.uri.removeprefix("s3://refine/")  # type: ignore[attr-defined]
    boto3.client("s3").put_object(Bucket="refine", Key=key, Body=b"damaged")
    result = run(world, service(world, Model()).handle, event)
    assert json.loads(result.result)["attempts"] == 1
    (message,) = world["sqs"].receive_message(
        QueueUrl=world["dead"], MessageAttributeNames=["All"]
    )["Messages"]
    reason = json.loads(message["MessageAttributes"]["EverywordDeadLetter"]["StringValue"])
    assert reason["code"] == "digest_mismatch"
    assert world["log"].of_episode("e1")[-1].event.type == "DeliveryDeadLettered"
