"""Many episodes, delivered in any order, twice, again and replayed: the same artifacts.

Refine and captions are the real services; the buses are SQLite's, and EventBridge with SQS as moto
plays them.
"""

import hashlib
import json
import os
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from moto.dynamodb.models import dynamodb_backends

import captions.contract
import refine.contract
from captions.adapters.sqlite import SqliteLatestCaptions
from captions.config import CaptionsSettings
from captions.service import CaptionsService
from everyword_events import (
    EngineInfo,
    EpisodeInfo,
    Event,
    EventLog,
    Inbox,
    TranscriptReady,
    derived_event_id,
)
from everyword_events.aws.eventbridge import EventBridgeBus
from everyword_events.aws.log import DynamoEventLog, table_definition
from everyword_events.aws.relay import Relay
from everyword_events.aws.sqs import SqsInbox
from everyword_events.sqlite.bus import SqliteBus
from everyword_storage.directory import DirectoryBlobStore
from refine.config import RefineSettings
from refine.service import RefineService
from support.aws import mocked_aws

pytestmark = pytest.mark.slow
EPISODES: Final = int(os.environ.get("EVERYWORD_CHAOS_EPISODES", "40"))
"""Every replay and duplicate counts; `EVERYWORD_CHAOS_EPISODES=1000` takes half an hour."""
MOST_IN_MOTO: Final = 100
"""Moto copies all of a table at every transaction: more go through one log after another."""
_TIMED: Final = re.compile(r"receipt|report")
"""Files that say how long the work took."""
REGION: Final = "eu-north-1"
CONTRACTS: Final = (refine.contract.CONTRACT, captions.contract.CONTRACT)
NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
WORDS: Final = ("the", "storm", "took", "fog", "horn", "and", "nobody", "could", "sleep")


def run_id(number: int) -> str:
    """Return an id that sorts by its number, as UUIDv7 sorts by time."""
    return f"01900000-0000-7000-8000-{number:012x}"


def transcript(number: int) -> bytes:
    draw = random.Random(number)
    said = [draw.choice(WORDS) for _ in range(12)]
    words = [{"word": w, "start": n * 0.4, "end": n * 0.4 + 0.3} for n, w in enumerate(said)]
    text = " ".join(said)
    segment = {"start": 0.0, "end": 4.7, "text": text, "speaker": None, "words": words}
    document = {"schema": 1, "language": "en", "duration_s": 5.0, "segments": [segment]}
    return json.dumps(document).encode()


@dataclass
class Services:
    """Refine and captions over one folder."""

    folder: Path
    log: EventLog
    numbers: Sequence[int]
    blobs: DirectoryBlobStore = field(init=False)

    def __post_init__(self) -> None:
        self.blobs = DirectoryBlobStore(self.folder / "blobs")
        self.latest = SqliteLatestCaptions(self.folder / "captions.sqlite")
        refined = RefineService(self.blobs, lambda _: RefineSettings(), log=self.log)
        captioned = CaptionsService(self.blobs, lambda _: CaptionsSettings(), self.latest)
        self.handlers: dict[str, Callable[[Event], Sequence[Event]]] = {
            "refine": refined.handle,
            "captions": captioned.handle,
        }

    def first(self) -> list[Event]:
        """Return every episode's transcript as an event, and some of them replayed."""
        events = []
        for number in self.numbers:
            episode_id = run_id(number)
            ref = self.blobs.put(
                f"{episode_id}/in.json", transcript(number), media_type="application/json"
            )
            data = TranscriptReady(
                transcript=ref,
                episode=EpisodeInfo(show="Isles", title=f"Day {number}", as_of=NOW),
                language="en",
                duration_s=5.0,
                words=12,
                engine=EngineInfo(name="imported", model="", device=""),
            )
            event = Event.first(
                "transcribe-gpu",
                data,
                episode_id=episode_id,
                run_id=episode_id,
                event_id=derived_event_id(episode_id, "TranscriptReady", 1),
                occurred_at=NOW,
            )
            events.append(event)
            if number % 10 == 0:
                events.append(event.replayed(run_id=run_id(EPISODES + number), audience=("all",)))
        return events

    def artifacts(self) -> dict[str, str]:
        """Return the digest of every artifact by its key, and which captions are the latest."""
        found = {}
        for path in sorted((self.folder / "blobs").rglob("*")):
            name = str(path.relative_to(self.folder))
            if path.is_file() and not _TIMED.search(name):
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        for number in self.numbers:
            known = self.latest.get(run_id(number))
            assert known is not None, number
            found[f"latest {number}"] = f"{known.run_id} {sorted(known.files)}"
        return found


class SqliteSide:
    """The bus of one machine."""

    def __init__(self, folder: Path) -> None:
        self.log = SqliteBus(folder / "bus.sqlite", CONTRACTS)

    def inbox(self, consumer: str) -> Inbox:
        return self.log.inbox(consumer)


