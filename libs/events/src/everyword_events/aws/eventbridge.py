"""The publisher on AWS: events onto an EventBridge bus, whose rules copy them to SQS queues.

What this bus does not promise and the SQLite bus does: `publish` is not all or nothing (after a
TransientFailure some events are out), and the same event id published twice is delivered twice.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from everyword_events.aws.errors import translated
from everyword_events.envelope import Event
from everyword_events.errors import TransientFailure
from everyword_events.limits import checked_json

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

MOST_ENTRIES: Final = 10
MOST_BATCH_BYTES: Final = 1_000_000
_TIME_BYTES: Final = 14


class EventBridgePublisher:
    """An EventPublisher over one event bus. Threads may share it.

    Entries that EventBridge turns down are put again, alone, up to `attempts` times with backoff.
    """

    def __init__(
        self,
        client: "EventBridgeClient",
        bus_name: str,
        *,
        attempts: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._bus_name = bus_name
        self._retrying = Retrying(
            stop=stop_after_attempt(attempts),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            retry=retry_if_exception_type(TransientFailure),
            sleep=sleep,
            reraise=True,
        )

    def publish(self, events: Sequence[Event]) -> None:
        """Publish all of `events`, checked for size before the first is sent.

        Raises:
            InvalidInput: an event is too large.
            TransientFailure: EventBridge kept turning some down; publish all again.
            Misconfigured: no such bus, or no right to publish to it.
        """
        for batch in _batches([self._entry(event) for event in events]):
            self._retrying.copy()(self._put, batch)

    def _put(self, left: "list[PutEventsRequestEntryTypeDef]") -> None:
        """Put the entries and keep in `left` those turned down, to be put again."""
        with translated(f"publish to {self._bus_name}"):
            reply = self._client.put_events(Entries=left)
        if not reply["FailedEntryCount"]:
            left.clear()
            return
        refused = [
            (entry, outcome)
            for entry, outcome in zip(left, reply["Entries"], strict=True)
            if outcome.get("ErrorCode")
        ]
        left[:] = [entry for entry, _ in refused]
        first = refused[0][1]
        raise TransientFailure(
            f"EventBridge turned down {len(refused)} of the events: "
            f"{first.get('ErrorCode')} {first.get('ErrorMessage', '')}",
            code="events_turned_down",
        )

    def _entry(self, event: Event) -> "PutEventsRequestEntryTypeDef":
        checked_json(event)
        return {
            "EventBusName": self._bus_name,
            "Source": event.source,
            "DetailType": event.type,
            "Detail": json.dumps(event.to_detail()),  # ASCII: no character SQS would refuse
            "Time": event.meta.occurred_at,
        }


def _batches(
    entries: "Sequence[PutEventsRequestEntryTypeDef]",
) -> "Iterator[list[PutEventsRequestEntryTypeDef]]":
    """Cut `entries` into calls that EventBridge takes: at most 10 entries and 1 MB."""
    batch: list[PutEventsRequestEntryTypeDef] = []
    batch_bytes = 0
    for entry in entries:
        entry_bytes = _size_bytes(entry)
        if batch and (len(batch) == MOST_ENTRIES or batch_bytes + entry_bytes > MOST_BATCH_BYTES):
            yield batch
            batch, batch_bytes = [], 0
        batch.append(entry)
        batch_bytes += entry_bytes
    if batch:
        yield batch


def _size_bytes(entry: "PutEventsRequestEntryTypeDef") -> int:
    """Return what EventBridge counts: the UTF-8 of source, type and detail, and the time."""
    said = entry["Source"] + entry["DetailType"] + entry["Detail"]
    return len(said.encode()) + _TIME_BYTES
