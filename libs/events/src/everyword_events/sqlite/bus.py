"""The event log and the bus on one machine, in one SQLite file.

Beyond what `ports` promises for every log and bus:
- `append` is all or nothing: events and their deliveries are one transaction.
- Results and acknowledgements can be committed together (`AtomicInbox`): no crash separates them.
- New work goes before replays, and before what replays caused.
- A power cut may undo a claim, and the attempt it counted; nothing else once committed is lost.
- Visibility and delays follow the machine's wall clock; setting it back makes them longer, by a
  day at most.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from sqlite3 import Connection
from types import TracebackType
from typing import Final, Self

from everyword_events.catalogue import parse_event
from everyword_events.contract import ServiceContract
from everyword_events.dead_letter import read_or_stand_in
from everyword_events.envelope import Event
from everyword_events.errors import Misconfigured
from everyword_events.limits import checked_json
from everyword_events.ports import DeadLetter, Paused, QueueDepth, Recorded
from everyword_events.removal import removal_id
from everyword_events.sqlite.database import SqliteDatabase
from everyword_events.sqlite.inbox import SqliteInbox
from everyword_events.sqlite.opener import Schema

_PAGE: Final = 256

_APPEND: Final = """
INSERT INTO events (event_id, episode_id, type, wire, replay)
SELECT :event_id, :episode_id, :type, :wire,
    :replay OR EXISTS (SELECT 1 FROM events WHERE event_id = :correlation_id AND replay)
WHERE NOT EXISTS (SELECT 1 FROM events WHERE event_id = :removal_id)
ON CONFLICT (event_id) DO NOTHING RETURNING position, replay
"""
_DELIVER: Final = """
INSERT INTO deliveries (consumer, position, replay, visible_at) VALUES (?, ?, ?, ?)
"""
_REDRIVE: Final = """
INSERT INTO deliveries (consumer, position, replay, visible_at, claims)
SELECT consumer, position, replay, ?, claims FROM dead_letters JOIN events USING (position)
WHERE dead_letter_id = ?
"""
_DISCARD: Final = "DELETE FROM dead_letters WHERE dead_letter_id = ?"
_DEAD_LETTERS: Final = """
SELECT dead_letter_id, consumer, attempts, code, message, hint, died_at, event_id, wire
FROM dead_letters JOIN events USING (position)
WHERE ?1 IS NULL OR consumer = ?1 ORDER BY dead_letter_id LIMIT ?2
"""
_RELEASE: Final = """
UPDATE deliveries SET visible_at = ?, attempts = attempts - 1, claims = claims + 1, held = 0
WHERE consumer = ? AND held
"""
_DEPTHS: Final = """
SELECT consumer, sum(visible_at <= ?1), sum(visible_at > ?1 AND held),
    sum(visible_at > ?1 AND NOT held), 0 FROM deliveries GROUP BY consumer
UNION ALL SELECT consumer, 0, 0, 0, count(*) FROM dead_letters GROUP BY consumer
"""
_SAID_OF: Final = "SELECT position FROM events WHERE episode_id = ? AND event_id <> ?"
_ERASE: Final = (
    f"DELETE FROM deliveries WHERE position IN ({_SAID_OF})",  # noqa: S608 - constants only
    f"DELETE FROM dead_letters WHERE position IN ({_SAID_OF})",  # noqa: S608 - constants only
    "DELETE FROM events WHERE episode_id = ? AND event_id <> ?",
)
_PAUSE: Final = """
INSERT INTO paused_consumers VALUES (?, ?, ?, ?, ?)
ON CONFLICT (consumer) DO UPDATE SET
    code = excluded.code, message = excluded.message, hint = excluded.hint
