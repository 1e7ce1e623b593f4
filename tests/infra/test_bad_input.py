"""What a queue may hold that nobody asked for: each has one outcome, and a line that says so."""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from everyword_aws.batch import BatchConsumer, LambdaInbox
from everyword_aws.clients import client
from everyword_aws.graphs.ingest import service as ingest_service
from everyword_aws.handlers import ingest_uploads

from everyword_events import (
    CaptionsPublished,
    Conflict,
    EpisodeRemoved,
    Event,
    TransientFailure,
)
from everyword_events.aws.log import DynamoConsumerStates, DynamoEventLog
from everyword_events.aws.log import table_definition as log_table
from everyword_events.aws.relay import Relay
from everyword_events.aws.sqs import REASON_ATTRIBUTE
from everyword_events.testing import ready, sample
from everyword_storage import DirectoryBlobStore, artifact_key
from everyword_transcripts import Segment, Transcript, Word, write_transcript
from ingest.adapters.dynamodb import table_definition as ingest_table
from ingest.domain.metadata import NewEpisode
from refine.config import RefineSettings
from refine.service import RefineService
from search.adapters.opensearch.client import OpenSearchClient, driver_for
from support.aws import mocked_aws
from support.cloud import Context
from support.deployed import forget
from support.lowering import ACCOUNT, REGION

BUCKET = "everyword-ingest"
QUEUES = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/"


class Lines(logging.Handler):
    """The log, as objects."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(vars(record))

    def of(self, action: str) -> list[dict[str, Any]]:
        return [line for line in self.seen if line.get("action") == action]


@dataclass
class Desk:
    """One consumer's queue under moto, its log, and what was logged."""

    lines: Lines
    work: str = ""
    dead_letters: str = ""
    events: DynamoEventLog = field(
        default_factory=lambda: DynamoEventLog(client("dynamodb"), "log", sleep=lambda _: None)
    )

    def deliver(self, body: str, handler: Callable[[Event], Sequence[Event]]) -> str:
        """Put a message in the queue and hand it to a function; return what became of it."""
        sqs = client("sqs")
        self.work, self.dead_letters = f"work-{uuid4()}", f"dead-{uuid4()}"
        for queue in (self.work, self.dead_letters):
            sqs.create_queue(QueueName=queue)
        self.lines.seen.clear()
        sqs.send_message(QueueUrl=QUEUES + self.work, MessageBody=body)
        (message,) = sqs.receive_message(
            QueueUrl=QUEUES + self.work, MessageSystemAttributeNames=["All"]
        )["Messages"]
        inbox = LambdaInbox(
            sqs,
            QUEUES + self.work,
            "captions",
            dead_letter_url=QUEUES + self.dead_letters,
            log=self.events,
        )
        states = DynamoConsumerStates(client("dynamodb"), "log")
        consumer = BatchConsumer(inbox, self.events, handler, states)
        done = consumer.handle({"Records": [record(message)]}, Context("f"))  # type: ignore[arg-type]
        if self.dead():
            assert done["batchItemFailures"] == []
            return "dead-lettered"
        deleted = done["batchItemFailures"] == []
        return "sent again" if deleted and self.waiting() else "ignored" if deleted else "kept"

    def dead(self) -> list[dict[str, Any]]:
        """Return the reasons that stand on the dead letters."""
        messages = client("sqs").receive_message(
            QueueUrl=QUEUES + self.dead_letters, MessageAttributeNames=["All"], VisibilityTimeout=0
        )
        return [
            json.loads(each["MessageAttributes"][REASON_ATTRIBUTE]["StringValue"])
            for each in messages.get("Messages", [])
        ]

    def waiting(self) -> int:
        """Return how many messages come later."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        told = client("sqs").get_queue_attributes(QueueUrl=QUEUES + self.work, AttributeNames=names)
        return sum(int(told["Attributes"][name]) for name in names)


def record(message: Any) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:work",
        "awsRegion": REGION,
    }


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = tmp_path_factory.mktemp("settings") / "ingest.json"
    settings.write_text('{"general": {}, "shows": {}}')
    with pytest.MonkeyPatch.context() as patch, mocked_aws():
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "EVERYWORD_PREFIX": "everyword",
            "EVERYWORD_EVENT_LOG": "log",
            "EVERYWORD_QUEUES": QUEUES,
            "EVERYWORD_SERVICE": "ingest",
            "EVERYWORD_BUCKET": BUCKET,
            "EVERYWORD_TABLE": "ingest",
            "EVERYWORD_SETTINGS_FILE": str(settings),
        }.items():
            patch.setenv(name, value)
        forget()
        for table in (log_table("log"), ingest_table("ingest")):
            boto3.client("dynamodb").create_table(**table)
        boto3.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        lines = Lines()
        loggers = [
            logging.getLogger(name) for name in ("everyword_events", "everyword_aws", "refine")
        ]
        for each in loggers:
            each.setLevel(logging.INFO)
            each.addHandler(lines)
        yield Desk(lines)
        for each in loggers:
            each.removeHandler(lines)
        forget()


def nothing(_: Event) -> Sequence[Event]:
    return ()


def changed(**detail: Any) -> str:
    """Return a good event's message with parts of its detail changed; None takes one out."""
    wire = ready().to_wire()
    for name, value in detail.items():
        if value is None:
            wire["detail"].pop(name)
        else:
            wire["detail"][name].update(value)
    return json.dumps(wire)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("no JSON", "event_not_json"),
        ("[]", "event_not_object"),
        (json.dumps({**ready().to_wire(), "detail-type": "NeverHeardOf"}), "event_unknown"),
        (changed(meta={"schema": 99}), "event_too_new"),
        (changed(meta=None), "event_invalid"),
        (changed(data=None), "event_invalid"),
        (changed(meta={"occurred_at": "yesterday"}), "event_invalid"),
    ],
    ids=["not JSON", "no object", "unknown type", "newer version", "no meta", "no data", "no time"],
)
def test_a_message_that_is_no_event_of_ours_is_a_dead_letter(
    desk: Desk, body: str, code: str
) -> None:
    assert desk.deliver(body, nothing) == "dead-lettered"
    (reason,) = desk.dead()
    (line,) = desk.lines.of("dead_lettered")
    assert reason["code"] == line["code"] == code
    assert (line["service"], line["levelname"]) == ("captions", "ERROR")


