"""What every event log promises, on SQLite and on DynamoDB."""

import random
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Listener
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from everyword_events import (
    EpisodeRemoved,
    Event,
    EventLog,
    InvalidInput,
    Recorded,
    TranscriptReady,
    is_removed,
    removal_of,
)
from everyword_events.aws.log import DynamoEventLog, table_definition
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.testing import event_ids, ready, sample
from support.aws import mocked_aws

TABLE = "event-log"
CHILD = Path(__file__).with_name("log_child.py")
Open = Callable[[], EventLog]


class Locked:
    """boto3's client with one call at a time: moto loses updates of threads, and shows others
    what of a transaction it takes back.
    """

    def __init__(self, client: Any, lock: threading.Lock) -> None:
        self._client = client
        self._lock = lock

    def get_paginator(self, name: str) -> "Locked":
        return Locked(self._client.get_paginator(name), self._lock)

    def paginate(self, **options: Any) -> list[Any]:
        with self._lock:
            return list(self._client.paginate(**options))

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*arguments: Any, **options: Any) -> Any:
            with self._lock:
                return method(*arguments, **options)

        return call


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mocked_aws():
        client = boto3.client("dynamodb", region_name="eu-north-1")
        client.create_table(**table_definition(TABLE))  # type: ignore[arg-type]
        yield Locked(client, threading.Lock())


