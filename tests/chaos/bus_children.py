"""Processes to be killed: `python bus_children.py publisher|refine|captions FOLDER`.

Each says `ready` on stdout once it works, and notes in FOLDER/ROLE.log, a line at a time, every
event whose publication was acknowledged to it, or that it handled.
"""

import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from everyword_events import Event, ServiceContract, TranscriptReady, TranscriptRefined
from everyword_events.consumer.retry import RetryPolicy
from everyword_events.consumer.runner import ConsumerRunner
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.testing import ready, sample

CONTRACTS = (
    ServiceContract("refine", consumes=(TranscriptReady,), emits=(TranscriptRefined,)),
    ServiceContract("captions", consumes=(TranscriptRefined,)),
)
REFINED = sample(TranscriptRefined)
MOST_UNFINISHED = 500
"""More would only be worked off afterwards, the longer the slower the machine starts processes."""


class Notes:
    """Lines that survive kill -9: one write each, straight to the system."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def add(self, events: Sequence[Event]) -> None:
        os.write(self._file, "".join(f"{event.meta.event_id}\n" for event in events).encode())


def publish(bus: SqliteBus, notes: Notes) -> None:
    """Publish one to three events at a time, noting them when the bus says they are safe."""
    for number in range(10**9):
        while sum(depth.unfinished for depth in bus.pending().values()) > MOST_UNFINISHED:
            time.sleep(0.01)
        events = [ready() for _ in range(1 + number % 3)]
        bus.append(events)
        notes.add(events)
        time.sleep(0.002)


def consume(bus: SqliteBus, notes: Notes, consumer: str) -> None:
    """Handle events for ever, noting each before its result is published."""

    def handle(event: Event) -> Sequence[Event]:
        time.sleep(0.0005)
        notes.add([event])
        return [event.causes(consumer, REFINED)] if consumer == "refine" else ()

    policy = RetryPolicy(max_attempts=1000)
    runner = ConsumerRunner(bus.inbox(consumer), bus, handle, policy, visibility_s=0.5, threads=2)
    runner.run_forever(threading.Event())


def main(role: str, folder: Path) -> None:
    bus = SqliteBus(folder / "bus.sqlite3", CONTRACTS)
    notes = Notes(folder / f"{role}.log")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if role == "publisher":
        publish(bus, notes)
    else:
        consume(bus, notes, role)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