@contextmanager
def refusing(service: str, operation: str, error: ClientError) -> Iterator[None]:
    """Have AWS refuse an operation for the while, after boto3's own retries."""

    def refuse(**_: Any) -> None:
        raise error

    hook = f"before-call.{service}.{operation}"
    events = client(service).meta.events
    events.register_first(hook, refuse)
    try:
        yield
    finally:
        events.unregister(hook, refuse)


def refusal(code: str, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "told so"}, **more}, "Any")  # type: ignore[arg-type]


def published(event: Event, **more: Any) -> Event:
    return event.causes("captions", sample(CaptionsPublished).model_copy(update=more))


@contextmanager
def throttling_node() -> Iterator[str]:
    """An OpenSearch that says 429 to everything."""

    class Busy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(429)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_event_too_large_is_a_dead_letter_of_its_cause(desk: Desk) -> None:
    def large(event: Event) -> Sequence[Event]:
        files = {f"form-{number}": event.data.transcript for number in range(3_000)}  # type: ignore[attr-defined]
        return [published(event, files=files)]

    assert desk.deliver(json.dumps(ready().to_wire()), large) == "dead-lettered"
    (reason,) = desk.dead()
    assert reason["code"] == "event_too_large"
    assert [line["code"] for line in desk.lines.of("dead_lettered")] == ["event_too_large"]


def test_what_somebody_did_already_is_acknowledged(desk: Desk) -> None:
    def done(_: Event) -> Sequence[Event]:
        raise Conflict("another worker was first")

    assert desk.deliver(json.dumps(ready().to_wire()), done) == "ignored"
    assert len(desk.lines.of("conflict")) == 1


@pytest.mark.parametrize(
    ("code", "more", "told"),
    [
        ("ThrottlingException", {}, "aws_failure"),
        ("ProvisionedThroughputExceededException", {}, "aws_failure"),
        (
            "TransactionCanceledException",
            {"CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]},
            "log_contended",
        ),
    ],
    ids=["throttled", "throughput", "others write too"],
)
def test_a_log_that_refuses_is_asked_again_later(
    desk: Desk, code: str, more: dict[str, Any], told: str
) -> None:
    refused = refusing("dynamodb", "TransactWriteItems", refusal(code, **more))
    with refused:
        outcome = desk.deliver(json.dumps(ready().to_wire()), lambda event: [published(event)])
    assert outcome == "sent again"
    (line,) = desk.lines.of("retried")
    assert (line["code"], line["levelname"]) == (told, "WARNING")
    assert not desk.dead()


def test_an_event_kept_before_changes_nothing(desk: Desk) -> None:
    event = ready()
    for _ in range(2):
        outcome = desk.deliver(json.dumps(event.to_wire()), lambda each: [published(each)])
        assert outcome == "ignored"
        assert len(desk.lines.of("handled")) == 1
    kept = [each.event.type for each in desk.events.of_episode(event.meta.episode_id)]
    assert kept == ["CaptionsPublished"]


def test_a_throttled_index_is_asked_again_later(desk: Desk) -> None:
    with throttling_node() as url:
        index = OpenSearchClient(driver_for(url))

        def ask(_: Event) -> Sequence[Event]:
            index.search("everyword-words", {"query": {"match_all": {}}})
            return ()

        assert desk.deliver(json.dumps(ready().to_wire()), ask) == "sent again"
    (line,) = desk.lines.of("retried")
    assert line["delay_s"] >= 0
    assert line["code"]


class Throttled:
    """A language model that is always busy, as Bedrock's adapter tells it."""

    name = "m"

    def complete(self, **_: Any) -> Any:
        raise TransientFailure("Bedrock answered ThrottlingException", code="model_busy")


def test_a_throttled_language_model_degrades_and_holds_nothing_up(
    desk: Desk, tmp_path: Path
) -> None:
    blobs = DirectoryBlobStore(tmp_path)
    event = ready()
    words = [Word(text, float(at), at + 0.5) for at, text in enumerate(["to", "be", "or", "not"])]
    said = write_transcript(
        Transcript("en", 5.0, (Segment.of(words, speaker=None, language="en"),))
    )
    key = artifact_key(event.meta.episode_id, event.meta.run_id, "transcribe/transcript.json")
    ref = blobs.put(key, said, media_type="application/json")
    data = event.data.model_copy(update={"transcript": ref, "language": "en"})
    event = event.model_copy(update={"data": data})
    settings = RefineSettings.model_validate({"model": {"provider": "bedrock", "model": "m"}})
    refine = RefineService(blobs, lambda _: settings, models=lambda _: Throttled())  # type: ignore[arg-type, return-value]
    assert desk.deliver(json.dumps(event.to_wire()), refine.handle) == "ignored"
    (line,) = desk.lines.of("degraded")
    assert "ThrottlingException" in line["reason"]
    assert line["episode_id"] == event.meta.episode_id
    assert len(desk.lines.of("handled")) == 1


def test_a_batch_of_the_log_that_the_bus_does_not_take_comes_again(desk: Desk) -> None:
    class Busy:
        def put(self, _: Any) -> Any:
            raise TransientFailure("cannot publish", code="aws_failure")

    relay = Relay(client("dynamodb"), "log", Busy())  # type: ignore[arg-type]
    image = {"wire": {"S": json.dumps(ready().to_wire())}}
    appended = {"eventName": "INSERT", "dynamodb": {"NewImage": image, "SequenceNumber": "7"}}
    desk.lines.seen.clear()
    done = relay.handle({"Records": [appended]})
    assert done == {"batchItemFailures": [{"itemIdentifier": "7"}]}
    assert [line["code"] for line in desk.lines.of("relay_retried")] == ["aws_failure"]


def told(key: str, *, bucket: str = BUCKET) -> str:
    """Return what S3 says of a new object."""
    return json.dumps(
        {
            "version": "0",
            "id": str(uuid4()),
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": ACCOUNT,
            "time": "2026-11-27T00:00:00Z",
            "region": REGION,
            "resources": [],
            "detail": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1}},
        }
    )


