"""The event log in one DynamoDB table, which its stream relays to the bus (see `relay`).

One partition an episode, key (`episode_id`, `event_id`):
- an event: `position`, `type`, `wire` (JSON text), `recorded_at`, and `unrelayed` (a digit) until
  the relay has put it on the bus;
- the episode's head, `event_id` `#head`: the last `position`, and `removed` once it was.

An append is one TransactWriteItems: every event with `attribute_not_exists(event_id)`, and the head
moved on under the condition that nobody else moved it. So an id is kept once, the order of an
episode never changes, and nothing comes after a removal, whoever appends at the same time.

`scan` is a Scan with consistent reads: it gives one partition after the other, never two mixed,
and needs no index that lags behind. The index `unrelayed` (key `unrelayed`, `recorded_at`; keys
only) holds just what the relay has yet to put out. The table needs a stream with new images.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from everyword_events.aws.errors import error_code, translated
from everyword_events.aws.rows import delete_items
from everyword_events.catalogue import parse_event
from everyword_events.envelope import Event
from everyword_events.errors import TransientFailure
from everyword_events.limits import checked_json
from everyword_events.ports import Paused, Recorded
from everyword_events.removal import removal_id

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HEAD: Final = "#head"
PAUSED: Final = "#paused"
UNRELAYED_INDEX: Final = "unrelayed"
SHARDS: Final = 8
_MOST_AT_ONCE: Final = 10  # of 256 kB each: a transaction carries 4 MB
_TRIES: Final = 40
_LONGEST_WAIT_S: Final = 0.5
_PASSES: Final = frozenset({"TransactionConflict", "ThrottlingError", "ConditionalCheckFailed"})

_CANCELLED: Final = ("TransactionCanceledException", "TransactionConflictException")

Item = dict[str, Any]


class DynamoEventLog:
    """An EventLog over one table. Threads may share it."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._sleep = sleep

    def append(self, events: Sequence[Event]) -> None:
        """Append all of `events`: at most ten of one episode at a time are all or nothing.

        Raises:
            InvalidInput: one is too large; none was appended.
            TransientFailure: some may be in the log; append all again.
            Misconfigured: no such table, or no right to write to it.
        """
        texts = [(event, checked_json(event)) for event in events]
        by_episode: dict[str, dict[str, tuple[Event, str]]] = {}
        for event, text in texts:
            episode = by_episode.setdefault(event.meta.episode_id, {})
            episode.setdefault(event.meta.event_id, (event, text))
        for episode_id, episode in by_episode.items():
            some = list(episode.values())
            for first in range(0, len(some), _MOST_AT_ONCE):
                self._append(episode_id, some[first : first + _MOST_AT_ONCE])

    def get(self, episode_id: str, event_id: str) -> Event | None:
        """Return the event, or None."""
        item = self._item(episode_id, event_id)
        return parse_event(item["wire"]["S"]) if item and "wire" in item else None

    def of_episode(self, episode_id: str, *, after: int = 0) -> Sequence[Recorded]:
        """Return the episode's events after a position, oldest first."""
        found = [_recorded(item) for item in self._items_of(episode_id) if "wire" in item]
        later = (recorded for recorded in found if recorded.position > after)
        return sorted(later, key=lambda recorded: recorded.position)

    def scan(self, *, types: Sequence[str] = ()) -> Iterator[Recorded]:
        """Walk all episodes in the memory of the largest; their order is the table's own."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table, ConsistentRead=True, **_only(types)
        )
        with translated(f"read the event log {self._table}"):
            items = (item for page in pages for item in page["Items"] if "wire" in item)
            for _, episode in groupby(items, key=lambda item: item["episode_id"]["S"]):
                yield from sorted(map(_recorded, episode), key=lambda each: each.position)

    def erase(self, episode_id: str) -> None:
        """Delete what was said of a removed episode; the stream forgets within a day."""
        removal = removal_id(episode_id)
        if self._item(episode_id, removal) is None:
            return
        names = [item["event_id"]["S"] for item in self._items_of(episode_id)]
        gone = [name for name in names if name not in {removal, HEAD}]
        delete_items(self._client, self._table, [_key(episode_id, name) for name in gone])

    def _append(self, episode_id: str, texts: Sequence[tuple[Event, str]]) -> None:
        left = list(texts)
        for attempt in range(_TRIES):
            head = self._item(episode_id, HEAD) or {}
            if not left or "removed" in head:
                return
            try:
                with translated(f"append to the event log {self._table}"):
                    self._write(episode_id, left, head)
            except TransientFailure as error:
                left = _still_to_write(left, error)
            else:
                return
            self._sleep(random.uniform(0, min(_LONGEST_WAIT_S, 0.01 * 2**attempt)))  # noqa: S311
        raise TransientFailure(
            f"many append to episode {episode_id} at the same time", code="log_contended"
        )

    def _write(self, episode_id: str, texts: Sequence[tuple[Event, str]], head: Item) -> None:
        last = int(head["position"]["N"]) if head else 0
        now = self._clock().isoformat()
        writes: list[Any] = []
        removal = removal_id(episode_id)
        removed = False
        for event, text in texts:
            if not removed:
                item = {
                    **_key(episode_id, event.meta.event_id),
                    "position": {"N": str(last + len(writes) + 1)},
                    "type": {"S": event.type},
                    "wire": {"S": text},
                    "recorded_at": {"S": now},
                    "unrelayed": {"S": _shard(event.meta.event_id)},
                }
                writes.append(
                    {
                        "Put": {
                            "TableName": self._table,
                            "Item": item,
                            "ConditionExpression": "attribute_not_exists(event_id)",
                        }
                    }
                )
            removed = removed or event.meta.event_id == removal
        moved: Any = {
            "TableName": self._table,
            "Key": _key(episode_id, HEAD),
            "UpdateExpression": "SET #position = :next" + (", removed = :yes" if removed else ""),
            "ConditionExpression": "attribute_not_exists(removed) AND "
            + ("#position = :last" if head else "attribute_not_exists(#position)"),
            "ExpressionAttributeNames": {"#position": "position"},
            "ExpressionAttributeValues": {
                ":next": {"N": str(last + len(writes))},
                **({":last": {"N": str(last)}} if head else {}),
                **({":yes": {"BOOL": True}} if removed else {}),
            },
        }
        self._client.transact_write_items(TransactItems=[*writes, {"Update": moved}])

    def _item(self, episode_id: str, event_id: str) -> Item | None:
        with translated(f"read the event log {self._table}"):
            return self._client.get_item(
                TableName=self._table, Key=_key(episode_id, event_id), ConsistentRead=True
            ).get("Item")

    def _items_of(self, episode_id: str) -> list[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="episode_id = :episode",
            ExpressionAttributeValues={":episode": {"S": episode_id}},
        )
        with translated(f"read the event log {self._table}"):
            return [item for page in pages for item in page["Items"]]


class DynamoConsumerStates:
    """ConsumerStates in the log's table, in a partition of their own."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def pause(self, consumer: str, why: Paused) -> None:
        """Note that the consumer takes no work; the first note's `since` stays."""
        with translated("note a paused consumer"):
            self._client.update_item(
                TableName=self._table,
                Key=_key(PAUSED, consumer),
                UpdateExpression="SET code = :code, message = :message, hint = :hint, "
                "since = if_not_exists(since, :since)",
                ExpressionAttributeValues={
                    ":code": {"S": why.code},
                    ":message": {"S": why.message},
                    ":hint": {"S": why.hint},
                    ":since": {"S": why.since.isoformat()},
                },
            )

    def resume(self, consumer: str) -> None:
        """Note that it works again."""
        with translated("note a consumer that goes on"):
            self._client.delete_item(TableName=self._table, Key=_key(PAUSED, consumer))

    def paused(self) -> Mapping[str, Paused]:
        """Return the consumers that are paused now, and why."""
        with translated("read the paused consumers"):
            reply = self._client.query(
                TableName=self._table,
                ConsistentRead=True,
                KeyConditionExpression="episode_id = :paused",
                ExpressionAttributeValues={":paused": {"S": PAUSED}},
            )
        return {
            item["event_id"]["S"]: Paused(
                code=item["code"]["S"],
                message=item["message"]["S"],
                hint=item["hint"]["S"],
                since=datetime.fromisoformat(item["since"]["S"]),
            )
            for item in reply["Items"]
        }