"""


def _sql(name: str) -> str:
    return resources.files("everyword_events.sqlite").joinpath(name).read_text("utf-8")


SCHEMA: Final = Schema(
    name="event log", version=2, script=_sql("schema.sql"), steps={1: _sql("from_1_to_2.sql")}
)


class SqliteBus:
    """EventLog, DeadLetters and ConsumerStates over one file; `inbox(consumer)` gives the queues.

    Every process that appends must name the same `contracts`: they decide who gets an event.
    Threads may share a bus; a process opens its own, after any fork. `busy_timeout_s` is how long
    a call waits for another process's transaction.

    Raises:
        Misconfigured: the file cannot be made or read here, is none, or is newer than we are.
    """

    def __init__(
        self,
        path: Path | str,
        contracts: Sequence[ServiceContract],
        *,
        busy_timeout_s: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = Path(path)
        self._contracts = tuple(contracts)
        self._clock = clock
        self._file = SqliteDatabase(self.path, SCHEMA, busy_timeout_s=busy_timeout_s)

    def append(self, events: Sequence[Event]) -> None:
        """Append and queue all of `events` in one durable transaction.

        Raises:
            InvalidInput: an event is too large.
            TransientFailure: the disk is full, or the file stayed locked.
        """
        if not events:
            return
        texts = [(event, checked_json(event)) for event in events]
        with self._file.write() as db:
            self._append(db, texts)

    def inbox(self, consumer: str) -> SqliteInbox:
        """Return the queue of the service named `consumer`.

        Raises:
            Misconfigured: no contract has that name.
        """
        if consumer not in {contract.service for contract in self._contracts}:
            raise Misconfigured(f"no contract names a consumer {consumer!r}")
        return SqliteInbox(self._file, consumer, log=self, append=self._append, clock=self._clock)

    def get(self, episode_id: str, event_id: str) -> Event | None:
        """Return the event, or None."""
        rows = self._file.read(
            "SELECT wire FROM events WHERE event_id = ? AND episode_id = ?", (event_id, episode_id)
        )
        return parse_event(rows[0][0]) if rows else None

    def of_episode(self, episode_id: str, *, after: int = 0) -> Sequence[Recorded]:
        """Return the episode's events after a position, oldest first."""
        rows = self._file.read(
            "SELECT position, wire FROM events WHERE episode_id = ? AND position > ?"
            " ORDER BY position",
            (episode_id, after),
        )
        return [Recorded(position, parse_event(wire)) for position, wire in rows]

    def journal(self, *, after: int | None = None, limit: int = 100) -> Sequence[Recorded]:
        """Return the newest events of all episodes, or the first ones after a place; in order."""
        if after is None:
            rows = self._file.read(
                "SELECT position, wire FROM events ORDER BY position DESC LIMIT ?", (limit,)
            )[::-1]
        else:
            rows = self._file.read(
                "SELECT position, wire FROM events WHERE position > ? ORDER BY position LIMIT ?",
                (after, limit),
            )
        return [Recorded(position, parse_event(wire)) for position, wire in rows]

    def scan(self, *, types: Sequence[str] = ()) -> Iterator[Recorded]:
        """Walk the log a page at a time; events appended meanwhile are met as well."""
        marks = ", ".join("?" * len(types))
        only = f"AND type IN ({marks})" if types else ""
        query = (
            f"SELECT position, wire FROM events WHERE position > ? {only}"  # noqa: S608 - marks
            f" ORDER BY position LIMIT {_PAGE}"
        )
        after = 0
        while rows := self._file.read(query, (after, *types)):
            for position, wire in rows:
                yield Recorded(position, parse_event(wire))
            after = rows[-1][0]

    def erase(self, episode_id: str) -> None:
        """Delete what was said of a removed episode, its deliveries and dead letters too."""
        removal = removal_id(episode_id)
        if self.get(episode_id, removal) is None:
            return
        with self._file.write() as db:
            for statement in _ERASE:
                db.execute(statement, (episode_id, removal))
        self._file.forget_history()

    def list(self, *, consumer: str | None = None, limit: int = 100) -> Sequence[DeadLetter]:
        """Return up to `limit` dead letters, oldest first."""
        dead_letters = []
        for row in self._file.read(_DEAD_LETTERS, (consumer, limit)):
            dead_letter_id, of, attempts, code, message, hint, died_ms, event_id, wire = row
            died_at = datetime.fromtimestamp(died_ms / 1000, UTC)
            event, _ = read_or_stand_in(wire, message_id=event_id, came_at=died_at)
            dead_letters.append(
                DeadLetter(str(dead_letter_id), event, of, attempts, code, message, hint, died_at)
            )
        return dead_letters

    def redrive(self, dead_letter_ids: Sequence[str]) -> int:
        """Queue the dead letters again with fresh attempts; return how many there were."""
        now = int(self._clock() * 1000)
        with self._file.write() as db:
            found = 0
            for dead_letter_id in dead_letter_ids:
                found += db.execute(_REDRIVE, (now, dead_letter_id)).rowcount
                db.execute(_DISCARD, (dead_letter_id,))
        return found

    def discard(self, dead_letter_ids: Sequence[str]) -> int:
        """Drop the dead letters for good (their events stay in the log); return how many."""
        with self._file.write() as db:
            return sum(
                db.execute(_DISCARD, (dead_letter_id,)).rowcount
                for dead_letter_id in dead_letter_ids
            )

    def pending(self) -> dict[str, QueueDepth]:
        """Return how many deliveries wait, are worked on, are delayed or are dead, by consumer."""
        depths = {contract.service: QueueDepth() for contract in self._contracts}
        for consumer, *counts in self._file.read(_DEPTHS, (int(self._clock() * 1000),)):
            had = depths.get(consumer, QueueDepth())
            depths[consumer] = QueueDepth(
                *(
                    a + b
                    for a, b in zip(
                        (had.waiting, had.in_flight, had.delayed, had.dead), counts, strict=True
                    )
                )
            )
        return depths

    def wake(self) -> None:
        """Let every `receive` that waits in this process return now, empty."""
        self._file.wake()

    def release_claims(self, consumer: str) -> int:
        """Make what `consumer` holds due at once, its attempt not counted; return how many.

        For a start after a crash, when it is certain that no process of that consumer lives:
        it saves waiting for the visibility time-out. That everything was killed is not the
        event's fault; what kills its own worker alone is still counted, by the time-out.
        """
        with self._file.write() as db:
            return db.execute(_RELEASE, (int(self._clock() * 1000), consumer)).rowcount

    def pause(self, consumer: str, why: Paused) -> None:
        """Note that the consumer takes no work; the first note's `since` stays."""
        since_ms = int(why.since.timestamp() * 1000)
        with self._file.write() as db:
            db.execute(_PAUSE, (consumer, why.code, why.message, why.hint, since_ms))

    def resume(self, consumer: str) -> None:
        """Note that it works again."""
        with self._file.write() as db:
            db.execute("DELETE FROM paused_consumers WHERE consumer = ?", (consumer,))

    def paused(self) -> Mapping[str, Paused]:
        """Return the consumers that are paused now, and why."""
        rows = self._file.read("SELECT consumer, code, message, hint, since FROM paused_consumers")
        return {
            consumer: Paused(code, message, hint, datetime.fromtimestamp(since_ms / 1000, UTC))
            for consumer, code, message, hint, since_ms in rows
        }

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _append(self, db: Connection, texts: Sequence[tuple[Event, str]]) -> None:
        """Append what is new and queue it for every consumer whose contract accepts it."""
        now = int(self._clock() * 1000)
        for event, text in texts:
            meta = event.meta
            values = {
                "event_id": meta.event_id,
                "episode_id": meta.episode_id,
                "type": event.type,
                "wire": text,
                "replay": meta.replay is not None,
                "correlation_id": meta.correlation_id,
                "removal_id": removal_id(meta.episode_id),
            }
            row = db.execute(_APPEND, values).fetchone()
            if row is not None:
                for contract in self._contracts:
                    if contract.accepts(event):
                        db.execute(_DELIVER, (contract.service, *row, now))
