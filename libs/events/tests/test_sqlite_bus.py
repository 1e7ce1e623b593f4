"""What only the SQLite bus promises: its file, its one transaction, lost claims."""

import logging
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from everyword_events import (
    AtomicInbox,
    Conflict,
    Delivery,
    EpisodeRemoved,
    Event,
    Inbox,
    InvalidInput,
    Misconfigured,
    ServiceContract,
    TranscriptReady,
    TransientFailure,
    new_run_id,
)
from everyword_events.consumer.runner import ConsumerRunner
from everyword_events.ports import QueueDepth
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.testing import drain, event_ids, ready
from support.waiting import PATIENCE_S

REFINE = (ServiceContract("refine", consumes=(TranscriptReady,)),)
FOR_EVER_S = 300.0
"""What comes sooner was not waited for."""


def test_an_event_appended_twice_is_delivered_once(sqlite_bus: SqliteBus) -> None:
    event = ready("as first published")
    reworded = event.model_copy(
        update={"data": ready("otherwise").data, "source": "everyword.other"}
    )
    sqlite_bus.append([event, event])
    sqlite_bus.append([reworded])
    assert drain(sqlite_bus.inbox("refine")) == [event]
    sqlite_bus.append([event])
    assert drain(sqlite_bus.inbox("refine")) == []


def test_publishing_is_all_or_nothing(sqlite_bus: SqliteBus) -> None:
    with pytest.raises(InvalidInput):
        sqlite_bus.append([ready(), ready("x" * 300_000)])
    assert list(sqlite_bus.scan()) == []


def test_results_and_acknowledgement_are_one(sqlite_bus: SqliteBus) -> None:
    inbox = sqlite_bus.inbox("refine")
    assert isinstance(inbox, AtomicInbox)
    sqlite_bus.append([ready()])
    deliveries = inbox.receive(most=1, visibility_s=60)
    with pytest.raises(InvalidInput):
        inbox.append_and_acknowledge([ready("x" * 300_000)], deliveries)
    assert sqlite_bus.pending()["refine"].in_flight == 1
    inbox.append_and_acknowledge([ready()], deliveries)
    assert sqlite_bus.pending()["refine"] == QueueDepth(waiting=1)
    assert len(list(sqlite_bus.scan())) == 2


def test_whoever_lost_a_claim_can_no_longer_touch_the_delivery(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready()])
    inbox = sqlite_bus.inbox("refine")
    (lost,) = inbox.receive(most=1, visibility_s=0)
    (held,) = inbox.receive(most=1, visibility_s=60)
    with pytest.raises(Conflict):
        inbox.extend(lost, visibility_s=60)
    inbox.acknowledge([lost])
    inbox.give_back(lost, delay_s=0)
    inbox.dead_letter(lost, code="c", message="m", hint="")
    assert sqlite_bus.pending()["refine"] == QueueDepth(in_flight=1)
    assert sqlite_bus.list() == []
    inbox.acknowledge([held])
    assert sqlite_bus.pending()["refine"] == QueueDepth()


def test_an_expired_claim_that_nobody_took_still_counts(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready()])
    inbox = sqlite_bus.inbox("refine")
    deliveries = inbox.receive(most=1, visibility_s=0)
    inbox.acknowledge(deliveries)
    assert sqlite_bus.pending()["refine"] == QueueDepth()


def test_a_receipt_from_before_a_redrive_is_worth_nothing(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready()])
    inbox = sqlite_bus.inbox("refine")
    (old,) = inbox.receive(most=1, visibility_s=60)
    inbox.dead_letter(old, code="c", message="m", hint="")
    sqlite_bus.redrive([sqlite_bus.list()[0].dead_letter_id])
    (new,) = inbox.receive(most=1, visibility_s=60)
    assert new.attempt == 1
    inbox.acknowledge([old])
    assert sqlite_bus.pending()["refine"] == QueueDepth(in_flight=1)