def notified(desk: Desk, *bodies: str) -> tuple[list[str], list[str]]:
    """Tell the function of uploads; return the outcomes it logged, and which messages stay."""
    desk.lines.seen.clear()
    records = [
        record(
            {
                "MessageId": str(number),
                "ReceiptHandle": "r",
                "Body": body,
                "Attributes": {"ApproximateReceiveCount": "2"},
            }
        )
        for number, body in enumerate(bodies)
    ]
    done = ingest_uploads.handler({"Records": records}, Context("f"))  # type: ignore[arg-type]
    outcomes = [line["outcome"] for line in desk.lines.of("upload_seen")]
    return outcomes, [each["itemIdentifier"] for each in done["batchItemFailures"]]


def announced() -> str:
    made = ingest_service().create(NewEpisode(title="T", filename="a.wav", bytes=4))
    return made.episode.episode_id


def put(episode_id: str) -> str:
    key = f"episodes/{episode_id}/upload/audio"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"text")
    return key


def test_an_object_outside_the_agreed_prefix_is_let_go(desk: Desk) -> None:
    bodies = [told("elsewhere/audio"), told("episodes/e/upload/a/b"), told("x", bucket="another")]
    assert notified(desk, *bodies) == (["no_upload"] * 3, [])


def test_a_notice_that_comes_twice_is_settled_once(desk: Desk) -> None:
    episode_id = announced()
    key = put(episode_id)
    assert notified(desk, told(key), told(key)) == (["failed", "failed"], [])
    events = [each.event.type for each in desk.events.of_episode(episode_id)]
    assert events.count("UploadRejected") == 1


def test_a_notice_of_an_object_that_is_gone_is_let_go(desk: Desk) -> None:
    episode_id = announced()
    key = put(episode_id)
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=key)
    assert notified(desk, told(key)) == (["upload_missing"], [])
    assert ingest_service().get(episode_id).state == "awaiting_upload"


def test_a_notice_of_a_removed_or_unknown_episode_is_let_go(desk: Desk) -> None:
    episode_id = announced()
    key = put(episode_id)
    ingest_service().remove(episode_id)
    outcomes, kept = notified(desk, told(key), told(f"episodes/{uuid4()}/upload/audio"))
    assert (len(outcomes), kept) == (2, [])
    removed = [each.event.data for each in desk.events.of_episode(episode_id)]
    assert isinstance(removed[-1], EpisodeRemoved)


def test_a_notice_that_cannot_be_read_or_settled_comes_again(desk: Desk) -> None:
    assert notified(desk, "no notice")[1] == ["0"]
    (line,) = desk.lines.of("message_failed")
    assert (line["code"], line["attempt"]) == ("unexpected_error", 2)
    key = put(announced())
    with refusing("dynamodb", "TransactWriteItems", refusal("ThrottlingException")):
        assert notified(desk, told(key))[1] == ["0"]
    assert [line["code"] for line in desk.lines.of("message_failed")] == ["aws_failure"]