class RelayedLog:
    """A DynamoDB log whose stream is relayed after every append, as a Lambda would."""

    def __init__(self) -> None:
        client = boto3.client("dynamodb", region_name=REGION)
        client.create_table(**table_definition("log"))
        events = boto3.client("events", region_name=REGION)
        self._log = DynamoEventLog(client, "log", sleep=lambda _s: None)
        self._relay = Relay(client, "log", EventBridgeBus(events, "everyword"))

    def append(self, events: Sequence[Event]) -> None:
        self._log.append(events)
        shard = dynamodb_backends["123456789012"][REGION].get_table("log").stream_shard
        records = shard.get(shard.starting_sequence_number, len(shard.items))
        shard.starting_sequence_number += len(shard.items)
        shard.items.clear()  # moto copies all of them at every transaction
        assert self._relay.handle({"Records": records}) == {"batchItemFailures": []}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class AwsSide:
    """EventBridge rules and SQS queues made from the contracts, inside moto."""

    def __init__(self) -> None:
        events = boto3.client("events", region_name=REGION)
        events.create_event_bus(Name="everyword")
        self._sqs = boto3.client("sqs", region_name=REGION)
        self._urls = {}
        for contract in CONTRACTS:
            name = contract.service
            url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
            arn = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            pattern = json.dumps(contract.event_pattern())
            events.put_rule(Name=name, EventBusName="everyword", EventPattern=pattern)
            target = {"Id": name, "Arn": arn["Attributes"]["QueueArn"]}
            events.put_targets(Rule=name, EventBusName="everyword", Targets=[target])
            self._urls[name] = url
        self.log: Any = RelayedLog()

    def inbox(self, consumer: str) -> Inbox:
        url = self._urls[consumer]
        return SqsInbox(self._sqs, url, consumer, dead_letter_url=url, log=self.log)


def publish(log: EventLog, events: Sequence[Event]) -> None:
    for at in range(0, len(events), 50):
        log.append(events[at : at + 50])


def quietly(side: Any, services: Services) -> None:
    """Deliver everything once, in order."""
    publish(side.log, services.first())
    work_off(side, services)


def restlessly(side: Any, services: Services, draw: random.Random) -> None:
    """Deliver in any order, some twice at once, some given back after their work was done."""
    events = services.first()
    draw.shuffle(events)
    publish(side.log, [*events, *draw.sample(events, len(events) // 5)])
    quiet = 0
    while quiet < len(services.handlers):
        consumer = draw.choice(sorted(services.handlers))
        inbox, handle = side.inbox(consumer), services.handlers[consumer]
        deliveries = list(inbox.receive(most=10, visibility_s=600))
        quiet = 0 if deliveries else quiet + 1
        draw.shuffle(deliveries)
        for delivery in [*deliveries, *draw.sample(deliveries, len(deliveries) // 3)]:
            made = handle(delivery.event)
            if draw.random() < 0.9:  # else it died before it could say what it made
                side.log.append(made)
            else:
                inbox.give_back(delivery, delay_s=0)
                deliveries = [each for each in deliveries if each is not delivery]
        inbox.acknowledge(deliveries)
    work_off(side, services)


def work_off(side: Any, services: Services) -> None:
    """Deliver what is left, in order."""
    for consumer, handle in services.handlers.items():
        inbox = side.inbox(consumer)
        while deliveries := inbox.receive(most=10, visibility_s=600):
            for delivery in deliveries:
                side.log.append(handle(delivery.event))
            inbox.acknowledge(deliveries)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What comes of it where everything is delivered once and in order."""
    folder = tmp_path_factory.mktemp("quiet")
    side = SqliteSide(folder)
    services = Services(folder, side.log, range(EPISODES))
    quietly(side, services)
    return services.artifacts()


@pytest.mark.timeout(max(300, 2 * EPISODES))
def test_artifacts_are_the_same_to_the_byte(expected: dict[str, str], tmp_path: Path) -> None:
    side = SqliteSide(tmp_path)
    services = Services(tmp_path, side.log, range(EPISODES))
    restlessly(side, services, random.Random(11))
    found = services.artifacts()
    assert found.keys() == expected.keys()
    assert found == expected


@pytest.mark.timeout(max(300, 2 * EPISODES))
def test_artifacts_are_the_same_to_the_byte_on_aws(
    expected: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    found: dict[str, str] = {}
    for first in range(0, EPISODES, MOST_IN_MOTO):
        with mocked_aws():
            side = AwsSide()
            numbers = range(first, min(first + MOST_IN_MOTO, EPISODES))
            services = Services(tmp_path, side.log, numbers)
            restlessly(side, services, random.Random(11 + first))
            found |= services.artifacts()
    assert found.keys() == expected.keys()
    assert found == expected
