"""The feeds that are followed, in one SQLite file."""

from collections.abc import Sequence
from importlib import resources
from typing import Final

from everyword_events.sqlite.database import SqliteDatabase
from everyword_events.sqlite.opener import Schema
from ingest.domain.feed import FeedRecord, KnownItem


def _script(name: str) -> str:
    return resources.files("ingest.adapters").joinpath(name).read_text("utf-8")


_DIGESTS: Final = """
UPDATE feed_items SET identity = sha256(identity), record = json_set(record,
    '$.identity', sha256(json_extract(record, '$.identity')),
    '$.url', sha256(json_extract(record, '$.url')));
"""
_IMPORTS: Final = """
SELECT import_id FROM feed_imports WHERE json_extract(record, '$.feed.feed_id') = ?
"""
SCHEMA: Final = Schema(
    name="table of feeds",
    version=3,
    script=_script("feeds.sql") + _script("feed_imports.sql"),
    steps={1: _script("feed_imports.sql"), 2: _DIGESTS},
)


class SqliteFeedStore:
    """The FeedStore port; threads and processes may share the file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._db = database

    def put(self, record: FeedRecord) -> None:
        """Keep a feed's record."""
        row = (record.feed_id, record.added_at.isoformat(), record.model_dump_json())
        with self._db.write() as db:
            db.execute(
                "INSERT INTO feeds VALUES (?, ?, ?) "
                "ON CONFLICT (feed_id) DO UPDATE SET record = excluded.record",
                row,
            )

    def feeds(self) -> Sequence[FeedRecord]:
        """Return all feeds, in the order they were added."""
        rows = self._db.read("SELECT record FROM feeds ORDER BY added_at, feed_id")
        return [FeedRecord.model_validate_json(row[0]) for row in rows]

    def remove(self, feed_id: str) -> None:
        """Forget a feed, its items and its imports."""
        with self._db.write() as db:
            for (import_id,) in db.execute(_IMPORTS, (feed_id,)).fetchall():
                db.execute("DELETE FROM feed_import_lines WHERE import_id = ?", (import_id,))
                db.execute("DELETE FROM feed_imports WHERE import_id = ?", (import_id,))
            db.execute("DELETE FROM feed_items WHERE feed_id = ?", (feed_id,))
            db.execute("DELETE FROM feeds WHERE feed_id = ?", (feed_id,))
        self._db.forget_history()

    def items(self, feed_id: str) -> Sequence[KnownItem]:
        """Return what was done about a feed's items."""
        rows = self._db.read("SELECT record FROM feed_items WHERE feed_id = ?", (feed_id,))
        return [KnownItem.model_validate_json(row[0]) for row in rows]

    def put_item(self, feed_id: str, item: KnownItem) -> None:
        """Keep what was done about an item."""
        row = (feed_id, item.identity, item.model_dump_json())
        with self._db.write() as db:
            db.execute(
                "INSERT INTO feed_items VALUES (?, ?, ?) "
                "ON CONFLICT (feed_id, identity) DO UPDATE SET record = excluded.record",
                row,
            )
