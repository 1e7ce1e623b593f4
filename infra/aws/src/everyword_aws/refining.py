"""Refinement as a durable execution: one per event, whatever Lambda's 15 minutes.

The dispatcher starts an execution named after the event, so that a duplicate of it starts nothing.
The execution's steps are attempts: each goes on where the one before it stopped, because every
reply a language model was paid for lies in the bucket. Between attempts the execution waits,
without cost, as long as the retry policy says. Steps return decisions, never transcripts.
"""

import json
import random
from collections.abc import Sequence
from typing import Any, Final

from aws_durable_execution_sdk_python import DurableContext
from aws_durable_execution_sdk_python.config import Duration
from pydantic import AwareDatetime, BaseModel

from everyword_aws.settling import settled
from everyword_events import Delivery, EventLog, Handler, TransientFailure
from everyword_events.aws.sqs import SqsInbox
from everyword_events.catalogue import parse_event
from everyword_events.consumer.pause import PauseGate
from everyword_events.consumer.retry import RetryPolicy
from everyword_events.consumer.settlement import Settlement, utc_now
from everyword_events.ports import ConsumerStates, Spends

PAUSED_S: Final = 60.0
"""So long is waited for a mend of what is misconfigured."""
MOST_ATTEMPTS: Final = 200
"""More than any retry policy makes; a bound, so that no execution goes on for ever."""


class Counts(BaseModel):
    """What was spent on an event so far."""

    attempt: int = 1
    retries: int = 0
    failing_since: AwareDatetime | None = None


class AttemptResult(BaseModel):
    """How an attempt ended: done, or to be tried again after `delay_s`."""

    done: bool
    delay_s: int = 0
    counts: Counts = Counts()


class DurableInbox(SqsInbox):
    """A delivery that an execution holds instead of a queue: giving it back is a decision."""

    def __init__(self, inbox: SqsInbox) -> None:
        self.__dict__.update(inbox.__dict__)
        self.outcome = AttemptResult(done=False)

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:  # noqa: ARG002 - the port's
        """Note that the event is dealt with."""
        self.outcome = AttemptResult(done=True)

    def give_back(self, delivery: Delivery, *, delay_s: float, spends: Spends = "attempt") -> None:
        """Note when to try again, and what this attempt used up."""
        counts = Counts(
            attempt=delivery.attempt + (spends == "attempt"),
            retries=delivery.retries + (spends == "retry"),
            failing_since=delivery.failing_since or (spends == "retry" and utc_now()) or None,
        )
        least_s = PAUSED_S if spends == "nothing" else 1.0
        self.outcome = AttemptResult(
            done=False, delay_s=round(max(least_s, delay_s)), counts=counts
        )


class Refining:
    """What the durable function does with one event."""

    def __init__(
        self,
        handler: Handler,
        log: EventLog,
        inbox: SqsInbox,
        states: ConsumerStates | None = None,
    ) -> None:
        self._states = states
        self._handler = handler
        self._log = log
        self._inbox = inbox

    def run(self, event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
        """Attempt until the event is dealt with: handled, or dead-lettered with its reason."""
        counts = Counts()
        for number in range(1, MOST_ATTEMPTS + 1):
            step = self._step(event, counts)
            ended = AttemptResult.model_validate(context.step(step, name=f"attempt-{number}"))
            if ended.done:
                return {"attempts": number}
            context.wait(Duration.from_seconds(ended.delay_s), name=f"before-{number + 1}")
            counts = ended.counts
        raise TransientFailure(f"not done after {MOST_ATTEMPTS} attempts", code="attempts_endless")

    def _step(self, event: dict[str, Any], counts: Counts) -> Any:
        return lambda _: self.attempt(event, counts).model_dump(mode="json")

    def attempt(self, event: dict[str, Any], counts: Counts) -> AttemptResult:
        """Handle the event once and settle it, as a consumer of a queue would."""
        inbox = DurableInbox(self._inbox)
        gate = PauseGate(inbox.consumer, self._states)
        draw = random.Random()  # noqa: S311 - jitter, no secret
        settlement = Settlement(inbox, self._log, RetryPolicy(), draw, gate)
        parsed = parse_event(json.dumps(event))
        delivery = Delivery(
            event=parsed,
            consumer=inbox.consumer,
            attempt=counts.attempt,
            receipt=f"durable-{parsed.meta.event_id} -",
            retries=counts.retries,
            failing_since=counts.failing_since,
        )
        settled(delivery, self._handler, settlement)
        return inbox.outcome
