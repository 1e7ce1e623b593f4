"""Connections to the index file, the last used first; errors translated.

The last used one has the pages in memory that the next search needs.
"""

import math
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Final

from everyword_events.sqlite.compaction import mark
from everyword_events.sqlite.opener import Schema, connect, damaged, is_error, translated
from search.domain.pages import out_of_time

SCHEMA: Final = Schema(
    name="search index",
    version=7,  # of what is stored and of the tokens themselves
    script="".join(
        resources.files("search.adapters.sqlite").joinpath(file).read_text("utf-8")
        for file in ("schema.sql", "phonetics.sql")
    ),
    projection=True,
)
_CHECKED_BYTES: Final = 64_000_000
_STEPS: Final = 50_000
"""SQLite looks at the clock every so many steps of its virtual machine (under 1 ms)."""
_PRAGMAS: Final = ("foreign_keys = on", "cache_size = -32768", "mmap_size = 1073741824")


class Connections:
    """Opens the index file; one of an older format is made anew, empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        with self._borrowed():
            pass

    @contextmanager
    def reading(self, *, ends_at: float = math.inf) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees one state of the index throughout.

        At `ends_at` (on the clock of `time.monotonic`) its statements end in TransientFailure.
        """
        with self._transaction("begin") as connection:
            if ends_at < math.inf:
                connection.set_progress_handler(lambda: time.monotonic() > ends_at, _STEPS)
            try:
                yield connection
            finally:
                connection.set_progress_handler(None, _STEPS)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection whose changes are all durable at the end, or none."""
        with self._transaction("begin immediate") as connection:
            yield connection

    def check(self) -> None:
        """Look the file over, as far as that takes no more than a moment.

        Raises:
            Misconfigured: it is damaged (code `data_unreadable`).
        """
        with self._translated(), self._borrowed() as connection:
            if self._path.stat().st_size <= _CHECKED_BYTES:
                found = connection.execute("pragma quick_check(1)").fetchone()[0]
                if found != "ok":
                    raise damaged(self._path, SCHEMA)

    def leave_no_trace(self) -> None:
        """Take what was deleted out of the write-ahead log, and soon out of the file's slack."""
        mark(self._path)
        with self._translated(), self._borrowed() as connection:
            connection.execute("pragma wal_checkpoint(truncate)").fetchall()

    def close(self) -> None:
        """Close the connections; none may be in use."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._translated(), self._borrowed() as connection:
            connection.execute(begin)
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that nobody else has meanwhile."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = self._opened()
        try:
            yield connection
        finally:
            with self._lock:
                self._idle.append(connection)

    def _opened(self) -> sqlite3.Connection:
        return connect(self._path, SCHEMA, pragmas=_PRAGMAS)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(self._path, SCHEMA):
            try:
                yield
            except sqlite3.OperationalError as error:
                if is_error(error, "SQLITE_INTERRUPT"):
                    raise out_of_time() from error
                raise
