"""The bus, as services and compositions see it.

Promised by every adapter:
- **At least once.** A published event reaches every consumer whose contract accepts it, until the
  consumer acknowledges it or it lands in the dead letters with a reason. Nothing is dropped.
- **Durable on return.** When `publish` returns, the events survive a crash of any process.
- **Idempotent publishing is the consumer's business.** The same event id may be delivered twice.

Not promised: order, of any kind; that two consumers see an event at the same time; exactly once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from everyword_events.envelope import Event

Handler = Callable[[Event], Sequence[Event]]
"""A service's use case: takes one event, returns the events it caused (published, then acked)."""


@dataclass(frozen=True)
class Delivery:
    """One event handed to one consumer; `attempt` counts from 1."""

    event: Event
    consumer: str
    attempt: int
    receipt: str


@dataclass(frozen=True)
class DeadLetter:
    """An event a consumer gave up on, with the reason."""

    letter_id: str
    event: Event
    consumer: str
    attempts: int
    code: str
    message: str
    hint: str
    died_at: datetime


@dataclass(frozen=True)
class Recorded:
    """An event with its place in the journal (rising, gaps allowed)."""

    position: int
    event: Event


class EventPublisher(Protocol):
    """Puts events on the bus."""

    def publish(self, events: Sequence[Event]) -> None:
        """Publish all of `events` durably.

        Raises:
            TransientFailure: some or all were not accepted; publish them again.
            InvalidInput: an event is larger than the bus carries.
        """


class Inbox(Protocol):
    """One consumer's queue."""

    def receive(self, *, most: int, visibility_s: float, wait_s: float = 0) -> Sequence[Delivery]:
        """Take up to `most` deliveries, hidden from other receivers for `visibility_s`."""

    def extend(self, delivery: Delivery, *, visibility_s: float) -> None:
        """Heartbeat: hide the delivery for `visibility_s` from now."""

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Finish deliveries for good."""

    def give_back(self, delivery: Delivery, *, delay_s: float, counts: bool = True) -> None:
        """Return a delivery to the queue, visible again after `delay_s`.

        `counts=False` does not spend an attempt where the bus can tell (shutdown, not failure).
        """

    def bury(self, delivery: Delivery, *, code: str, message: str, hint: str) -> None:
        """Move a delivery to the dead letters."""


@runtime_checkable
class AtomicInbox(Protocol):
    """An inbox whose bus can commit a handler's results and the acknowledgement together."""

    @property
    def publisher(self) -> EventPublisher:
        """The publisher that `publish_and_acknowledge` publishes to."""

    def publish_and_acknowledge(
        self, events: Sequence[Event], deliveries: Sequence[Delivery]
    ) -> None:
        """Publish all of `events` and finish all of `deliveries`, or do neither.

        Raises:
            InvalidInput, TransientFailure: as `EventPublisher.publish`.
        """


class DeadLetters(Protocol):
    """What consumers gave up on."""

    def list(self, *, consumer: str | None = None, limit: int = 100) -> Sequence[DeadLetter]:
        """Return dead letters, oldest first."""

    def redrive(self, letter_ids: Sequence[str]) -> int:
        """Queue them again with fresh attempts; return how many were."""

    def discard(self, letter_ids: Sequence[str]) -> int:
        """Drop them for good; return how many were."""


class Journal(Protocol):
    """Every event ever published, in the order it was recorded."""

    def get(self, event_id: str) -> Event | None:
        """Return the event, or None."""

    def of_episode(self, episode_id: str, *, after: int = 0) -> Sequence[Recorded]:
        """Return the episode's events after a position, oldest first."""

    def scan(self, *, types: Sequence[str] = (), after: int = 0) -> Iterator[Recorded]:
        """Walk the journal in order from a position, in bounded memory."""
