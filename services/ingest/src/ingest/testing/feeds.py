"""A feed store in memory, for tests of what is above it."""

from collections.abc import Sequence

from ingest.domain.feed import FeedRecord, KnownItem


class MemoryFeedStore:
    """The FeedStore port over two dictionaries."""

    def __init__(self) -> None:
        self._feeds: dict[str, FeedRecord] = {}
        self._items: dict[str, dict[str, KnownItem]] = {}

    def put(self, record: FeedRecord) -> None:
        """Keep a feed's record."""
        self._feeds[record.feed_id] = record

    def feeds(self) -> Sequence[FeedRecord]:
        """Return all feeds, in the order they were added."""
        return sorted(self._feeds.values(), key=lambda each: (each.added_at, each.feed_id))

    def remove(self, feed_id: str) -> None:
        """Forget a feed and its items."""
        self._feeds.pop(feed_id, None)
        self._items.pop(feed_id, None)

    def items(self, feed_id: str) -> Sequence[KnownItem]:
        """Return what was done about a feed's items."""
        return list(self._items.get(feed_id, {}).values())

    def put_item(self, feed_id: str, item: KnownItem) -> None:
        """Keep what was done about an item."""
        self._items.setdefault(feed_id, {})[item.identity] = item
