"""SQS batches by Lambda, settled by the same code as everywhere.

Lambda deletes what a batch does not report as failed. So: what settlement acknowledged (done, sent
again, dead-lettered) is not reported, and Lambda deletes it; what it gave back or left to its
time-out is reported, and stays as settlement left it.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.shared import ServiceGraph
from everyword_aws.measuring import measured
from everyword_aws.old_runs import without_old_runs
from everyword_aws.settling import settled
from everyword_events import Delivery, EventLog, Handler
from everyword_events.aws.sqs import SqsInbox
from everyword_events.consumer.pause import PauseGate
from everyword_events.consumer.retry import RetryPolicy
from everyword_events.consumer.settlement import Settlement
from everyword_events.ports import ConsumerStates
from everyword_events.removal import guarded


class NotFinished(Exception):
    """The message stays in its queue: given back, or left to its time-out."""


class LambdaInbox(SqsInbox):
    """The queue behind a batch; Lambda deletes for it what it acknowledges."""

    acknowledged: set[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.acknowledged = set()

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Note what Lambda is to delete."""
        self.acknowledged.update(each.receipt.partition(" ")[0] for each in deliveries)


class BatchConsumer:
    """One consumer's handler over the batches of its queue."""

    def __init__(
        self, inbox: LambdaInbox, log: EventLog, handler: Handler, states: ConsumerStates
    ) -> None:
        self._inbox = inbox
        self._handler = handler
        draw = random.Random()  # noqa: S311 - jitter, no secret
        gate = PauseGate(inbox.consumer, states)
        self._settlement = Settlement(inbox, log, RetryPolicy(), draw, gate)
        self._processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

    def handle(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        """Work on a batch; return which messages stay in their queue."""
        self._inbox.acknowledged.clear()
        return process_partial_response(event, self._record, self._processor, context)

    def _record(self, record: SQSRecord) -> None:
        delivery = self._inbox.readable(as_received(record))
        if delivery is not None and not self._settlement.gives_up_on_arrival(delivery):
            settled(delivery, self._handler, self._settlement)
        if record.message_id not in self._inbox.acknowledged:
            raise NotFinished(record.message_id)


def as_received(record: SQSRecord) -> Any:
    """Write a record of Lambda's as `receive_message` would have returned it."""
    raw = record.raw_event
    return {
        "MessageId": raw["messageId"],
        "ReceiptHandle": raw["receiptHandle"],
        "Body": raw["body"],
        "Attributes": raw.get("attributes", {}),
        "MessageAttributes": {
            name: {"StringValue": value.get("stringValue", ""), "DataType": value["dataType"]}
            for name, value in raw.get("messageAttributes", {}).items()
        },
    }


def consumer_of(
    graph: ServiceGraph,
    handler: Handler,
    *,
    consumer: str = "",
    forget: Callable[[str], None] | None = None,
) -> BatchConsumer:
    """Return what works on a queue's batches.

    With `forget` it deletes: under the removal guard, and the files of runs that retention removed.
    """
    work = handler
    if forget is not None:
        work = guarded(without_old_runs(handler, graph.blobs), graph.log, forget)
    inbox = graph.inbox(LambdaInbox, consumer)
    return BatchConsumer(inbox, graph.log, measured(work, inbox.consumer), graph.states)
