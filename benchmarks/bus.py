"""The local bus against the disk it lies on: `python benchmarks/bus.py [--events N] [--runs N]`.

The yardstick is SQLite's own durable commit rate: one small row per transaction, write-ahead log,
synchronous=FULL, the same folder. All rows are measured in turn in every run, so that a change of
the machine's mood meets them all; the table gives medians, and the median of the runs' ratios.

"To the end" is the whole path of an event: published, delivered by the runner to a handler that
returns one event, that event published, the delivery acknowledged. Each is one event here, though
two were journalled.
"""

import argparse
import gc
import logging
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from everyword_events import Event, ServiceContract, TranscriptReady, TranscriptRefined
from everyword_events.consumer.runner import ConsumerRunner
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.testing import ready, sample

CONTRACTS = (
    ServiceContract("refine", consumes=(TranscriptReady,), emits=(TranscriptRefined,)),
    ServiceContract("captions", consumes=(TranscriptRefined,)),
)
REFINED = sample(TranscriptRefined)
Rate = Callable[[Path, int], float]


def raw_commits(folder: Path, events: int) -> float:
    """Return durable commits of one small row, per second."""
    database = sqlite3.connect(folder / "raw.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT)")
    started = time.perf_counter()
    for _ in range(events):
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO row (text) VALUES ('small')")
        database.execute("COMMIT")
    taken_s = time.perf_counter() - started
    database.close()
    return events / taken_s


def publishing(at_a_time: int) -> Rate:
    """Measure events published per second, `at_a_time` to a transaction."""

    def rate(folder: Path, events: int) -> float:
        with SqliteBus(folder / "bus.sqlite3", CONTRACTS) as bus:
            return events / publish_all(bus, events, at_a_time)

    return rate


def to_the_end(at_a_time: int) -> Rate:
    """Measure events published, handled, answered and acknowledged per second."""

    def rate(folder: Path, events: int) -> float:
        with SqliteBus(folder / "bus.sqlite3", CONTRACTS) as bus:
            published_s = publish_all(bus, events, at_a_time)
            started = time.perf_counter()
            run_to_the_end(bus, events)
            return events / (published_s + time.perf_counter() - started)

    return rate


def publish_all(bus: SqliteBus, events: int, at_a_time: int) -> float:
    """Publish new events, made beforehand; return the seconds it took."""
    made = [ready() for _ in range(events)]
    started = time.perf_counter()
    for first in range(0, events, at_a_time):
        bus.append(made[first : first + at_a_time])
    return time.perf_counter() - started


def run_to_the_end(bus: SqliteBus, events: int) -> None:
    """Let a runner of one thread, with its defaults, work through `events` queued ones."""
    stop = threading.Event()
    handled = 0

    def answer(event: Event) -> Sequence[Event]:
        nonlocal handled
        handled += 1
        if handled == events:
            stop.set()
        return [event.causes("refine", REFINED)]

    ConsumerRunner(bus.inbox("refine"), bus, answer).run_forever(stop)
    assert bus.pending()["refine"].unfinished == 0


ROWS: tuple[tuple[str, Rate], ...] = (
    ("raw SQLite, one small row a commit", raw_commits),
    ("published, one event a commit", publishing(1)),
    ("published, 50 events a commit", publishing(50)),
    ("published one by one, to the end", to_the_end(1)),
    ("published 50 by 50, to the end", to_the_end(50)),
)


def memory_of_queued(folder: Path, episodes: int) -> tuple[float, float]:
    """Return resident MiB before, and the most while a runner works through `episodes` queued."""
    with SqliteBus(folder / "bus.sqlite3", CONTRACTS) as bus:
        publish_all(bus, 200, 50)
        run_to_the_end(bus, 200)
        for _ in range(episodes // 50):
            publish_all(bus, 50, 50)
        gc.collect()
        before_mib = most_mib = resident_mib()
        done = threading.Event()

        def watch() -> None:
            nonlocal most_mib
            while not done.wait(0.01):
                most_mib = max(most_mib, resident_mib())

        watcher = threading.Thread(target=watch)
        watcher.start()
        run_to_the_end(bus, episodes // 50 * 50)
        done.set()
        watcher.join()
        return before_mib, most_mib


def resident_mib() -> float:
    """Return this process's resident memory."""
    return float(psutil.Process().memory_info().rss) / 2**20


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=None, help="where the files are made")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)

    rates: dict[str, list[float]] = {name: [] for name, _ in ROWS}
    for _ in range(options.runs):
        for name, rate in ROWS:
            with tempfile.TemporaryDirectory(dir=options.folder) as folder:
                rates[name].append(rate(Path(folder), options.events))
    raw = rates[ROWS[0][0]]
    print(f"{'':<38}{'per second':>12}{'of raw':>9}   lowest - highest of raw")
    for name, values in rates.items():
        ratios = [value / yardstick for value, yardstick in zip(values, raw, strict=True)]
        print(
            f"{name:<38}{statistics.median(values):>12,.0f}{statistics.median(ratios):>9.2f}"
            f"   {min(ratios):.2f} - {max(ratios):.2f}"
        )
    for episodes in (1_000, 10_000):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            before, most = memory_of_queued(Path(folder), episodes)
        print(f"{episodes:>6,} queued episodes: {before:.1f} MiB before, {most:.1f} MiB at most")


if __name__ == "__main__":
    main()
