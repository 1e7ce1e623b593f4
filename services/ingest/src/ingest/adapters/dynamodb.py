"""The catalogue of episodes and the unique keys, in one DynamoDB table.

Items (key `pk`, `sk`):
- `episodes`, an episode's id: its folded view. Ids are UUIDv7, so that one partition's sort order
  is the order of time; its throughput, 1,000 writes a second, is far above what uploads need.
- `key`, a digest of a name: who owns it.

The indexes `by-show` and `by-state` list a part of the episodes. They lag by moments, and a listing
may do so: a single episode is always read from the log.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from everyword_events import InvalidInput
from everyword_events.aws.errors import held, translated
from everyword_events.aws.rows import Rows, key
from ingest.domain import EpisodeView, State
from ingest.ports import EpisodePage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_SHOW: Final = "by-show"
BY_STATE: Final = "by-state"
EPISODES: Final = "episodes"
KEYS: Final = "key"
SHOW_KEY: Final = "show_key"
STATE_KEY: Final = "state_key"
_REMOVED: Final = "removed"

Item = dict[str, Any]


class DynamoIngestTables:
    """EpisodeCatalogue and UniqueKeys over one table. Threads and processes may share it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put(self, view: EpisodeView, *, position: int) -> None:
        """Keep the view of an episode's events up to a position; never an older one."""
        item: Item = {
            **key(EPISODES, view.episode_id),
            "position": {"N": str(position)},
            "show": {"S": view.show},
            "state": {"S": view.state},
            SHOW_KEY: {"S": f"show {view.show}"},  # an index takes no empty text
            STATE_KEY: {"S": view.state},
            "view": {"S": view.model_dump_json()},
        }
        held(
            "keep an episode's view",
            lambda: self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR #position <= :position",
                ExpressionAttributeNames={"#position": "position"},
                ExpressionAttributeValues={":position": item["position"]},
            ),
        )

    def page(
        self, *, show: str | None, state: State | None, cursor: str | None, limit: int
    ) -> EpisodePage:
        """Return episodes, newest first; removed ones only where that state is asked for."""
        if cursor is not None and not all(c.isalnum() or c in "-_" for c in cursor):
            raise InvalidInput(
                "not a cursor", hint="use the one of the page before", code="cursor_invalid"
            )
        items = self._items(show, state, before=cursor, newest_first=True)
        views: list[EpisodeView] = []
        for item in items:
            if len(views) == limit:
                return EpisodePage(views, views[-1].episode_id)
            views.append(EpisodeView.model_validate_json(item["view"]["S"]))
        return EpisodePage(views, None)

    def ids(self, *, show: str | None = None, state: State | None = None) -> Sequence[str]:
        """Return the ids of all such episodes, oldest first; as `page` does without a state."""
        return [item["sk"]["S"] for item in self._items(show, state, only="sk")]

    def clear(self) -> None:
        """Forget the episodes; unique keys are no projection and stay."""
        rows = Rows(self._client, self._table)
        rows.delete_all(list(rows.of(EPISODES)))

    def claim(self, name: str, owner: str) -> str:
        """Give `name` to `owner` unless somebody has it already; return who has it."""
        given = held(
            "claim a unique key",
            lambda: self._client.put_item(
                TableName=self._table,
                Item={**_name(name), "owner": {"S": owner}},
                ConditionExpression="attribute_not_exists(pk)",
            ),
        )
        return owner if given else self.owner_of(name) or owner

    def owner_of(self, name: str) -> str | None:
        """Return who has `name`."""
        with translated("read a unique key"):
            reply = self._client.get_item(
                TableName=self._table, Key=_name(name), ConsistentRead=True
            )
        item = reply.get("Item")
        return item["owner"]["S"] if item else None

    def transfer(self, name: str, *, owner: str, to: str) -> bool:
        """Give `name` from one owner to another; False if it was not held by that one."""
        return held(
            "transfer a unique key",
            lambda: self._client.update_item(
                TableName=self._table,
                Key=_name(name),
                UpdateExpression="SET #owner = :to",
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": owner}, ":to": {"S": to}},
            ),
        )

    def close(self) -> None:
        """Do nothing: the client is the caller's."""

    def _items(
        self,
        show: str | None,
        state: State | None,
        *,
        before: str | None = None,
        newest_first: bool = False,
        only: str | None = None,
    ) -> Iterator[Item]:
        """Walk a listing; a state beside a show, and what was removed, are filtered."""
        names, values = {"#key": "pk"}, {":key": {"S": EPISODES}}
        request: dict[str, Any] = {"ScanIndexForward": not newest_first}
        condition = "#key = :key"
        if show is not None:
            request["IndexName"] = BY_SHOW
            names["#key"], values[":key"] = SHOW_KEY, {"S": f"show {show}"}
        elif state is not None:
            request["IndexName"] = BY_STATE
            names["#key"], values[":key"] = STATE_KEY, {"S": state}
        if show is not None or state is None:
            names["#state"], values[":state"] = "state", {"S": state or _REMOVED}
            request["FilterExpression"] = "#state = :state" if state else "#state <> :state"
        if before is not None:
            condition, values[":before"] = f"{condition} AND sk < :before", {"S": before}
        yield from self._query(
            only,
            KeyConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            **request,
        )

    def _query(self, only: str | None, **request: Any) -> Iterator[Item]:
        if "IndexName" not in request:
            request["ConsistentRead"] = True
        if only is not None:
            request["ProjectionExpression"] = only
        with translated(f"list episodes in {self._table}"):
            pages = self._client.get_paginator("query").paginate(TableName=self._table, **request)
            for page in pages:
                yield from page["Items"]


def table_definition(name: str) -> dict[str, Any]:
    """Return what `create_table` takes: the one description of the table's shape."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": each, "AttributeType": "S"}
            for each in ("pk", "sk", SHOW_KEY, STATE_KEY)
        ],
        "KeySchema": _schema("pk"),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index,
                "KeySchema": _schema(key),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, key in ((BY_SHOW, SHOW_KEY), (BY_STATE, STATE_KEY))
        ],
    }


def _schema(partition_key: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition_key, "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]


def _name(name: str) -> Item:
    """Return the key of a name, which may be longer than a key can be."""
    return key(KEYS, hashlib.sha256(name.encode()).hexdigest())
