"""Events onto an EventBridge bus, whose rules copy them to SQS queues.

Only the relay puts events here; everybody else appends to the log.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    wait_random_exponential,
)

from everyword_events.aws.errors import translated
from everyword_events.errors import TransientFailure

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

MOST_ENTRIES: Final = 10
MOST_BATCH_BYTES: Final = 1_000_000
_TIME_BYTES: Final = 14

Wire = Mapping[str, Any]
"""An event as `Event.to_wire` returns it; not parsed here, so that any version passes."""


class EventBridgeBus:
    """One event bus. Threads may share it.

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
            retry=retry_if_result(bool) | retry_if_exception_type(TransientFailure),
            sleep=sleep,
            reraise=True,
        )

    def put(self, wires: Sequence[Wire]) -> Sequence[int]:
        """Put events, in order; return the places in `wires` of those EventBridge kept refusing.

        Raises:
            TransientFailure: EventBridge did not answer; some may be out.
            Misconfigured: no such bus, or no right to publish to it.
        """
        refused: list[int] = []
        entries = [self._entry(wire) for wire in wires]
        for places in _batches(entries):
            left = list(places)
            try:
                self._retrying.copy()(self._put, entries, left)
            except RetryError:
                refused += left
        return refused

    def _put(self, entries: "Sequence[PutEventsRequestEntryTypeDef]", left: list[int]) -> int:
        """Put what is in `left` and keep there what was turned down; return how many it were."""
        with translated(f"publish to {self._bus_name}"):
            reply = self._client.put_events(Entries=[entries[place] for place in left])
        outcomes = zip(left[:], reply["Entries"], strict=True)
        left[:] = [place for place, outcome in outcomes if outcome.get("ErrorCode")]
        return len(left)

    def _entry(self, wire: Wire) -> "PutEventsRequestEntryTypeDef":
        return {
            "EventBusName": self._bus_name,
            "Source": wire["source"],
            "DetailType": wire["detail-type"],
            "Detail": json.dumps(wire["detail"]),  # ASCII: no character SQS would refuse
            "Time": wire["time"],
        }


def _batches(entries: "Sequence[PutEventsRequestEntryTypeDef]") -> Iterator[list[int]]:
    """Cut `entries` into calls that EventBridge takes: at most 10 entries and 1 MB."""
    batch: list[int] = []
    batch_bytes = 0
    for place, entry in enumerate(entries):
        entry_bytes = _size_bytes(entry)
        if batch and (len(batch) == MOST_ENTRIES or batch_bytes + entry_bytes > MOST_BATCH_BYTES):
            yield batch
            batch, batch_bytes = [], 0
        batch.append(place)
        batch_bytes += entry_bytes
    if batch:
        yield batch


def _size_bytes(entry: "PutEventsRequestEntryTypeDef") -> int:
    """Return what EventBridge counts: the UTF-8 of source, type and detail, and the time."""
    said = entry["Source"] + entry["DetailType"] + entry["Detail"]
    return len(said.encode()) + _TIME_BYTES
