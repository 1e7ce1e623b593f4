"""Feeds that are taken in in the background, in the SQLite file of feeds."""

from collections.abc import Mapping, Sequence
from typing import Final

from everyword_events import NotFound
from everyword_events.sqlite.database import SqliteDatabase
from ingest.domain.feed import FeedImport, ItemReport

MOST_KEPT: Final = 100
"""So many imports that are over are kept, with their lines."""
_OVER: Final = """
SELECT import_id FROM feed_imports WHERE state <> 'running' ORDER BY import_id DESC
LIMIT -1 OFFSET ?
"""
_FORGET: Final = """
UPDATE feed_import_lines
SET line = json_set(line, '$.guid', '', '$.title', '(removed)', '$.message', '')
WHERE json_extract(line, '$.episode_id') = ?
"""


class SqliteFeedImports:
    """The FeedImportStore port; threads and processes may share the file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._db = database

    def put(self, job: FeedImport) -> None:
        """Keep how far an import is; one that was cancelled meanwhile stays so."""
        row = (job.import_id, job.state, job.model_dump_json())
        with self._db.write() as db:
            db.execute(
                "INSERT INTO feed_imports VALUES (?, ?, ?) ON CONFLICT (import_id) DO UPDATE SET"
                " state = excluded.state, record = excluded.record WHERE state <> 'cancelled'",
                row,
            )
            for (import_id,) in db.execute(_OVER, (MOST_KEPT,)).fetchall():
                db.execute("DELETE FROM feed_import_lines WHERE import_id = ?", (import_id,))
                db.execute("DELETE FROM feed_imports WHERE import_id = ?", (import_id,))

    def get(self, import_id: str) -> FeedImport:
        """Return an import.

        Raises:
            NotFound: there is none of that id.
        """
        rows = self._db.read("SELECT record FROM feed_imports WHERE import_id = ?", (import_id,))
        if not rows:
            raise NotFound(
                f"no import {import_id[:80]!r} of a feed",
                hint="`everyword feeds imports` lists them",
                code="feed_import_missing",
            )
        return FeedImport.model_validate_json(rows[0][0])

    def list(self) -> Sequence[FeedImport]:
        """Return what is kept, newest first."""
        rows = self._db.read("SELECT record FROM feed_imports ORDER BY import_id DESC")
        return [FeedImport.model_validate_json(row[0]) for row in rows]

    def put_line(self, import_id: str, number: int, line: ItemReport) -> None:
        """Keep what became of the item of this number in the feed."""
        row = (import_id, number, line.model_dump_json())
        with self._db.write() as db:
            db.execute("INSERT OR REPLACE INTO feed_import_lines VALUES (?, ?, ?)", row)

    def lines(self, import_id: str) -> Mapping[int, ItemReport]:
        """Return what became of an import's items so far."""
        rows = self._db.read(
            "SELECT number, line FROM feed_import_lines WHERE import_id = ?", (import_id,)
        )
        return {number: ItemReport.model_validate_json(line) for number, line in rows}

    def forget_episode(self, episode_id: str) -> None:
        """Leave no words in the lines of a removed episode."""
        with self._db.write() as db:
            db.execute(_FORGET, (episode_id,))
        self._db.forget_history()