@pytest.mark.parametrize("receipt", ["", "r", "1.2", "1.2.x", "1.2.-3", f"1.2.{10**20}"])
def test_what_is_no_receipt_is_refused(sqlite_bus: SqliteBus, receipt: str) -> None:
    sqlite_bus.append([ready()])
    inbox = sqlite_bus.inbox("refine")
    (held,) = inbox.receive(most=1, visibility_s=60)
    forged = replace(held, receipt=receipt)
    for use in (
        lambda: inbox.extend(forged, visibility_s=1),
        lambda: inbox.acknowledge([forged]),
        lambda: inbox.give_back(forged, delay_s=0),
        lambda: inbox.dead_letter(forged, code="c", message="m", hint=""),
    ):
        with pytest.raises(InvalidInput, match="no receipt"):
            use()
    assert sqlite_bus.pending()["refine"] == QueueDepth(in_flight=1)


def test_giving_back_uncounted_leaves_the_attempt(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready()])
    inbox = sqlite_bus.inbox("refine")
    for _ in range(3):
        (delivery,) = inbox.receive(most=1, visibility_s=60)
        assert delivery.attempt == 1
        inbox.give_back(delivery, delay_s=0, spends="nothing")


def test_deliveries_come_oldest_first_when_nothing_failed(sqlite_bus: SqliteBus) -> None:
    events = [ready() for _ in range(25)]
    sqlite_bus.append(events)
    assert drain(sqlite_bus.inbox("refine")) == events


def test_the_log_keeps_everything_in_order(sqlite_bus: SqliteBus) -> None:
    episode = new_run_id()
    events = [ready(episode_id=episode if n % 3 == 0 else "") for n in range(600)]
    sqlite_bus.append(events[:300])
    drain(sqlite_bus.inbox("refine"))
    sqlite_bus.append(events[300:])
    recorded = list(sqlite_bus.scan())
    assert [r.event for r in recorded] == events
    positions = [r.position for r in recorded]
    assert positions == sorted(set(positions))
    of_episode = sqlite_bus.of_episode(episode)
    assert [r.event for r in of_episode] == events[::3]
    assert sqlite_bus.of_episode(episode, after=of_episode[-2].position) == of_episode[-1:]
    assert sqlite_bus.of_episode("unknown") == []


def test_the_log_is_walked_by_type(sqlite_bus: SqliteBus) -> None:
    removed = Event.first("ingest", EpisodeRemoved(), episode_id="e", run_id=new_run_id())
    sqlite_bus.append([ready(), removed, ready()])
    assert [r.event for r in sqlite_bus.scan(types=["EpisodeRemoved"])] == [removed]
    assert len(list(sqlite_bus.scan(types=["EpisodeRemoved", "TranscriptReady"]))) == 3


def test_walking_the_log_holds_no_lock(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready() for _ in range(300)])
    met = 0
    for _ in sqlite_bus.scan():
        met += 1
        if met in (1, 300):
            sqlite_bus.append([ready()])
    assert met == 302


def test_pending_counts_by_consumer(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready() for _ in range(5)])
    inbox = sqlite_bus.inbox("refine")
    delayed, dead_lettered, _held = inbox.receive(most=3, visibility_s=60)
    inbox.give_back(delayed, delay_s=60)
    inbox.dead_letter(dead_lettered, code="c", message="m", hint="")
    pending = sqlite_bus.pending()
    assert pending["refine"] == QueueDepth(waiting=2, in_flight=1, delayed=1, dead=1)
    assert pending["refine"].unfinished == 4
    assert pending["ingest"] == QueueDepth(waiting=1)
    assert pending["search"] == QueueDepth()


def test_claims_of_a_dead_process_can_be_released(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready(), ready()])
    inbox = sqlite_bus.inbox("refine")
    (lost, delayed) = inbox.receive(most=2, visibility_s=3600)
    inbox.give_back(delayed, delay_s=3600)
    assert sqlite_bus.release_claims("refine") == 1
    (again,) = inbox.receive(most=2, visibility_s=60)
    assert (again.event, again.attempt) == (lost.event, 1)
    inbox.acknowledge([lost])
    assert sqlite_bus.pending()["refine"] == QueueDepth(in_flight=1, delayed=1)


def test_a_consumer_that_no_contract_names_is_a_misconfiguration(sqlite_bus: SqliteBus) -> None:
    with pytest.raises(Misconfigured, match="'refinne'"):
        sqlite_bus.inbox("refinne")


def received(inbox: Inbox, pool: ThreadPoolExecutor) -> "Future[Sequence[Delivery]]":
    """Receive on a thread of its own, with more patience than any test has."""
    return pool.submit(inbox.receive, most=1, visibility_s=60, wait_s=FOR_EVER_S)


