"""Dead-letter queues as DeadLetters: taken and put back, for SQS has no way to look in.

While one call goes through a queue its messages are hidden from others for up to 30 s, and every
call reads the queue from its start: this is for a person with tens or hundreds of them. Redrive
sends, then deletes: dying in between redrives twice.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

from everyword_events.aws.errors import translated
from everyword_events.aws.sqs import MOST_MESSAGES, REASON_ATTRIBUTE, sent_at
from everyword_events.dead_letter import read_or_stand_in
from everyword_events.ports import DeadLetter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_LOOK_S: Final = 30


@dataclass(frozen=True)
class ConsumerQueues:
    """The queue of one consumer, and where its dead letters go."""

    queue_url: str
    dead_letter_url: str


class SqsDeadLetters:
    """DeadLetters over every consumer's dead-letter queue.

    It reads those of `SqsInbox.dead_letter`, and messages that SQS or EventBridge moved there by
    themselves. `poll_s` is the long poll that makes an empty answer certain on real SQS.
    """

    def __init__(
        self, client: "SQSClient", queues: Mapping[str, ConsumerQueues], *, poll_s: int = 1
    ) -> None:
        self._client = client
        self._queues = queues
        self._poll_s = poll_s

    def list(self, *, consumer: str | None = None, limit: int = 100) -> Sequence[DeadLetter]:
        """Return up to `limit` dead letters, the oldest first of those that SQS handed out."""
        dead_letters: list[DeadLetter] = []
        for name, queues in self._queues.items():
            if consumer in (None, name) and len(dead_letters) < limit:
                with _taken(self._client, queues.dead_letter_url, self._poll_s) as messages:
                    few = islice(messages, limit - len(dead_letters))
                    dead_letters += [_dead_letter_of(name, message) for message in few]
        return sorted(dead_letters, key=lambda dead: dead.died_at)

    def redrive(self, dead_letter_ids: Sequence[str]) -> int:
        """Send the dead letters to their queues again; return how many were found."""
        return self._each(dead_letter_ids, send=True)

    def discard(self, dead_letter_ids: Sequence[str]) -> int:
        """Delete the dead letters; return how many were found."""
        return self._each(dead_letter_ids, send=False)

    def _each(self, dead_letter_ids: Sequence[str], *, send: bool) -> int:
        found = 0
        for consumer, queues in self._queues.items():
            here = f"{consumer}:"
            wanted = {name.removeprefix(here) for name in dead_letter_ids if name.startswith(here)}
            if wanted:
                with _taken(self._client, queues.dead_letter_url, self._poll_s) as messages:
                    hits = (m for m in messages if m["MessageId"] in wanted)
                    for message in islice(hits, len(wanted)):
                        self._remove(queues, message, send=send)
                        found += 1
        return found

    def _remove(self, queues: ConsumerQueues, message: "MessageTypeDef", *, send: bool) -> None:
        with translated("remove a dead letter"):
            if send:
                self._client.send_message(QueueUrl=queues.queue_url, MessageBody=message["Body"])
            self._client.delete_message(
                QueueUrl=queues.dead_letter_url, ReceiptHandle=message["ReceiptHandle"]
            )


@contextmanager
def _taken(client: "SQSClient", url: str, poll_s: int) -> "Iterator[Iterator[MessageTypeDef]]":
    """Give the messages of a queue one after the other, and put back at the end all not deleted."""
    taken: list[MessageTypeDef] = []
    try:
        yield _received(client, url, poll_s, taken)
    finally:
        for first in range(0, len(taken), MOST_MESSAGES):
            some = taken[first : first + MOST_MESSAGES]
            with translated("put dead letters back"):  # those deleted are answered as failed
                client.change_message_visibility_batch(
                    QueueUrl=url,
                    Entries=[
                        {
                            "Id": str(number),
                            "ReceiptHandle": message["ReceiptHandle"],
                            "VisibilityTimeout": 0,
                        }
                        for number, message in enumerate(some)
                    ],
                )


def _received(
    client: "SQSClient", url: str, poll_s: int, taken: "list[MessageTypeDef]"
) -> "Iterator[MessageTypeDef]":
    """Receive until the queue is empty, noting in `taken` what was received."""
    while True:
        with translated("read dead letters"):
            reply = client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=MOST_MESSAGES,
                VisibilityTimeout=_LOOK_S,
                WaitTimeSeconds=poll_s,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
                MessageAttributeNames=["All"],
            )
        messages = reply.get("Messages", [])
        if not messages:
            return
        taken += messages
        yield from messages


def _dead_letter_of(consumer: str, message: "MessageTypeDef") -> DeadLetter:
    attributes = message.get("MessageAttributes", {})
    said = {name: value.get("StringValue", "") for name, value in attributes.items()}
    event, unreadable = read_or_stand_in(
        message["Body"], message_id=message["MessageId"], came_at=sent_at(message)
    )
    died_at = sent_at(message)
    code, text, hint, attempts = "moved_by_aws", "SQS moved it after too many receives", "", 0
    if REASON_ATTRIBUTE in said:
        reason = json.loads(said[REASON_ATTRIBUTE])
        code, text, hint = reason["code"], reason["message"], reason["hint"]
        attempts, died_at = reason["attempts"], datetime.fromisoformat(reason["died_at"])
    elif "ERROR_CODE" in said:  # EventBridge could not deliver to the queue
        code, text = said["ERROR_CODE"], said.get("ERROR_MESSAGE", "")
    elif unreadable is not None:
        code, text, hint = unreadable.code, unreadable.message, unreadable.hint
    return DeadLetter(
        dead_letter_id=f"{consumer}:{message['MessageId']}",
        event=event,
        consumer=consumer,
        attempts=attempts,
        code=code,
        message=text,
        hint=hint,
        died_at=died_at,
    )
