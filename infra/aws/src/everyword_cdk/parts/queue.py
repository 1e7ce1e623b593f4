"""A consumer's queue: filled by a rule on the bus that its contract wrote."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from everyword_cdk.names import Names
from everyword_cdk.parts.alarms import Alarms
from everyword_events import RunsRemoved, ServiceContract

DELIVERY_RETRIES = 185
DELIVERY_AGE = Duration.hours(24)
KEPT = Duration.days(14)
MOST_RECEIVES = 1000
"""Settlement decides when to give up, with a reason; SQS's own count only ends what crashes."""

FEW_RECEIVES = 5
"""Where no settlement decides: what fails so often is a dead letter."""


class WorkQueue(Construct):
    """An SQS queue with its dead-letter queue; both are watched."""

    def __init__(
        self,
        scope: Construct,
        consumer: str,
        names: Names,
        alarms: Alarms,
        *,
        visibility: Duration,
        most_wait: Duration,
        most_receives: int = MOST_RECEIVES,
    ) -> None:
        super().__init__(scope, f"Queue-{consumer}")
        self.consumer = consumer
        self._alarms = alarms
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            queue_name=names.dead_letters(consumer),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=KEPT,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=names.queue(consumer),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=KEPT,
            visibility_timeout=visibility,
            receive_message_wait_time=Duration.seconds(20),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=most_receives
            ),
        )
        alarms.dead_letters(self.dead_letters, consumer)
        alarms.waiting(self.queue, consumer, most=most_wait)

    def fill(self, bus: events.IEventBus | None, pattern: Mapping[str, Any]) -> None:
        """Deliver what `pattern` matches here; None is the account's default bus, S3's own."""
        rule = events.Rule(
            self,
            "Rule",
            event_bus=bus,
            event_pattern=events.EventPattern(source=["overridden below"]),
            targets=[
                targets.SqsQueue(
                    self.queue,
                    dead_letter_queue=self.dead_letters,
                    retry_attempts=DELIVERY_RETRIES,
                    max_event_age=DELIVERY_AGE,
                )
            ],
        )
        raw = rule.node.default_child
        assert isinstance(raw, events.CfnRule)
        raw.event_pattern = dict(pattern)

    def subscribe(
        self, bus: events.IEventBus, contract: ServiceContract, *, holds_runs: bool = False
    ) -> None:
        """Deliver what a contract consumes here, and tell when its consumer pauses.

        A service that `holds_runs` in a bucket of its own also hears which of them are to go.
        """
        if holds_runs:
            contract = replace(contract, consumes=(*contract.consumes, RunsRemoved))
        self.fill(bus, contract.event_pattern())
        self._alarms.paused(self.consumer)
