"""What becomes of a delivery once its handler ended: see the table in `runner`."""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass

from everyword_events.consumer.log_fields import log_fields
from everyword_events.consumer.retry import RetryPolicy
from everyword_events.envelope import Event
from everyword_events.errors import (
    Conflict,
    EverywordError,
    Interrupted,
    InvalidInput,
    TransientFailure,
)
from everyword_events.ports import AtomicInbox, Delivery, EventLog, Inbox

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done:
    """A delivery whose handler returned, with what it returned."""

    delivery: Delivery
    events: tuple[Event, ...]


class Settlement:
    """Publishes and acknowledges, gives back or dead-letters.

    A bus that does not answer leaves the delivery to its visibility time-out, and a log line: no
    method here raises a TransientFailure.
    """

    def __init__(
        self, inbox: Inbox, log: EventLog, policy: RetryPolicy, draw: random.Random
    ) -> None:
        self._inbox = inbox
        self._log = log
        self._policy = policy
        self._draw = draw
        self._atomic: AtomicInbox | None = None
        if isinstance(inbox, AtomicInbox) and inbox.log is log:
            self._atomic = inbox

    def finish(self, done: Sequence[Done]) -> None:
        """Publish all results, then acknowledge; if that fails, one by one to spare the others."""
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
        """Retry or dead-letter the delivery, by the kind of error."""
        if isinstance(error, Conflict):
            logger.info("done already", extra=log_fields(delivery, "conflict", code=error.code))
            self.finish([Done(delivery, ())])
        elif isinstance(error, Interrupted):
            self.return_unharmed(delivery)
        elif isinstance(error, InvalidInput):
            self.dead_letter(delivery, code=error.code, message=error.message, hint=error.hint)
        elif self._policy.gives_up_after(delivery.attempt):
            code, message, hint = _reason(delivery, error)
            self.dead_letter(delivery, code=code, message=message, hint=hint)
        else:
            self._retry(delivery, error)

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

    def return_unharmed(self, delivery: Delivery) -> None:
        """Give the delivery back at once, its attempt not counted."""
        logger.info("given back unfinished", extra=log_fields(delivery, "given_back"))
        try:
            self._inbox.give_back(delivery, delay_s=0, spends="nothing")
        except TransientFailure as error:
            _left_to_time_out(delivery, error)

    def dead_letter(self, delivery: Delivery, *, code: str, message: str, hint: str) -> None:
        """Move the delivery to the dead letters."""
        logger.error(
            "dead letter", extra=log_fields(delivery, "dead_lettered", code=code, reason=message)
        )
        try:
            self._inbox.dead_letter(delivery, code=code, message=message, hint=hint)
        except TransientFailure as error:
            _left_to_time_out(delivery, error)

    def _retry(self, delivery: Delivery, error: Exception) -> None:
        asked_s = error.retry_after_s if isinstance(error, TransientFailure) else None
        delay_s = self._policy.delay_s(delivery.attempt, asked_s=asked_s, draw=self._draw)
        code, message, _ = _reason(delivery, error)
        fields = log_fields(delivery, "retried", code=code, reason=message, delay_s=delay_s)
        logger.warning("handler failed, trying again later", extra=fields)
        try:
            self._inbox.give_back(delivery, delay_s=delay_s)
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


def _reason(delivery: Delivery, error: Exception) -> tuple[str, str, str]:
    """Return code, message and hint as a person should read them."""
    if isinstance(error, EverywordError):
        return error.code, error.message, error.hint
    return (
        "unexpected_error",
        f"unexpected error in {delivery.consumer}: {type(error).__name__}",
        f"the log holds the traceback, under event {delivery.event.meta.event_id}",
    )


def _left_to_time_out(delivery: Delivery, error: TransientFailure) -> None:
    fields = log_fields(delivery, "left_to_time_out", code=error.code)
    logger.warning("the bus does not answer, delivery left to its time-out", extra=fields)