def test_a_waiting_receiver_is_woken_by_its_own_process(sqlite_bus: SqliteBus) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = received(sqlite_bus.inbox("refine"), pool)
        time.sleep(0.1)  # most likely it waits by now
        sqlite_bus.append([ready()])
        assert len(waiting.result(PATIENCE_S)) == 1


def test_waiting_receivers_return_empty_when_they_are_woken(sqlite_bus: SqliteBus) -> None:
    inboxes = [sqlite_bus.inbox(consumer) for consumer in ("refine", "search")]
    with ThreadPoolExecutor(2) as pool:
        waiting = [received(inbox, pool) for inbox in inboxes]
        deadline = time.monotonic() + PATIENCE_S
        while not all(each.done() for each in waiting):
            assert time.monotonic() < deadline, "they are not woken"
            sqlite_bus.wake()
            time.sleep(0.01)
        assert [each.result() for each in waiting] == [(), ()]


def test_a_waiting_receiver_notices_another_connection(tmp_path: Path) -> None:
    path = tmp_path / "bus.sqlite3"
    with (
        SqliteBus(path, REFINE) as here,
        SqliteBus(path, REFINE) as there,
        ThreadPoolExecutor(1) as pool,
    ):
        waiting = received(here.inbox("refine"), pool)
        time.sleep(0.1)  # most likely it waits by now
        there.append([ready()])
        assert len(waiting.result(PATIENCE_S)) == 1


def test_a_waiting_receiver_sees_a_delay_end(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready()])
    inbox = sqlite_bus.inbox("refine")
    started = time.monotonic()
    inbox.give_back(*inbox.receive(most=1, visibility_s=60), delay_s=0.2)
    with ThreadPoolExecutor(1) as pool:
        assert len(received(inbox, pool).result(PATIENCE_S)) == 1
    assert time.monotonic() - started > 0.15


def test_waiting_ends_empty_handed_in_time(sqlite_bus: SqliteBus) -> None:
    started = time.monotonic()
    assert sqlite_bus.inbox("refine").receive(most=1, visibility_s=60, wait_s=0.2) == ()
    assert time.monotonic() - started > 0.19


def test_what_was_published_survives_closing(tmp_path: Path) -> None:
    event = ready()
    with SqliteBus(tmp_path / "bus.sqlite3", REFINE) as bus:
        bus.append([event])
        bus.inbox("refine").receive(most=1, visibility_s=0)
    with SqliteBus(tmp_path / "bus.sqlite3", REFINE) as bus:
        (delivery,) = bus.inbox("refine").receive(most=1, visibility_s=0)
        assert (delivery.event, delivery.attempt) == (event, 2)


def test_a_file_from_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bus.sqlite3"
    SqliteBus(path, REFINE).close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(Misconfigured, match="newer Everyword") as refused:
        SqliteBus(path, REFINE)
    assert refused.value.hint
    assert refused.value.code == "data_too_new"


def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (id)")
    other.close()
    with pytest.raises(Misconfigured, match="not an Everyword event log"):
        SqliteBus(path, REFINE)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]
    other.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bus.sqlite3"
    path.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(Misconfigured, match="not an Everyword event log, or is damaged"):
        SqliteBus(path, REFINE)


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot write") as refused:
        SqliteBus(tmp_path / "missing" / "bus.sqlite3", REFINE)
    assert "--data" in refused.value.hint


