"""API keys in DynamoDB: their digests, with what each may do."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from everyword_events.aws.errors import translated
from everyword_http.access import Scope
from everyword_http.keys import ApiKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoKeyStore:
    """A `KeyStore` over one table. An API reads one key a request, and can change none."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put(self, key: ApiKey) -> None:
        """Keep a key, in the place of one with its id."""
        item: dict[str, Any] = {
            "pk": {"S": key.key_id},
            "name": {"S": key.name},
            "scopes": {"SS": sorted(key.scopes)},
            "digest": {"S": key.digest},
            "created_at": {"S": key.created_at.isoformat()},
        }
        with translated("keep a key"):
            self._client.put_item(TableName=self._table, Item=item)

    def get(self, key_id: str) -> ApiKey | None:
        """Return a key; an empty id has none, and what is no key is none."""
        if not key_id:
            return None
        with translated("look up a key"):
            reply = self._client.get_item(
                TableName=self._table, Key={"pk": {"S": key_id}}, ConsistentRead=True
            )
        item = reply.get("Item")
        return _key_in(item) if item and "digest" in item else None

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, oldest first."""
        with translated("list the keys"):
            pages = self._client.get_paginator("scan").paginate(
                TableName=self._table,
                ConsistentRead=True,
                FilterExpression="attribute_exists(digest)",
            )
            found = [_key_in(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda key: key.created_at)

    def delete(self, key_id: str) -> bool:
        """Forget a key; tell whether there was one."""
        with translated("revoke a key"):
            reply = self._client.delete_item(
                TableName=self._table, Key={"pk": {"S": key_id}}, ReturnValues="ALL_OLD"
            )
        return bool(reply.get("Attributes"))


def _key_in(item: Any) -> ApiKey:
    return ApiKey(
        key_id=item["pk"]["S"],
        name=item["name"]["S"],
        scopes=cast("tuple[Scope, ...]", tuple(item["scopes"]["SS"])),
        digest=item["digest"]["S"],
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
    )
