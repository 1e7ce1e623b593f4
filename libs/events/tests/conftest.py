"""The buses under test, and events to send over them."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.sqs import models as queues

from everyword_events import (
    DeadLetters,
    DeliveryDeadLettered,
    EpisodeIndexed,
    EpisodeRemoved,
    Event,
    EventLog,
    Inbox,
    ServiceContract,
    TranscriptReady,
    TranscriptRefined,
)
from everyword_events.aws.dead_letters import ConsumerQueues, SqsDeadLetters
from everyword_events.aws.eventbridge import EventBridgeBus
from everyword_events.aws.log import DynamoEventLog, table_definition
from everyword_events.aws.relay import Relay
from everyword_events.aws.sqs import SqsInbox
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.testing import BusUnderTest
from support.aws import mocked_aws

REGION = "eu-north-1"
TABLE = "event-log"
CONTRACTS = (
    ServiceContract("refine", consumes=(TranscriptReady,), emits=(TranscriptRefined,)),
    ServiceContract("captions", consumes=(TranscriptRefined, EpisodeRemoved)),
    ServiceContract(
        "search", consumes=(TranscriptRefined, EpisodeRemoved), emits=(EpisodeIndexed,)
    ),
    ServiceContract("ingest", consumes=(DeliveryDeadLettered,)),
)


class Clock:
    """A wall clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class SqliteUnderTest:
    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.bus = SqliteBus(path, CONTRACTS, clock=self.clock)
        self.log: EventLog = self.bus
        self.dead_letters: DeadLetters = self.bus

    def inbox(self, consumer: str) -> Inbox:
        return self.bus.inbox(consumer)

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds

    def send_raw(self, consumer: str, body: str) -> None:
        raw = sqlite3.connect(self.bus.path)
        with raw:
            position = raw.execute(
                "INSERT INTO events (event_id, episode_id, type, wire) VALUES ('raw', '?', '?', ?)",
                (body,),
            ).lastrowid
            raw.execute(
                "INSERT INTO deliveries (consumer, position, replay, visible_at)"
                " VALUES (?, ?, 0, 0)",
                (consumer, position),
            )
        raw.close()


class RelayedLog:
    """A DynamoDB log whose stream is relayed after every append, as a Lambda would."""

    def __init__(self, client: Any, relay: Relay) -> None:
        client.create_table(**table_definition(TABLE))
        self._log = DynamoEventLog(client, TABLE, sleep=lambda _s: None)
        self._relay = relay
        self._seen = 0

    def append(self, events: Sequence[Event]) -> None:
        self._log.append(events)
        records = stream_of(TABLE)[self._seen :]
        self._seen += len(records)
        assert self._relay.handle({"Records": records}) == {"batchItemFailures": []}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


def stream_of(table: str) -> list[dict[str, Any]]:
    """Return all records of a table's stream, in Lambda's form; moto has no client for it."""
    shard = dynamodb_backends["123456789012"][REGION].get_table(table).stream_shard
    records: list[dict[str, Any]] = shard.get(shard.starting_sequence_number, 1_000_000)
    return records


class AwsUnderTest:
    """EventBridge rules and SQS queues made from the contracts, inside moto.

    One thread drives it, and nothing polls: moto is not thread-safe. Its queues have a clock that
    is moved by hand.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.events = boto3.client("events", region_name=REGION)
        self.sqs = boto3.client("sqs", region_name=REGION)
        self.dynamodb = boto3.client("dynamodb", region_name=REGION)
        self.events.create_event_bus(Name="everyword")
        self.queues = {contract.service: self._subscribe(contract) for contract in CONTRACTS}
        relay = Relay(self.dynamodb, TABLE, EventBridgeBus(self.events, "everyword"))
        self.log: Any = RelayedLog(self.dynamodb, relay)
        self.dead_letters: DeadLetters = SqsDeadLetters(self.sqs, self.queues, poll_s=0)

    def _subscribe(self, contract: ServiceContract) -> ConsumerQueues:
        name = contract.service
        queue_url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        dead_letter_url = self.sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
        self.events.put_rule(
            Name=name, EventBusName="everyword", EventPattern=json.dumps(contract.event_pattern())
        )
        self.events.put_targets(
            Rule=name,
            EventBusName="everyword",
            Targets=[{"Id": name, "Arn": attributes["Attributes"]["QueueArn"]}],
        )
        return ConsumerQueues(queue_url, dead_letter_url)

    def inbox(self, consumer: str) -> Inbox:
        queues = self.queues[consumer]
        return SqsInbox(
            self.sqs,
            queues.queue_url,
            consumer,
            dead_letter_url=queues.dead_letter_url,
            log=self.log,
        )

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds

    def send_raw(self, consumer: str, body: str) -> None:
        self.sqs.send_message(QueueUrl=self.queues[consumer].queue_url, MessageBody=body)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsUnderTest]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    clock = Clock()

    def tick() -> float:
        clock.now += 1e-5  # moto shows again what has been hidden for no time, once any has passed
        return clock.now

    monkeypatch.setattr(queues, "unix_time", tick)
    monkeypatch.setattr(queues, "unix_time_millis", lambda: tick() * 1000)
    with mocked_aws():
        yield AwsUnderTest(clock)


@pytest.fixture(params=["sqlite", "aws"])
def bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BusUnderTest]:
    if request.param == "aws":
        yield request.getfixturevalue("aws")
        return
    under_test = SqliteUnderTest(tmp_path / "bus.sqlite3")
    yield under_test
    under_test.bus.close()


@pytest.fixture
def sqlite_bus(tmp_path: Path) -> Iterator[SqliteBus]:
    with SqliteBus(tmp_path / "bus.sqlite3", CONTRACTS) as opened:
        yield opened
