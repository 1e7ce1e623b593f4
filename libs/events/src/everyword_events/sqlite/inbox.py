"""One consumer's deliveries in the SQLite bus: claimed, extended, settled.

A claim is lost when its visibility time-out passes and somebody else takes the delivery. From then
on its receipt is worth nothing: `extend` raises Conflict; `acknowledge`, `give_back` and
`dead_letter` do nothing, because the new holder decides. While nobody took it, the old receipt
still works. What is no receipt at all is InvalidInput.
"""

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import Final

from everyword_events.consumer.log_fields import log_dead_letter
from everyword_events.dead_letter import dead_lettered, read_or_stand_in, shortened
from everyword_events.envelope import Event
from everyword_events.errors import Conflict, InvalidInput
from everyword_events.limits import checked_json
from everyword_events.ports import Delivery, EventLog, Spends
from everyword_events.sqlite.database import SqliteDatabase

Append = Callable[[Connection, Sequence[tuple[Event, str]]], None]
"""Appends events (with their JSON) and queues their deliveries, inside a transaction."""
_RECEIPT: Final = re.compile(r"(\d{1,18})\.(\d{1,18})\.(\d{1,18})", re.ASCII)

_ANY_DUE: Final = "SELECT 1 FROM deliveries WHERE consumer = ? AND visible_at <= ? LIMIT 1"
_NEXT_DUE: Final = """
SELECT (SELECT min(visible_at) FROM deliveries WHERE consumer = ?1),
    (SELECT max(visible_at) FROM deliveries WHERE consumer = ?1)
"""
_CLOCK_WENT_BACK: Final = """
UPDATE deliveries SET visible_at = :now WHERE consumer = :consumer AND visible_at > :latest
"""
_MOST_DELAY_MS: Final = 24 * 3600 * 1000
"""Nothing is hidden for so long: what is was dated by a clock that ran ahead."""
_CLAIM: Final = """
UPDATE deliveries
SET visible_at = :until, attempts = attempts + 1, claims = claims + 1, held = 1
WHERE consumer = :consumer AND (replay, position) IN (
    SELECT replay, position FROM deliveries WHERE consumer = :consumer AND visible_at <= :now
    ORDER BY replay, position LIMIT :most
)
RETURNING replay, position, claims, attempts, retries, failing_since,
    (SELECT wire FROM events WHERE events.position = deliveries.position)
"""
_MINE: Final = "consumer = ? AND replay = ? AND position = ? AND claims = ? AND held"
_EXTEND: Final = f"UPDATE deliveries SET visible_at = ? WHERE {_MINE}"  # noqa: S608 - constants
_ACKNOWLEDGE: Final = f"DELETE FROM deliveries WHERE {_MINE}"  # noqa: S608 - constants
_GIVE_BACK: Final = f"""
UPDATE deliveries SET visible_at = ?, attempts = attempts - ?, retries = retries + ?,
    failing_since = coalesce(failing_since, ?), claims = claims + 1, held = 0
WHERE {_MINE}
"""  # noqa: S608 - constants
_DEAD_LETTER: Final = f"""
INSERT INTO dead_letters (consumer, position, attempts, claims, code, message, hint, died_at)
SELECT consumer, position, attempts, claims, ?, ?, ?, ? FROM deliveries WHERE {_MINE}
RETURNING dead_letter_id
"""  # noqa: S608 - constants