def test_a_folder_in_the_file_s_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot write"):
        SqliteBus(tmp_path, REFINE)


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """Make a folder in which this process may not write, even when it runs as root."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65534)
    yield folder
    if was_root:
        os.seteuid(0)
    folder.rmdir()


def test_a_folder_that_is_not_writable_is_refused(read_only_folder: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot write") as refused:
        SqliteBus(read_only_folder / "bus.sqlite3", REFINE)
    assert refused.value.code == "data_not_writable"


def test_a_file_held_by_somebody_else_is_a_transient_failure(tmp_path: Path) -> None:
    path = tmp_path / "bus.sqlite3"
    with SqliteBus(path, REFINE, busy_timeout_s=0.1) as bus:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(TransientFailure, match="busy"):
            bus.append([ready()])
        holder.execute("ROLLBACK")
        holder.close()
        bus.append([ready()])


def test_a_full_disk_is_a_transient_failure(tmp_path: Path) -> None:
    with SqliteBus(tmp_path / "bus.sqlite3", REFINE) as bus:
        bus.append([ready()])
        with bus._file.write() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(TransientFailure, match="no space left") as refused:
            bus.append([ready() for _ in range(50)])
        assert "free" in refused.value.hint
        db.execute("PRAGMA max_page_count = 1000000")
        assert len(list(bus.scan())) == 1
        bus.append([ready()])


def test_a_long_queue_is_worked_through_in_little_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "everyword_events")  # pytest keeps every line logged
    with SqliteBus(tmp_path / "bus.sqlite3", REFINE) as bus:
        runner = ConsumerRunner(bus.inbox("refine"), bus, lambda _event: ())

        def peak_bytes(episodes: int) -> int:
            for _ in range(episodes // 50):
                bus.append([ready() for _ in range(50)])
            tracemalloc.start()
            while runner.run_once():
                pass
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return peak

        peak_bytes(100)  # what is loaded once
        assert peak_bytes(1_000) < 2 * peak_bytes(100)


OPEN_AT_ONCE = """
import sys, time
from everyword_events import ServiceContract, TranscriptReady
from everyword_events.consumer.runner import ConsumerRunner
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.testing import ready
time.sleep(max(0, float(sys.argv[2]) - time.time()))
with SqliteBus(sys.argv[1], [ServiceContract("refine", consumes=(TranscriptReady,))]) as bus:
    for _ in range(20):
        bus.append([ready()])
    taken = 0
    while deliveries := bus.inbox("refine").receive(most=1, visibility_s=60):
        bus.inbox("refine").acknowledge(deliveries)
        taken += 1
print(taken)
"""


def test_several_processes_make_and_use_one_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bus.sqlite3"
    start = str(time.time() + 1.5)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_AT_ONCE, str(path), start], stdout=subprocess.PIPE
        )
        for _ in range(4)
    ]
    taken = [int(process.communicate(timeout=120)[0]) for process in processes]
    with SqliteBus(path, REFINE) as bus:
        left = len(drain(bus.inbox("refine")))
        assert len(list(bus.scan())) == 80
    assert sum(taken) + left == 80


def test_threads_share_a_bus(tmp_path: Path) -> None:
    taken: list[Event] = []
    with SqliteBus(tmp_path / "bus.sqlite3", REFINE) as bus:

        def work() -> None:
            for _ in range(25):
                bus.append([ready()])
                inbox = bus.inbox("refine")
                deliveries = inbox.receive(most=2, visibility_s=60)
                inbox.acknowledge(deliveries)
                taken.extend(delivery.event for delivery in deliveries)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        taken.extend(drain(bus.inbox("refine")))
        assert event_ids(taken) == event_ids(r.event for r in bus.scan())
    assert len(taken) == 150


# What may happen to a bus with one consumer; the model is the set of what is still to be done.
STEPS = st.lists(
    st.sampled_from(
        ["publish", "receive", "acknowledge", "give_back", "dead_letter", "redrive", "expire"]
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_whatever_happens_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    now = [1000.0]
    path = tmp_path_factory.mktemp("bus") / "bus.sqlite3"
    with SqliteBus(path, REFINE, clock=lambda: now[0]) as bus:
        inbox = bus.inbox("refine")
        published: set[str] = set()
        finished: set[str] = set()
        held = []
        for step in steps:
            if step == "publish":
                event = ready()
                bus.append([event])
                published.add(event.meta.event_id)
            elif step == "receive":
                held += inbox.receive(most=2, visibility_s=60)
            elif step == "expire":
                now[0] += 61
            elif step == "redrive":
                bus.redrive([dead.dead_letter_id for dead in bus.list()])
            elif held:
                delivery = held.pop()
                before = bus.pending()["refine"].unfinished
                if step == "acknowledge":
                    inbox.acknowledge([delivery])
                    if bus.pending()["refine"].unfinished < before:
                        finished.add(delivery.event.meta.event_id)
                elif step == "give_back":
                    inbox.give_back(delivery, delay_s=5)
                else:
                    inbox.dead_letter(delivery, code="c", message="m", hint="")
        dead = {dead.event.meta.event_id for dead in bus.list()}
        now[0] += 1000
        left = {event.meta.event_id for event in drain(inbox)}
        assert finished | dead | left == published
        assert not finished & dead
        assert not finished & left
        assert not dead & left
