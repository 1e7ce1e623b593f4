"""The bus, as services and compositions see it.

Promised by every adapter:
- **At least once.** A published event reaches every consumer whose contract accepts it, until the
  consumer acknowledges it or it lands in the dead letters with a reason. Nothing is dropped.
- **Durable on return.** When `publish` returns, the events survive a crash of any process.
- **One holder at a time, mostly.** A delivery that was received is hidden from others until its
  visibility time-out passes. Whoever lets it pass may find the delivery in other hands; both then
  do the work, and the ids of what they emit are the same.
- **Told.** What a consumer gives up is published as `DeliveryDeadLettered`, once per dead dead.

Not promised: order, of any kind; exactly once (the same event id may be delivered twice, even when
nothing failed); that two consumers see an event at the same time; that a consumer sees what was
published before its contract was known to the publisher (a replay brings it).

Methods raise TransientFailure when the bus does not answer and Misconfigured when it never will.
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

    dead_letter_id: str
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
    """One consumer's queue.

    With a claim that was lost, `acknowledge`, `give_back` and `dead_letter` are no errors;
    whether they still have an effect is each adapter's to say.
    """

    def receive(self, *, most: int, visibility_s: float, wait_s: float = 0) -> Sequence[Delivery]:
        """Take up to `most` deliveries, hidden from other receivers for `visibility_s`.

        With none due, wait up to `wait_s` for one. A message that is no event becomes
        a dead letter at once.
        """

    def extend(self, delivery: Delivery, *, visibility_s: float) -> None:
        """Heartbeat: hide the delivery for `visibility_s` from now.

        Raises:
            Conflict: the claim was lost, as far as the bus can tell.
        """

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Finish deliveries for good."""

    def give_back(self, delivery: Delivery, *, delay_s: float, counts: bool = True) -> None:
        """Return a delivery to the queue, visible again after `delay_s`.

        `counts=False` does not spend an attempt where the bus can tell (shutdown, not failure).
        """

    def dead_letter(self, delivery: Delivery, *, code: str, message: str, hint: str) -> None:
        """Move a delivery to the dead letters, and publish `DeliveryDeadLettered`."""


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

    def redrive(self, dead_letter_ids: Sequence[str]) -> int:
        """Queue them again with fresh attempts; return how many were."""

    def discard(self, dead_letter_ids: Sequence[str]) -> int:
        """Drop them for good; return how many were."""


class Journal(Protocol):
    """Every event ever published, in the order it was recorded."""

    def get(self, event_id: str) -> Event | None:
        """Return the event, or None."""

    def of_episode(self, episode_id: str, *, after: int = 0) -> Sequence[Recorded]:
        """Return the episode's events after a position, oldest first.

        Raises:
            InvalidInput: one was written by a newer program.
        """

    def scan(self, *, types: Sequence[str] = (), after: int = 0) -> Iterator[Recorded]:
        """Walk the journal in order from a position, in bounded memory."""
