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

from everyword_events import Misconfigured, TransientFailure
from search.domain.pages import out_of_time

FORMAT: Final = 6
"""Of what is stored and of the tokens themselves; an index of an older one is made again."""
_SCHEMA: Final = ("schema.sql", "phonetics.sql")
_BUSY_TIMEOUT_S: Final = 30
_CHECKED_BYTES: Final = 64_000_000
_STEPS: Final = 50_000
"""SQLite looks at the clock every so many steps of its virtual machine (under 1 ms)."""
_SETTINGS: Final = """
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma foreign_keys = on;
    pragma secure_delete = on;
    pragma cache_size = -32768;
    pragma mmap_size = 1073741824;
"""


class Connections:
    """Opens the index file, creating or refusing it by its format."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        with self._translated():
            self._create()

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
            Misconfigured: it is damaged (code `index_damaged`).
        """
        with self._translated(), self._borrowed() as connection:
            if self._path.stat().st_size <= _CHECKED_BYTES:
                found = connection.execute("pragma quick_check(1)").fetchone()[0]
                if found != "ok":
                    raise sqlite3.DatabaseError(found)

    def leave_no_trace(self) -> None:
        """Empty the write-ahead log: what was deleted stands in it until then."""
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
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            connection.executescript(_SETTINGS)
        except BaseException:
            connection.close()
            raise
        return connection

    def _create(self) -> None:
        with self._borrowed() as connection:
            found = connection.execute("pragma user_version").fetchone()[0]
        if found > FORMAT:
            raise Misconfigured(
                f"the search index {self._path.name} was written by a newer version "
                f"(format {found}, this program knows {FORMAT})",
                hint="update everyword, or move the file away and rebuild the index by replay",
                code="index_too_new",
            )
        if found < FORMAT:
            self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        """Make empty tables; of several processes that open the file at once, one does."""
        folder = resources.files("search.adapters.sqlite")
        with self.writing() as connection:
            found = connection.execute("pragma user_version").fetchone()[0]
            if found == FORMAT:
                return
            _drop_all(connection)
            for file in _SCHEMA:
                for statement in _statements(folder.joinpath(file).read_text("utf-8")):
                    connection.execute(statement)
            connection.execute(f"pragma user_version = {FORMAT}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise out_of_time() from error
            if "unable to open" in str(error) or "readonly" in str(error):
                raise Misconfigured(
                    f"the search index {self._path} cannot be opened: {error}",
                    hint="check that its folder exists and is writable",
                    code="index_not_writable",
                ) from error
            raise TransientFailure(
                f"the search index is busy: {error}", code="index_busy"
            ) from error
        except sqlite3.DatabaseError as error:
            raise Misconfigured(
                f"the search index {self._path.name} cannot be read: {error}",
                hint="restart everyword: it makes the index again from the event log",
                code="index_damaged",
            ) from error


def _drop_all(connection: sqlite3.Connection) -> None:
    """Drop all tables; virtual ones first, as their shadow tables go with them."""
    kinds = "select name from sqlite_master where type = 'table' and sql like ? order by name"
    for like in ("create virtual table%", "create table%"):
        for (name,) in connection.execute(kinds, (like,)).fetchall():
            if not name.startswith("sqlite_"):
                connection.execute(f'drop table if exists "{name}"')


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