@pytest.fixture(params=["sqlite", "dynamodb"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Give a function that opens the log under test, another connection each time."""
    logs: list[Any] = []

    def sqlite() -> EventLog:
        logs.append(SqliteBus(tmp_path / "log.sqlite3", ()))
        return logs[-1]

    if request.param == "dynamodb":
        client = request.getfixturevalue("dynamodb")
        yield lambda: DynamoEventLog(client, TABLE)
    else:
        yield sqlite
    for log in logs:
        log.close()


@pytest.fixture
def log(opened: Open) -> EventLog:
    return opened()


def events_of(recorded: Sequence[Recorded]) -> list[Event]:
    return [each.event for each in recorded]


def test_what_was_appended_is_read_at_once_over_any_connection(opened: Open) -> None:
    events = [ready(episode_id="e"), ready(episode_id="e")]
    opened().append(events)
    other = opened()
    assert events_of(other.of_episode("e")) == events
    assert [other.get("e", event.meta.event_id) for event in events] == events
    assert [each.event for each in other.scan()] == events


def test_what_is_not_there_is_nothing(log: EventLog) -> None:
    log.append([])
    assert log.get("e", "unknown") is None
    assert log.of_episode("e") == []
    assert list(log.scan()) == []


def test_an_id_is_kept_once_and_its_first_wording_stays(log: EventLog) -> None:
    first = ready("as first appended", episode_id="e")
    later = ready(episode_id="e")
    reworded = first.model_copy(update={"data": ready("otherwise").data})
    log.append([first, first])
    log.append([later])
    log.append([reworded, later])
    assert events_of(log.of_episode("e")) == [first, later]
    assert log.get("e", first.meta.event_id) == first


def test_an_append_with_known_and_new_events_takes_the_new(log: EventLog) -> None:
    known = [ready(episode_id="e") for _ in range(3)]
    new = [ready(episode_id="e") for _ in range(3)]
    log.append(known)
    log.append([known[0], new[0], known[1], new[1], new[2], known[2]])
    assert events_of(log.of_episode("e")) == [*known, *new]


def test_an_episode_s_order_is_that_of_appending_whatever_the_ids(log: EventLog) -> None:
    events = [ready(str(number), episode_id="e") for number in range(30)]
    random.Random(7).shuffle(events)
    for first in range(0, 30, 7):
        log.append(events[first : first + 7])
    recorded = log.of_episode("e")
    assert events_of(recorded) == events
    positions = [each.position for each in recorded]
    assert positions == sorted(set(positions))
    log.append([ready(episode_id="e"), ready()])
    assert log.of_episode("e")[:30] == recorded
    assert events_of(log.of_episode("e", after=positions[-3]))[:2] == events[-2:]


def test_episodes_do_not_mix(log: EventLog) -> None:
    mine, theirs = ready(episode_id="mine"), ready(episode_id="theirs")
    log.append([mine, theirs])
    assert events_of(log.of_episode("mine")) == [mine]
    assert log.get("theirs", mine.meta.event_id) is None


def test_a_scan_meets_everything_once_each_episode_in_order(log: EventLog) -> None:
    events = [ready(str(n), episode_id=f"e{n % 5}") for n in range(60)]
    log.append(events)
    met = [each.event for each in log.scan()]
    assert event_ids(met) == event_ids(events)
    for n in range(5):
        assert [e for e in met if e.meta.episode_id == f"e{n}"] == events[n::5]


def test_a_scan_can_be_of_some_types(log: EventLog) -> None:
    heard = ready(episode_id="e")
    gone = removal_of(log, "ingest", "f")
    log.append([heard, gone])
    assert [each.event for each in log.scan(types=["EpisodeRemoved"])] == [gone]
    assert len(list(log.scan(types=["EpisodeRemoved", "TranscriptReady"]))) == 2


@pytest.mark.parametrize("opened", ["sqlite"], indirect=True)  # moto's table is in this process
def test_a_scan_s_memory_does_not_grow_with_the_log(log: EventLog) -> None:
    def peak(episodes: int) -> int:
        log.append([ready("x" * 2_000, episode_id=f"{episodes}-{n}") for n in range(episodes)])
        tracemalloc.start()
        for _ in log.scan():
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    few = peak(600)
    assert peak(2_400) < 1.5 * few


def test_an_event_too_large_keeps_all_of_them_out(log: EventLog) -> None:
    with pytest.raises(InvalidInput):
        log.append([ready(episode_id="e"), ready("x" * 300_000, episode_id="e")])
    assert log.of_episode("e") == []


def test_nothing_comes_after_a_removal(log: EventLog) -> None:
    first = ready(episode_id="e")
    log.append([first])
    removal = removal_of(log, "ingest", "e", reason="asked for")
    late = first.causes("refine", sample(TranscriptReady), part="late")
    log.append([removal, late])
    log.append([late, ready(episode_id="e"), ready(episode_id="other")])
    assert events_of(log.of_episode("e")) == [first, removal]
    assert is_removed(log, "e")
    assert not is_removed(log, "other")
    assert removal.meta.run_id > first.meta.run_id


def test_removing_twice_is_removing_once(log: EventLog) -> None:
    log.append([ready(episode_id="e"), removal_of(log, "ingest", "e", reason="first")])
    log.append([removal_of(log, "ingest", "e", reason="second")])
    (removal,) = (r.event.data for r in log.of_episode("e") if r.event.type == "EpisodeRemoved")
    assert isinstance(removal, EpisodeRemoved)
    assert removal.reason == "first"


def test_what_was_said_of_a_removed_episode_can_be_erased(log: EventLog) -> None:
    log.append([ready(f"secret {n}", episode_id="e") for n in range(40)])
    log.append([ready("kept", episode_id="f")])
    log.erase("e")
    assert len(log.of_episode("e")) == 40
    removal = removal_of(log, "ingest", "e")
    log.append([removal])
    log.erase("e")
    log.erase("e")
    assert events_of(log.of_episode("e")) == [removal]
    assert len(list(log.scan())) == 2
    log.append([ready(episode_id="e")])
    assert events_of(log.of_episode("e")) == [removal]


def test_threads_that_append_at_once_lose_and_mix_nothing(opened: Open) -> None:
    mine = [[ready(f"{t}.{n}", episode_id="e") for n in range(5)] for t in range(5)]
    shared = ready("shared", episode_id="e")

    def run(events: list[Event]) -> None:
        log = opened()
        for event in events:
            log.append([event, shared])

    threads = [threading.Thread(target=run, args=(events,)) for events in mine]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorded = opened().of_episode("e")
    assert len({each.position for each in recorded}) == len(recorded) == 5 * 5 + 1
    for events in mine:
        assert [e for e in events_of(recorded) if e in events] == events


def test_a_reader_beside_writers_sees_the_order_grow_at_its_end_only(opened: Open) -> None:
    done = threading.Event()

    def write() -> None:
        log = opened()
        for number in range(10):
            log.append([ready(str(number), episode_id="e")])

    def write_all() -> None:
        writers = [threading.Thread(target=write) for _ in range(3)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        done.set()

    thread = threading.Thread(target=write_all)
    thread.start()
    log = opened()
    seen: list[str] = []
    deadline = time.monotonic() + 120
    try:
        while not done.is_set() or len(seen) < 30:
            assert time.monotonic() < deadline, f"only {len(seen)} of 30 were written"
            now = [event.meta.event_id for event in events_of(log.of_episode("e"))]
            assert now[: len(seen)] == seen
            seen = now
    finally:
        thread.join()  # else it writes on where the next test is


def test_processes_that_append_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite3"
    command = [sys.executable, str(CHILD), str(path), "e", "40"]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [child.communicate(timeout=120)[0].split() for child in children]
    with SqliteBus(path, ()) as log:
        kept = [event.meta.event_id for event in events_of(log.of_episode("e"))]
    assert sorted(kept) == sorted(each for one in said for each in one)
    for one in said:
        assert [each for each in kept if each in one] == one


def test_processes_that_append_to_dynamodb_at_once_lose_nothing(
    dynamodb: Any,
) -> None:
    with Listener(family="AF_UNIX", backlog=3) as listener:
        command = [sys.executable, str(CHILD), "--dynamodb", str(listener.address), "12"]
        children = [subprocess.Popen(command) for _ in range(3)]
        pipes = [listener.accept() for _ in children]
        served = [threading.Thread(target=_serve, args=(pipe, dynamodb)) for pipe in pipes]
        for thread in served:
            thread.start()
        for thread in served:
            thread.join(120)
    assert [child.wait(120) for child in children] == [0, 0, 0]
    recorded = DynamoEventLog(dynamodb, TABLE).of_episode("e")
    assert [each.position for each in recorded] == list(range(1, 37))


def _serve(pipe: Any, client: Any) -> None:
    """Do for another process what it asks of DynamoDB: only this process has moto."""
    while (asked := pipe.recv()) is not None:
        name, options = asked
        try:
            pipe.send(getattr(client, name)(**options))
        except ClientError as error:
            pipe.send(error)
    pipe.close()


@pytest.mark.parametrize("kills", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path, kills: int) -> None:
    path, draw = tmp_path / "log.sqlite3", random.Random(20261127)
    acknowledged: list[str] = []
    for _ in range(kills):
        child = subprocess.Popen(
            [sys.executable, str(CHILD), str(path), "e", "0"], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        acknowledged.append(child.stdout.readline().strip())
        time.sleep(draw.uniform(0, 0.3))
        child.kill()
        acknowledged += [line.strip() for line in child.stdout if line.endswith("\n")]
        child.stdout.close()
        child.wait()
        with SqliteBus(path, ()) as log:
            kept = [event.meta.event_id for event in events_of(log.of_episode("e"))]
        # At most one append of each killed process was durable and could not say so.
        assert [each for each in kept if each in set(acknowledged)] == acknowledged
    assert len(kept) - len(acknowledged) <= kills
