"""API keys in DynamoDB: only their hashes, with what each may do."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from everyword_events.aws.errors import translated
from everyword_http import AccessDenied
from everyword_http.access import Scope

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX: Final = "ew_"
_SECRET_BYTES: Final = 32


@dataclass(frozen=True)
class NewKey:
    """A key as it is shown once, to who asked for it."""

    id: str
    key: str


class DynamoKeys:
    """An `Access` over a table of hashed keys. A key of `admin` may do everything.

    The hash is plain SHA-256: a key is 32 random bytes, which nobody guesses, so that there is
    nothing to slow down. `public_search` lets public reading routes be read without a key.
    """

    def __init__(
        self, client: "DynamoDBClient", table: str, *, public_search: bool = False
    ) -> None:
        self._client = client
        self._table = table
        self._public_search = public_search

    def check(self, key: str, scope: Scope, *, public: bool) -> None:
        """Let a request go on, or say why not.

        Raises:
            AccessDenied: no key, an unknown one, or one that does not reach so far.
        """
        if public and self._public_search:
            return
        if not key:
            raise AccessDenied("this needs a key", hint="send it as Authorization: Bearer KEY")
        scopes = self._scopes_of(key)
        if scopes is None:
            raise AccessDenied("the key is not known here", code="key_unknown")
        if not scopes & {scope, "admin"}:
            raise AccessDenied(
                f"the key does not reach so far: this needs {scope}",
                hint="ask for a key with that scope",
                code="scope_missing",
            )

    def create(self, scopes: list[Scope], *, name: str = "") -> NewKey:
        """Make a key, and return it the only time."""
        key = f"{PREFIX}{secrets.token_urlsafe(_SECRET_BYTES)}"
        key_id = hashed(key)
        item: dict[str, Any] = {
            "pk": {"S": key_id},
            "scopes": {"SS": sorted(scopes)},
            "name": {"S": name or "-"},
            "created_at": {"S": datetime.now(UTC).isoformat()},
        }
        with translated("keep a key"):
            self._client.put_item(TableName=self._table, Item=item)
        return NewKey(key_id, key)

    def revoke(self, key_id: str) -> None:
        """Forget a key."""
        with translated("revoke a key"):
            self._client.delete_item(TableName=self._table, Key={"pk": {"S": key_id}})

    def _scopes_of(self, key: str) -> set[str] | None:
        with translated("look up a key"):
            reply = self._client.get_item(
                TableName=self._table, Key={"pk": {"S": hashed(key)}}, ConsistentRead=True
            )
        item = reply.get("Item")
        return set(item["scopes"]["SS"]) if item else None


def hashed(key: str) -> str:
    """Return what is stored of a key."""
    return hashlib.sha256(key.encode()).hexdigest()
