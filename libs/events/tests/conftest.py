"""The buses under test, and events to send over them."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from everyword_events import (
    DeadLetters,
    DeliveryDeadLettered,
    EpisodeIndexed,
    EpisodeRemoved,
    EventPublisher,
    Inbox,
    ServiceContract,
    TranscriptReady,
    TranscriptRefined,
)
from everyword_events.sqlite_bus import SqliteBus
from everyword_events.testing import BusUnderTest

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
        self.publisher: EventPublisher = self.bus
        self.dead_letters: DeadLetters = self.bus

    def inbox(self, consumer: str) -> Inbox:
        return self.bus.inbox(consumer)

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds

    def send_raw(self, consumer: str, body: str) -> None:
        raw = sqlite3.connect(self.bus.path)
        with raw:
            position = raw.execute(
                "INSERT INTO journal (event_id, episode_id, type, wire)"
                " VALUES ('raw', '?', '?', ?)",
                (body,),
            ).lastrowid
            raw.execute(
                "INSERT INTO deliveries (consumer, position, visible_at) VALUES (?, ?, 0)",
                (consumer, position),
            )
        raw.close()


@pytest.fixture(params=["sqlite"])
def bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BusUnderTest]:
    under_test = SqliteUnderTest(tmp_path / "bus.sqlite3")
    yield under_test
    under_test.bus.close()


@pytest.fixture
def sqlite_bus(tmp_path: Path) -> Iterator[SqliteBus]:
    with SqliteBus(tmp_path / "bus.sqlite3", CONTRACTS) as opened:
        yield opened
