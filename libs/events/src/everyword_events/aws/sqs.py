"""One consumer's SQS queue, filled by its EventBridge rule, and its dead-letter queue.

What SQS does and the SQLite bus does not: times are whole seconds (rounded up here); a message may
be delivered twice even when nothing failed; whoever lost a claim may still delete the
message, and learns of the loss only sometimes; 12 hours are the longest a message can be held in
all. The attempt is SQS's ApproximateReceiveCount and what was spent before the message was sent
anew.
"""

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from everyword_events.aws.errors import error_code, translated
from everyword_events.consumer.log_fields import log_dead_letter
from everyword_events.dead_letter import Unreadable, dead_lettered, read_or_stand_in, shortened
from everyword_events.envelope import Event
from everyword_events.errors import Conflict, TransientFailure
from everyword_events.ports import Delivery, EventLog, Spends

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MOST_MESSAGES: Final = 10
LONGEST_POLL_S: Final = 20
LONGEST_VISIBILITY_S: Final = 43_200
LONGEST_DELAY_S: Final = 900
COUNTS_ATTRIBUTE: Final = "EverywordCounts"
REASON_ATTRIBUTE: Final = "EverywordDeadLetter"
_CLAIM_LOST: Final = ("MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue")


class SqsInbox:
    """An Inbox over one queue; `log` gets the announcements of dead letters.

    `most` above 10 receives 10. Threads may share it, as boto3's clients may be.
    """

    def __init__(
        self,
        client: "SQSClient",
        queue_url: str,
        consumer: str,
        *,
        dead_letter_url: str,
        log: EventLog | None = None,
    ) -> None:
        self.consumer = consumer
        self._client = client
        self._queue_url = queue_url
        self._dead_letter_url = dead_letter_url
        self._log = log

    def receive(self, *, most: int, visibility_s: float, wait_s: float = 0) -> Sequence[Delivery]:
        """Receive up to `most` messages; one that is no event goes to the dead letters at once."""
        with translated(f"receive from the queue of {self.consumer}"):
            reply = self._client.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=min(most, MOST_MESSAGES),
                VisibilityTimeout=whole_seconds(visibility_s),
                WaitTimeSeconds=min(LONGEST_POLL_S, math.ceil(wait_s)),
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
                MessageAttributeNames=[COUNTS_ATTRIBUTE],
            )
        deliveries = (self.readable(message) for message in reply.get("Messages", []))
        return tuple(delivery for delivery in deliveries if delivery is not None)

    def extend(self, delivery: Delivery, *, visibility_s: float) -> None:
        """Hide the message for `visibility_s` from now.

        Raises:
            Conflict: SQS says that the claim was lost, or was held for 12 hours.
        """
        try:
            with translated(f"extend a message of {self.consumer}"):
                self._change_visibility(delivery, visibility_s)
        except TransientFailure as error:
            if isinstance(error.__cause__, ClientError) and _says_lost(error.__cause__):
                raise Conflict(error.message, code="claim_lost") from error
            raise

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Delete the messages, ten to a call.

        Raises:
            TransientFailure: SQS did not delete all; acknowledge all again.
        """
        for first in range(0, len(deliveries), MOST_MESSAGES):
            some = deliveries[first : first + MOST_MESSAGES]
            with translated(f"delete messages of {self.consumer}"):
                reply = self._client.delete_message_batch(
                    QueueUrl=self._queue_url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": _handle_of(delivery)}
                        for number, delivery in enumerate(some)
                    ],
                )
            failed = [f for f in reply.get("Failed", []) if f["Code"] not in _CLAIM_LOST]
            if failed:
                raise TransientFailure(
                    f"SQS did not delete {len(failed)} messages: {failed[0]['Code']}",
                    code="aws_failure",
                )

    def give_back(self, delivery: Delivery, *, delay_s: float, spends: Spends = "attempt") -> None:
        """Make the message visible again after `delay_s`; a lost claim is left alone.

        SQS counts every receive and cannot be told otherwise. What spends no attempt is therefore
        sent as a fresh message that carries our own counts, and the old one deleted: dying in
        between leaves two, as any redelivery does.
        """
        if spends != "attempt":
            self._send_again(delivery, delay_s, retried=spends == "retry")
            return
        try:
            with translated(f"return a message of {self.consumer}"):
                self._change_visibility(delivery, delay_s)
        except TransientFailure as error:
            if not (isinstance(error.__cause__, ClientError) and _says_lost(error.__cause__)):
                raise

    def dead_letter(self, delivery: Delivery, *, code: str, message: str, hint: str) -> None:
        """Copy the message with its reason to the dead-letter queue, tell the bus, delete it.

        Dying in between leaves the message, so that it is dead-lettered again: two dead letters.
        """
        message_id = delivery.receipt.partition(" ")[0]
        reason = {
            "code": code,
            "message": shortened(message),
            "hint": shortened(hint),
            "attempts": delivery.attempt,
            "died_at": datetime.now(UTC).isoformat(),
        }
        with translated(f"dead-letter a message of {self.consumer}"):
            self._client.send_message(
                QueueUrl=self._dead_letter_url,
                MessageBody=message_body(delivery.event),
                MessageAttributes={
                    REASON_ATTRIBUTE: {"DataType": "String", "StringValue": json.dumps(reason)}
                },
            )
        news = dead_lettered(delivery, code=code, message=message, hint=hint, number=message_id)
        if self._log is not None:
            self._log.append(news)
        self.acknowledge([delivery])

    def readable(self, message: "MessageTypeDef") -> Delivery | None:
        """Return a received message as a delivery; one that is no event is dead-lettered."""
        attributes = message.get("Attributes", {})
        counts = _counts_of(message)
        event, reason = read_or_stand_in(
            message["Body"], message_id=message["MessageId"], came_at=sent_at(message)
        )
        since = counts.get("failing_since")
        delivery = Delivery(
            event=event,
            consumer=self.consumer,
            attempt=counts.get("attempts", 0) + int(attributes.get("ApproximateReceiveCount", 1)),
            receipt=f"{message['MessageId']} {message['ReceiptHandle']}",
            retries=counts.get("retries", 0),
            failing_since=since and datetime.fromisoformat(since),
        )
        if reason is None:
            return delivery
        log_dead_letter(delivery, code=reason.code, reason=reason.message)
        self.dead_letter(delivery, code=reason.code, message=reason.message, hint=reason.hint)
        return None

    def _send_again(self, delivery: Delivery, delay_s: float, *, retried: bool) -> None:
        since = delivery.failing_since
        if retried and since is None:
            since = datetime.now(UTC)
        counts = {
            "attempts": delivery.attempt - 1,
            "retries": delivery.retries + retried,
            "failing_since": since and since.isoformat(),
        }
        with translated(f"return a message of {self.consumer}"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=message_body(delivery.event),
                DelaySeconds=min(LONGEST_DELAY_S, whole_seconds(delay_s)),
                MessageAttributes={
                    COUNTS_ATTRIBUTE: {"DataType": "String", "StringValue": json.dumps(counts)}
                },
            )
        self.acknowledge([delivery])

    def _change_visibility(self, delivery: Delivery, visibility_s: float) -> None:
        self._client.change_message_visibility(
            QueueUrl=self._queue_url,
            ReceiptHandle=_handle_of(delivery),
            VisibilityTimeout=whole_seconds(visibility_s),
        )


def whole_seconds(seconds: float) -> int:
    """Round up to what SQS takes: 0 to 12 hours."""
    return max(0, min(LONGEST_VISIBILITY_S, math.ceil(seconds)))


def sent_at(message: "MessageTypeDef") -> datetime:
    """Return when the message was sent to the queue it came from."""
    sent_ms = message.get("Attributes", {}).get("SentTimestamp")
    return datetime.fromtimestamp(int(sent_ms) / 1000, UTC) if sent_ms else datetime.now(UTC)


def message_body(event: Event) -> str:
    """Return the message that carries `event`, in ASCII: SQS refuses some characters."""
    return event.data.body if isinstance(event.data, Unreadable) else json.dumps(event.to_wire())


def _counts_of(message: "MessageTypeDef") -> dict[str, Any]:
    """Return what `give_back` said of the tries before this message."""
    attribute = message.get("MessageAttributes", {}).get(COUNTS_ATTRIBUTE)
    return dict(json.loads(attribute["StringValue"])) if attribute else {}


def _handle_of(delivery: Delivery) -> str:
    return delivery.receipt.partition(" ")[2]


def _says_lost(error: ClientError) -> bool:
    return error_code(error).rpartition(".")[2] in _CLAIM_LOST
