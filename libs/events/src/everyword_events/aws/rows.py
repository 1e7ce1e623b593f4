"""Rows of a DynamoDB table: a record as text, and the values that conditions look at."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from everyword_events.aws.errors import CONDITION_FAILED, error_code, translated
from everyword_events.errors import TransientFailure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DELETE_BATCH: Final = 25
MOST_TOGETHER: Final = 100
"""How many writes one transaction takes."""
EXPIRES: Final = "expires_at"
"""The table's time-to-live attribute, in whole seconds since 1970."""
_FAILED: Final = frozenset({CONDITION_FAILED, "TransactionCanceledException"})
_CONDITIONS: Final = frozenset({"None", "ConditionalCheckFailed", "TransactionConflict"})

Item = dict[str, Any]
Value = str | float


class Rows:
    """One table with the key (`pk`, `sk`). Threads and processes may share it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self.table = table

    def put(self, pk: str, sk: str, record: str, **values: Value) -> None:
        """Keep a record, in the place of what is there."""
        with translated(f"write to {self.table}"):
            self._client.put_item(TableName=self.table, Item=row(pk, sk, record, **values))

    def get(self, pk: str, sk: str) -> Item | None:
        """Return a row."""
        with translated(f"read {self.table}"):
            return self._client.get_item(
                TableName=self.table, Key=key(pk, sk), ConsistentRead=True
            ).get("Item")

    def of(
        self,
        pk: str,
        *,
        up_to: str = "",
        starting: str = "",
        where: Mapping[str, str] | None = None,
        backwards: bool = False,
    ) -> Iterator[Item]:
        """Walk a partition in the order of its names: those `up_to` one, or `starting` with one.

        `where` are values that a row must have.
        """
        values: Item = {":pk": {"S": pk}}
        condition = "pk = :pk"
        if up_to:
            condition, values[":to"] = f"{condition} AND sk <= :to", {"S": up_to}
        if starting:
            condition, values[":as"] = f"{condition} AND begins_with(sk, :as)", {"S": starting}
        request: dict[str, Any] = {}
        if where:
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in where}
            request["FilterExpression"] = " AND ".join(f"#{name} = :{name}" for name in where)
            values |= {f":{name}": {"S": value} for name, value in where.items()}
        pages = self._client.get_paginator("query").paginate(
            TableName=self.table,
            ConsistentRead=True,
            ScanIndexForward=not backwards,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            **request,
        )
        with translated(f"read {self.table}"):
            for page in pages:
                yield from page["Items"]

    def delete(self, pk: str, sk: str) -> Item | None:
        """Delete a row; return what it was."""
        with translated(f"delete rows of {self.table}"):
            reply = self._client.delete_item(
                TableName=self.table, Key=key(pk, sk), ReturnValues="ALL_OLD"
            )
        return reply.get("Attributes") or None

    def delete_all(self, keys: Iterable[Item]) -> None:
        """Delete rows, each given by its key or as it was read.

        Raises:
            TransientFailure: not all were deleted; delete them again.
        """
        delete_items(
            self._client, self.table, [{"pk": each["pk"], "sk": each["sk"]} for each in keys]
        )

    def together(self, writes: Sequence[Item]) -> bool:
        """Make conditional writes, all or none; tell whether their conditions held."""
        items: Any = [
            {kind: {"TableName": self.table, **write}}
            for each in writes
            for kind, write in each.items()
        ]
        try:
            with translated(f"write to {self.table}"):
                self._client.transact_write_items(TransactItems=items)
        except TransientFailure as error:
            if _condition_failed(error.__cause__):
                return False
            raise
        return True

    def update(
        self,
        pk: str,
        sk: str,
        change: str,
        *,
        condition: str = "attribute_exists(pk)",
        **values: Value,
    ) -> bool:
        """Change a row under a condition; tell whether it held. A value is `:name` there."""
        write = {
            "Key": key(pk, sk),
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {f":{n}": _value(value) for n, value in values.items()},
        }
        return self.together([{"Update": write}])


def delete_items(client: "DynamoDBClient", table: str, keys: Sequence[Item]) -> None:
    """Delete items of any table by their keys.

    Raises:
        TransientFailure: not all were deleted; delete them again.
    """
    for first in range(0, len(keys), DELETE_BATCH):
        requests: Any = [
            {"DeleteRequest": {"Key": each}} for each in keys[first : first + DELETE_BATCH]
        ]
        with translated(f"delete items of {table}"):
            reply = client.batch_write_item(RequestItems={table: requests})
        if reply.get("UnprocessedItems"):
            raise TransientFailure("DynamoDB did not delete all", code="aws_failure")


def row(pk: str, sk: str, record: str, **values: Value) -> Item:
    """Write a row down."""
    return {
        **key(pk, sk),
        "record": {"S": record},
        **{name: _value(value) for name, value in values.items()},
    }


def new(item: Item) -> Item:
    """Return the write that keeps a row unless there is one."""
    return {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def gone(pk: str, sk: str) -> Item:
    """Return the write that deletes a row that is there."""
    return {"Delete": {"Key": key(pk, sk), "ConditionExpression": "attribute_exists(pk)"}}


def key(pk: str, sk: str) -> Item:
    """Return a row's key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _value(value: Value) -> Item:
    return {"S": value} if isinstance(value, str) else {"N": repr(value)}


def _condition_failed(cause: BaseException | None) -> bool:
    if not isinstance(cause, ClientError) or error_code(cause) not in _FAILED:
        return False
    response: dict[str, Any] = dict(cause.response)
    codes = {reason.get("Code") or "None" for reason in response.get("CancellationReasons", [])}
    return codes <= _CONDITIONS
