"""From the log to the bus: what the table's stream says was appended goes to EventBridge.

Two Lambda functions share one `Relay`, made once and cached:

    def relay_handler(event, context):    # the stream's event-source mapping
        return relay().handle(event)

    def sweep_handler(event, context):    # every five minutes
        return {"relayed": relay().sweep()}

The mapping needs `FunctionResponseTypes=[ReportBatchItemFailures]`, a filter on
`{"eventName": ["INSERT"], "dynamodb": {"NewImage": {"wire": {"S": [{"exists": true}]}}}}` (marking
an event as relayed is a change of the stream too), `BisectBatchOnFunctionError`, a limit of
retries and an on-failure destination, so that one event EventBridge refuses for good does not hold
up the shard; the sweep goes on trying it, and its age is the alarm's business. The function may
read the stream, `dynamodb:UpdateItem`, `GetItem` and `Query` on table and index, and
`events:PutEvents` on the bus.

An event is marked only after EventBridge took it: dying in between puts it out twice, which every
consumer tolerates. What the stream lost (a mapping switched off for a day) the sweep puts out.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from everyword_events.aws.errors import held, translated
from everyword_events.aws.eventbridge import EventBridgeBus
from everyword_events.aws.log import SHARDS, UNRELAYED_INDEX
from everyword_events.errors import TransientFailure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

logger = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 100


class Relay:
    """Puts what was appended to `table` on `bus`, and marks it there."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        bus: EventBridgeBus,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._table = table
        self._bus = bus
        self._clock = clock

    def handle(self, stream_event: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
        """Relay a batch of the stream, in Lambda's own form; return its partial batch failure.

        The first record that could not be relayed is named: Lambda sends it and all after it again.
        """
        appended = [record for record in stream_event.get("Records", []) if _is_append(record)]
        for first in range(0, len(appended), MOST_AT_ONCE):
            some = appended[first : first + MOST_AT_ONCE]
            code = "events_turned_down"
            try:
                refused = self._relay([record["dynamodb"]["NewImage"] for record in some])
            except TransientFailure as error:
                refused, code = [0], error.code
            if refused:
                number = some[min(refused)]["dynamodb"]["SequenceNumber"]
                fields = {"action": "relay_retried", "code": code, "events": len(refused)}
                logger.warning("the bus does not take all, the stream sends again", extra=fields)
                return {"batchItemFailures": [{"itemIdentifier": number}]}
        return {"batchItemFailures": []}

    def sweep(self, *, older_than_s: float = 300.0, most: int = 10_000) -> int:
        """Relay what was appended that long ago and is not relayed yet; return how many were.

        Raises:
            TransientFailure: EventBridge does not take some of them.
        """
        before = (self._clock() - timedelta(seconds=older_than_s)).isoformat()
        relayed = refused = 0
        for shard in range(SHARDS):
            keys = self._unrelayed(str(shard), before, most - relayed)
            for first in range(0, len(keys), MOST_AT_ONCE):
                items = [self._item(key) for key in keys[first : first + MOST_AT_ONCE]]
                there = [item for item in items if item is not None]
                failed = len(self._relay(there))
                refused += failed
                relayed += len(there) - failed
        if refused:
            raise TransientFailure(
                f"EventBridge does not take {refused} events", code="events_turned_down"
            )
        return relayed

    def _relay(self, images: Sequence[Mapping[str, Any]]) -> Sequence[int]:
        """Put the events of `images` on the bus; return the places of those refused."""
        refused = self._bus.put([json.loads(image["wire"]["S"]) for image in images])
        for place, image in enumerate(images):
            if place not in refused:
                self._mark(image)
        return refused

    def _mark(self, image: Mapping[str, Any]) -> None:
        held(  # if not, it was erased since: nothing to mark
            "mark an event as relayed",
            lambda: self._client.update_item(
                TableName=self._table,
                Key={name: image[name] for name in ("episode_id", "event_id")},
                UpdateExpression="SET relayed_at = :now REMOVE unrelayed",
                ConditionExpression="attribute_exists(wire)",
                ExpressionAttributeValues={":now": {"S": self._clock().isoformat()}},
            ),
        )

    def _unrelayed(self, shard: str, before: str, most: int) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=UNRELAYED_INDEX,
            KeyConditionExpression="unrelayed = :shard AND recorded_at < :before",
            ExpressionAttributeValues={":shard": {"S": shard}, ":before": {"S": before}},
            PaginationConfig={"MaxItems": most},
        )
        with translated("look for events that were not relayed"):
            return [
                {name: item[name] for name in ("episode_id", "event_id")}
                for page in pages
                for item in page["Items"]
            ]

    def _item(self, key: Any) -> dict[str, Any] | None:
        with translated("read an event to relay"):
            return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get(
                "Item"
            )


def _is_append(record: Mapping[str, Any]) -> bool:
    return record.get("eventName") == "INSERT" and "wire" in record["dynamodb"]["NewImage"]