class SqliteInbox:
    """An `AtomicInbox` over the bus's file. Threads may share it."""

    def __init__(
        self,
        file: SqliteDatabase,
        consumer: str,
        *,
        log: EventLog,
        append: Append,
        clock: Callable[[], float],
    ) -> None:
        self.consumer = consumer
        self.log = log
        self._file = file
        self._append = append
        self._clock = clock

    def receive(self, *, most: int, visibility_s: float, wait_s: float = 0) -> Sequence[Delivery]:
        """Claim up to `most` deliveries, oldest event first.

        Idle waiting costs a look at a shared counter every 50 ms, and no write. `SqliteBus.wake`
        ends it.
        """
        deadline = time.monotonic() + wait_s
        wakes = self._file.wakes
        while True:
            seen = self._file.version()
            due_in_s = self._due_in_s()
            if due_in_s == 0:
                claimed = self._claim(most, visibility_s)
                if claimed:
                    return claimed
                due_in_s = 0
            left_s = deadline - time.monotonic()
            if left_s <= 0 or self._file.wakes != wakes:
                return ()
            self._file.wait_for_change(seen, left_s if due_in_s is None else min(left_s, due_in_s))

    def extend(self, delivery: Delivery, *, visibility_s: float) -> None:
        """Hide the delivery for `visibility_s` from now.

        Raises:
            Conflict: the claim was lost.
        """
        with self._file.write(durable=False) as db:
            changed = db.execute(_EXTEND, (self._in_ms(visibility_s), *_claim_of(delivery)))
            if not changed.rowcount:
                raise Conflict(
                    f"{delivery.consumer} no longer holds event {delivery.event.meta.event_id}",
                    code="claim_lost",
                )

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Finish all of `deliveries` in one transaction."""
        self.append_and_acknowledge((), deliveries)

    def append_and_acknowledge(
        self, events: Sequence[Event], deliveries: Sequence[Delivery]
    ) -> None:
        """Append `events` and finish `deliveries` in one transaction, or neither.

        Raises:
            InvalidInput: an event is too large.
        """
        texts = [(event, checked_json(event)) for event in events]
        with self._file.write() as db:
            self._append(db, texts)
            db.executemany(_ACKNOWLEDGE, map(_claim_of, deliveries))

    def give_back(self, delivery: Delivery, *, delay_s: float, spends: Spends = "attempt") -> None:
        """Return the delivery, visible again after `delay_s`."""
        retried = spends == "retry"
        values = (
            self._in_ms(delay_s),
            spends != "attempt",
            retried,
            self._in_ms(0) if retried else None,
        )
        with self._file.write() as db:
            db.execute(_GIVE_BACK, (*values, *_claim_of(delivery)))

    def dead_letter(self, delivery: Delivery, *, code: str, message: str, hint: str) -> None:
        """Move the delivery to the dead letters and append `DeliveryDeadLettered`, in one go."""
        claim = _claim_of(delivery)
        with self._file.write() as db:
            dead = db.execute(
                _DEAD_LETTER, (code, shortened(message), shortened(hint), self._in_ms(0), *claim)
            ).fetchone()
            if dead is None:
                return
            db.execute(_ACKNOWLEDGE, claim)
            news = dead_lettered(
                delivery, code=code, message=message, hint=hint, number=str(dead[0])
            )
            self._append(db, [(event, checked_json(event)) for event in news])

    def _due_in_s(self) -> float | None:
        """Return seconds until the next delivery is due (0: now), or None without any."""
        now = self._in_ms(0)
        if self._file.read(_ANY_DUE, (self.consumer, now)):
            return 0.0
        next_at, last_at = self._file.read(_NEXT_DUE, (self.consumer,))[0]
        if next_at is None:
            return None
        latest = now + _MOST_DELAY_MS
        if last_at > latest:
            with self._file.write() as db:
                db.execute(
                    _CLOCK_WENT_BACK, {"consumer": self.consumer, "now": now, "latest": latest}
                )
            return 0.0
        return max(0.0, float(next_at - now) / 1000)

    def _claim(self, most: int, visibility_s: float) -> list[Delivery]:
        values = {
            "consumer": self.consumer,
            "now": self._in_ms(0),
            "until": self._in_ms(visibility_s),
            "most": most,
        }
        with self._file.write(durable=False) as db:
            rows = db.execute(_CLAIM, values).fetchall()
        rows.sort()
        return [delivery for row in rows if (delivery := self._readable(row)) is not None]

    def _readable(self, row: tuple[int, int, int, int, int, int | None, str]) -> Delivery | None:
        """Return the claimed row as a delivery; dead-letter one that this program cannot read."""
        replay, position, claims, attempt, retries, failing_ms, wire = row
        event, reason = read_or_stand_in(
            wire, message_id=f"position-{position}", came_at=datetime.now(UTC)
        )
        failing_since = None
        if failing_ms is not None:
            failing_since = datetime.fromtimestamp(failing_ms / 1000, UTC)
        receipt = f"{replay}.{position}.{claims}"
        delivery = Delivery(event, self.consumer, attempt, receipt, retries, failing_since)
        if reason is None:
            return delivery
        log_dead_letter(delivery, code=reason.code, reason=reason.message)
        self.dead_letter(delivery, code=reason.code, message=reason.message, hint=reason.hint)
        return None

    def _in_ms(self, delay_s: float) -> int:
        return int((self._clock() + delay_s) * 1000)


def _claim_of(delivery: Delivery) -> tuple[str, int, int, int]:
    numbers = _RECEIPT.fullmatch(delivery.receipt)
    if numbers is None:
        raise InvalidInput("that is no receipt of this bus", code="receipt_invalid")
    replay, position, claims = map(int, numbers.groups())
    return delivery.consumer, replay, position, claims
