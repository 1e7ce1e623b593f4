"""The event log and the bus, as services and compositions see them.

The log comes first and is the truth: a producer appends, and from the log, only from there, events
reach the bus. Promised by every `EventLog`:
- **Durable on return.** What `append` returned for survives a crash of any process.
- **Read your own writes.** It is found by `get` and `of_episode` at once, from any process.
- **One event a name.** An event id is kept once; a second append of it changes nothing.
- **One order an episode.** The positions of an episode's events rise in the order they were
  appended, and never change. Positions of two episodes say nothing of each other.
- **Removal closes an episode.** After its EpisodeRemoved (see `removal`) an append of anything
  else of that episode changes nothing: no late result comes back.

Promised by every bus:
- **At least once.** An appended event reaches every consumer whose contract accepts it, until the
  consumer acknowledges it or it lands in the dead letters with a reason. Nothing is dropped.
- **One holder at a time, mostly.** A delivery that was received is hidden from others until its
  visibility time-out passes. Whoever lets it pass may find the delivery in other hands; both then
  do the work, and the ids of what they emit are the same.
- **Announced.** What a consumer gives up is appended as `DeliveryDeadLettered`, once each.

Not promised: order of deliveries; exactly once (the same event id may be delivered twice, even
when nothing failed); that two consumers see an event at the same time; that a consumer sees what
was appended before its contract was known (a replay brings it).

Methods raise TransientFailure when the bus does not answer and Misconfigured when it never will.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from everyword_events.envelope import Event

Handler = Callable[[Event], Sequence[Event]]
"""A service's use case: takes one event, returns the events it caused (appended, then acked)."""

Spends = Literal["attempt", "retry", "nothing"]
"""What giving a delivery back uses up: one of its few attempts, a retry of many, or nothing."""


@dataclass(frozen=True)
class Delivery:
    """One event handed to one consumer.

    `attempt` counts from 1 what ended in an unexpected error or without an answer; `retries` what
    failed for the time being, since `failing_since`.
    """

    event: Event
    consumer: str
    attempt: int
    receipt: str
    retries: int = 0
    failing_since: datetime | None = None


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
    """An event with its place in the log (rising within its episode, gaps allowed)."""

    position: int
    event: Event


@dataclass(frozen=True)
class Paused:
    """Why a consumer takes no work, and since when; it goes on by itself after the mend."""

    code: str
    message: str
    hint: str
    since: datetime


@dataclass(frozen=True)
class QueueDepth:
    """How many deliveries of one consumer are where."""

    waiting: int = 0
    in_flight: int = 0
    delayed: int = 0
    dead: int = 0

    @property
    def unfinished(self) -> int:
        """Deliveries that will still be worked on without anybody's help."""
        return self.waiting + self.in_flight + self.delayed


class EventLog(Protocol):
    """Every event there is, once, each episode's in one order."""

    def append(self, events: Sequence[Event]) -> None:
        """Append all of `events` durably; what the log has already, or must not have, is left out.

        Raises:
            TransientFailure: some or all were not accepted; append them again.
            InvalidInput: an event is larger than the bus carries.
        """

    def get(self, episode_id: str, event_id: str) -> Event | None:
        """Return the event, or None."""

    def of_episode(self, episode_id: str, *, after: int = 0) -> Sequence[Recorded]:
        """Return the episode's events after a position, oldest first.

        Raises:
            InvalidInput: one was written by a newer program.
        """

    def scan(self, *, types: Sequence[str] = ()) -> Iterator[Recorded]:
        """Walk all events in bounded memory, those of one episode in their order.

        Everything that was durable when the walk began is met, once.
        """

    def erase(self, episode_id: str) -> None:
        """Delete what was said of a removed episode: every event but its EpisodeRemoved.

        Without one nothing happens.
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

    def give_back(self, delivery: Delivery, *, delay_s: float, spends: Spends = "attempt") -> None:
        """Return a delivery to the queue, visible again after `delay_s`."""

    def dead_letter(self, delivery: Delivery, *, code: str, message: str, hint: str) -> None:
        """Move a delivery to the dead letters, and append `DeliveryDeadLettered`."""


@runtime_checkable
class AtomicInbox(Protocol):
    """An inbox whose bus can commit a handler's results and the acknowledgement together."""

    @property
    def log(self) -> EventLog:
        """The log that `append_and_acknowledge` appends to."""

    def append_and_acknowledge(
        self, events: Sequence[Event], deliveries: Sequence[Delivery]
    ) -> None:
        """Append all of `events` and finish all of `deliveries`, or do neither.

        Raises:
            InvalidInput, TransientFailure: as `EventLog.append`.
        """


class DeadLetters(Protocol):
    """What consumers gave up on."""

    def list(self, *, consumer: str | None = None, limit: int = 100) -> Sequence[DeadLetter]:
        """Return dead letters, oldest first."""

    def redrive(self, dead_letter_ids: Sequence[str]) -> int:
        """Queue them again with fresh attempts; return how many were."""

    def discard(self, dead_letter_ids: Sequence[str]) -> int:
        """Drop them for good; return how many were."""


class ConsumerStates(Protocol):
    """Which consumers take no work now, for people and pages to see."""

    def pause(self, consumer: str, why: Paused) -> None:
        """Note that the consumer takes no work; the first note's `since` stays."""

    def resume(self, consumer: str) -> None:
        """Note that it works again."""

    def paused(self) -> Mapping[str, Paused]:
        """Return the consumers that are paused now, and why."""
