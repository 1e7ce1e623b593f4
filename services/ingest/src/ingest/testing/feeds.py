"""Feed stores in memory, for tests of what is above them."""

from collections.abc import Mapping, Sequence

from everyword_events import NotFound
from ingest.domain.feed import FeedImport, FeedRecord, ItemReport, KnownItem


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


class MemoryFeedImports:
    """The FeedImportStore port over two dictionaries."""

    def __init__(self) -> None:
        self._jobs: dict[str, FeedImport] = {}
        self._lines: dict[str, dict[int, ItemReport]] = {}

    def put(self, job: FeedImport) -> None:
        """Keep how far an import is; one that was cancelled meanwhile stays so."""
        had = self._jobs.get(job.import_id)
        if had is None or had.state != "cancelled":
            self._jobs[job.import_id] = job

    def get(self, import_id: str) -> FeedImport:
        """Return an import; raises NotFound where there is none."""
        if import_id not in self._jobs:
            raise NotFound("no such import")
        return self._jobs[import_id]

    def list(self) -> Sequence[FeedImport]:
        """Return what is kept, newest first."""
        return sorted(self._jobs.values(), key=lambda job: job.import_id, reverse=True)

    def put_line(self, import_id: str, number: int, line: ItemReport) -> None:
        """Keep what became of an item."""
        self._lines.setdefault(import_id, {})[number] = line

    def lines(self, import_id: str) -> Mapping[int, ItemReport]:
        """Return what became of an import's items so far."""
        return dict(self._lines.get(import_id, {}))

    def forget_episode(self, episode_id: str) -> None:
        """Leave no words in the lines of a removed episode."""
        for lines in self._lines.values():
            for number, line in lines.items():
                if line.episode_id == episode_id:
                    lines[number] = line.without_words()
