"""One SQLite file, opened safely: write-ahead log, durable commits, our errors, schema version.

Any number of processes may open the file; a process opens it after a fork, never before. It must
lie on a local disk: the write-ahead log needs shared memory (https://www.sqlite.org/wal.html).
"""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Any, Final

from everyword_events.errors import EverywordError, Misconfigured, TransientFailure

SCHEMA_VERSION: Final = 1
OLDEST_SQLITE: Final = (3, 37)  # STRICT tables; RETURNING came with 3.35
_POLL_S: Final = 0.05
_CHECKPOINT_PAGES: Final = 4_000  # 16 MB of log: a page written again and again is copied once
_NORMAL: Final = 1
_FULL: Final = 2


class SqliteFile:
    """The bus's file: one writing and one reading connection, shared by this process's threads.

    Raises:
        Misconfigured: the file cannot be made or read here, is no bus, or is newer than we are.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        self._changed = threading.Condition()
        self._synchronous = _FULL
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise Misconfigured(
                f"this Python carries SQLite {sqlite3.sqlite_version}, the bus needs 3.37 or newer",
                hint="use a newer Python",
            )
        with self._translated():
            self._writer = self._connect()
            try:
                self._prepare()
                self._reader = self._connect()
            except BaseException:
                self._writer.close()
                raise

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Run one transaction, committed at the end, undone by any exception.

        With `durable` it survives a loss of power once committed; without it survives the death of
        any process, and a loss of power may undo it whole (never in part). Claims are written so:
        undoing one only delivers again.
        """
        with self._write_lock, self._translated():
            writer = self._writer
            wanted = _FULL if durable else _NORMAL
            if wanted != self._synchronous:
                writer.execute(f"PRAGMA synchronous = {wanted}")
                self._synchronous = wanted
            writer.execute("BEGIN IMMEDIATE")
            try:
                yield writer
                writer.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    writer.execute("ROLLBACK")
                raise
        if durable:
            with self._changed:
                self._changed.notify_all()

    def read(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """Return the rows of one query on the last committed state."""
        with self._read_lock, self._translated():
            return self._reader.execute(query, values).fetchall()

    def version(self) -> int:
        """Return a number that changes whenever any process commits."""
        return int(self.read("PRAGMA data_version")[0][0])

    def wait_for_change(self, seen: int, timeout_s: float) -> None:
        """Return once `version()` differs from `seen`, or after `timeout_s`.

        Threads of this process are woken; other processes' commits are noticed within 50 ms.
        """
        deadline = time.monotonic() + timeout_s
        while self.version() == seen and (left := deadline - time.monotonic()) > 0:
            with self._changed:
                self._changed.wait(min(left, _POLL_S))

    def close(self) -> None:
        """Close both connections; the file holds everything committed."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self._busy_timeout_s, isolation_level=None, check_same_thread=False
        )
        try:
            _use_write_ahead_log(connection, self._busy_timeout_s)
            connection.execute(f"PRAGMA synchronous = {_FULL}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self) -> None:
        """Create the tables in a new file; refuse a file that is not ours or too new."""
        found = self._user_version()
        if found == 0:
            self._writer.execute("BEGIN EXCLUSIVE")
            try:
                if self._user_version() == 0:
                    self._create()
                self._writer.execute("COMMIT")
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
        elif found > SCHEMA_VERSION:
            raise Misconfigured(
                f"{self.path} was written by a newer Everyword (bus schema {found}, "
                f"this program knows up to {SCHEMA_VERSION})",
                hint="update everyword, or use another data folder",
                code="data_too_new",
            )

    def _create(self) -> None:
        if self._writer.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            raise _not_a_bus(self.path)
        for statement in _statements(_schema()):
            self._writer.execute(statement)
        self._writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _user_version(self) -> int:
        return int(self._writer.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError:
            raise  # a mistake of ours, not of the file's
        except sqlite3.Error as error:
            raise _ours(error, self.path) from error


def _use_write_ahead_log(connection: sqlite3.Connection, busy_timeout_s: float) -> None:
    """Switch to the write-ahead log; two processes that do so at once do not wait for each other.

    SQLite answers "locked" at once here, whatever the busy time-out, so we wait.
    """
    deadline = time.monotonic() + busy_timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is(error, "SQLITE_BUSY", "SQLITE_LOCKED") or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _schema() -> str:
    return resources.files("everyword_events.sqlite").joinpath("schema.sql").read_text("utf-8")


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _is(error: sqlite3.Error, *names: str) -> bool:
    """Tell whether the error is one of `names` or an extended form of it (SQLITE_BUSY_SNAPSHOT)."""
    return getattr(error, "sqlite_errorname", "").startswith(names)


def _not_a_bus(path: Path) -> Misconfigured:
    return Misconfigured(
        f"{path} is not an Everyword bus, or is damaged",
        hint="restore it from a backup, or move it away to start empty",
        code="data_unreadable",
    )


def _ours(error: sqlite3.Error, path: Path) -> EverywordError:
    if _is(error, "SQLITE_BUSY", "SQLITE_LOCKED"):
        return TransientFailure(f"{path} is busy: {error}", code="bus_busy")
    if _is(error, "SQLITE_FULL"):
        return TransientFailure(f"no space left for {path}", hint="free some disk space")
    if _is(error, "SQLITE_IOERR"):
        return TransientFailure(f"cannot read or write {path}: {error}", hint="check the disk")
    if _is(error, "SQLITE_NOTADB", "SQLITE_CORRUPT"):
        return _not_a_bus(path)
    if _is(error, "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH"):
        return Misconfigured(
            f"cannot write {path}: {error}",
            hint="choose a folder you may write to, with --data DIR",
            code="data_not_writable",
        )
    return Misconfigured(f"{path}: {error}", hint="is this the bus of another version?")
