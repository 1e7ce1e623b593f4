"""The feeds that are followed, in ingest's DynamoDB table.

Rows (`pk`, `sk`): `feeds`, a feed's id; `feed ` with a feed's id, a digest of an item's identity.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from everyword_events.aws.rows import Rows, key
from ingest.domain.feed import FeedRecord, KnownItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FEEDS: Final = "feeds"


class DynamoFeedStore:
    """The FeedStore port. Threads and processes may share it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._rows = Rows(client, table)

    def put(self, record: FeedRecord) -> None:
        """Keep a feed's record; when it was added first stays."""
        kept = self._rows.get(_FEEDS, record.feed_id)
        added_at = kept["added_at"]["S"] if kept else record.added_at.isoformat()
        self._rows.put(_FEEDS, record.feed_id, record.model_dump_json(), added_at=added_at)

    def feeds(self) -> Sequence[FeedRecord]:
        """Return all feeds, in the order they were added."""
        rows = sorted(
            self._rows.of(_FEEDS), key=lambda each: (each["added_at"]["S"], each["sk"]["S"])
        )
        return [FeedRecord.model_validate_json(each["record"]["S"]) for each in rows]

    def remove(self, feed_id: str) -> None:
        """Forget a feed and its items."""
        self._rows.delete_all(list(self._rows.of(_items(feed_id))))
        self._rows.delete_all([key(_FEEDS, feed_id)])

    def items(self, feed_id: str) -> Sequence[KnownItem]:
        """Return what was done about a feed's items."""
        rows = self._rows.of(_items(feed_id))
        return [KnownItem.model_validate_json(each["record"]["S"]) for each in rows]

    def put_item(self, feed_id: str, item: KnownItem) -> None:
        """Keep what was done about an item."""
        name = sha256(item.identity.encode()).hexdigest()  # an identity may be longer than a key
        self._rows.put(_items(feed_id), name, item.model_dump_json())


def _items(feed_id: str) -> str:
    return f"feed {feed_id}"
