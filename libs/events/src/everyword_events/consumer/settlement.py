"""What becomes of a delivery once its handler ended: `retry` decides, this carries it out."""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from everyword_events.consumer.log_fields import log_dead_letter, log_fields
from everyword_events.consumer.pause import PauseGate
from everyword_events.consumer.retry import (
    Finish,
    GiveBack,
    GiveUp,
    Pause,
    RetryPolicy,
    TryLater,
    reason_of,
)
from everyword_events.envelope import Event
from everyword_events.errors import EverywordError, TransientFailure
from everyword_events.ports import AtomicInbox, Delivery, EventLog, Inbox

logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Done:
    """A delivery whose handler returned, with what it returned."""

    delivery: Delivery
    events: tuple[Event, ...]


class Settlement:
    """Appends and acknowledges, gives back, dead-letters or pauses.

    A bus that does not answer leaves the delivery to its visibility time-out, and a log line: no
    method here raises a TransientFailure.
    """

    def __init__(
        self,
        inbox: Inbox,
        log: EventLog,
        policy: RetryPolicy,
        draw: random.Random,
        gate: PauseGate,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._inbox = inbox
        self._log = log
        self._policy = policy
        self._draw = draw
        self._gate = gate
        self._clock = clock
        self._atomic: AtomicInbox | None = None
        if isinstance(inbox, AtomicInbox) and inbox.log is log:
            self._atomic = inbox

    def finish(self, done: Sequence[Done]) -> None:
        """Append all results, then acknowledge; if that fails, one by one to spare the others."""
        if not done:
            return
        try:
            self._append_and_acknowledge(done)
        except EverywordError as error:
            if len(done) == 1:
                self.fail(done[0].delivery, error)
            else:
                for one in done:
                    self.finish([one])

    def fail(self, delivery: Delivery, error: Exception) -> None:
        """Do with the delivery what the retry policy decides."""
        decision = self._policy.decide(delivery, error, now=self._clock(), draw=self._draw)
        match decision:
            case Finish():
                logger.info("done already", extra=log_fields(delivery, "conflict"))
                self.finish([Done(delivery, ())])
            case GiveBack():
                self.return_unharmed(delivery)
            case TryLater():
                self._retry(delivery, error, decision)
            case GiveUp(code=code, message=message, hint=hint):
                self.dead_letter(delivery, code=code, message=message, hint=hint)
            case Pause():
                self._gate.close(decision, at=self._clock())
                self.return_unharmed(delivery, delay_s=self._gate.trial_in_s)

    def gives_up_on_arrival(self, delivery: Delivery) -> bool:
        """Dead-letter a delivery whose attempts all ended unanswered; tell whether it was one."""
        answered = delivery.attempt <= self._policy.max_attempts
        if not answered:
            self.dead_letter(
                delivery,
                code="no_answer",
                message=f"{delivery.attempt - 1} attempts ended without an answer: "
                f"{delivery.consumer} crashed, was killed or lost its claim",
                hint="look for crashes and memory in the log, then redrive it",
            )
        return not answered

    def return_unharmed(self, delivery: Delivery, *, delay_s: float = 0.0) -> None:
        """Give the delivery back, its attempt not counted."""
        logger.info("given back unfinished", extra=log_fields(delivery, "given_back"))
        try:
            self._inbox.give_back(delivery, delay_s=delay_s, spends="nothing")
        except TransientFailure as error:
            _left_to_time_out(delivery, error)

    def dead_letter(self, delivery: Delivery, *, code: str, message: str, hint: str) -> None:
        """Move the delivery to the dead letters."""
        log_dead_letter(delivery, code=code, reason=message)
        try:
            self._inbox.dead_letter(delivery, code=code, message=message, hint=hint)
        except TransientFailure as error:
            _left_to_time_out(delivery, error)

    def _retry(self, delivery: Delivery, error: Exception, decision: TryLater) -> None:
        code, message, _ = reason_of(delivery, error)
        delay_s = decision.delay_s
        fields = log_fields(delivery, "retried", code=code, reason=message, delay_s=delay_s)
        logger.warning("handler failed, trying again later", extra=fields)
        try:
            self._inbox.give_back(
                delivery,
                delay_s=delay_s,
                spends="attempt" if decision.spends_attempt else "retry",
            )
        except TransientFailure as trouble:
            _left_to_time_out(delivery, trouble)

    def _append_and_acknowledge(self, done: Sequence[Done]) -> None:
        events = [event for one in done for event in one.events]
        deliveries = [one.delivery for one in done]
        if self._atomic is not None:
            self._atomic.append_and_acknowledge(events, deliveries)
        else:
            self._log.append(events)
            self._inbox.acknowledge(deliveries)


def _left_to_time_out(delivery: Delivery, error: TransientFailure) -> None:
    fields = log_fields(delivery, "left_to_time_out", code=error.code)
    logger.warning("the bus does not answer, delivery left to its time-out", extra=fields)