def table_definition(name: str) -> dict[str, Any]:
    """Return what `create_table` takes: the one description of the table's shape."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": each, "AttributeType": "S"}
            for each in ("episode_id", "event_id", "unrelayed", "recorded_at")
        ],
        "KeySchema": [
            {"AttributeName": "episode_id", "KeyType": "HASH"},
            {"AttributeName": "event_id", "KeyType": "RANGE"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": UNRELAYED_INDEX,
                "KeySchema": [
                    {"AttributeName": "unrelayed", "KeyType": "HASH"},
                    {"AttributeName": "recorded_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    }


def _still_to_write(
    texts: Sequence[tuple[Event, str]], error: TransientFailure
) -> list[tuple[Event, str]]:
    """Return what a cancelled transaction leaves to be written; any other failure is raised."""
    cause = error.__cause__
    if not isinstance(cause, ClientError) or error_code(cause) not in _CANCELLED:
        raise error
    response: dict[str, Any] = dict(cause.response)
    codes = [reason.get("Code") or "None" for reason in response.get("CancellationReasons", [])]
    if any(code not in _PASSES and code != "None" for code in codes):
        raise error
    there = {place for place, code in enumerate(codes) if code == "ConditionalCheckFailed"}
    return [text for place, text in enumerate(texts) if place not in there]


def _only(types: Sequence[str]) -> Item:
    """Return what has a scan leave out other types before they are sent."""
    if not types:
        return {}
    values = {f":type{number}": {"S": each} for number, each in enumerate(types)}
    return {
        "FilterExpression": f"#type IN ({', '.join(values)})",
        "ExpressionAttributeNames": {"#type": "type"},
        "ExpressionAttributeValues": values,
    }


def _recorded(item: Item) -> Recorded:
    return Recorded(int(item["position"]["N"]), parse_event(item["wire"]["S"]))


def _key(episode_id: str, event_id: str) -> dict[str, Any]:
    return {"episode_id": {"S": episode_id}, "event_id": {"S": event_id}}


def _shard(event_id: str) -> str:
    return str(sum(event_id.encode()) % SHARDS)
