"""One SQLite file shared by a process's threads: one writing and one reading connection."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from everyword_events.sqlite.compaction import mark
from everyword_events.sqlite.opener import Schema, connect, translated

_POLL_S: Final = 0.05
_NORMAL: Final = 1
_FULL: Final = 2


class SqliteDatabase:
    """A file of `schema`; see `opener.connect` for what opening does and raises."""

    def __init__(self, path: Path, schema: Schema, *, busy_timeout_s: float = 30.0) -> None:
        self.path = path
        self._schema = schema
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        self._changed = threading.Condition()
        self.wakes = 0
        self._synchronous = _FULL
        self._writer = connect(path, schema, busy_timeout_s=busy_timeout_s)
        try:
            self._reader = connect(path, schema, busy_timeout_s=busy_timeout_s)
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
        with self._write_lock, translated(self.path, self._schema):
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
        with self._read_lock, translated(self.path, self._schema):
            return self._reader.execute(query, values).fetchall()

    def version(self) -> int:
        """Return a number that changes whenever any process commits."""
        return int(self.read("PRAGMA data_version")[0][0])

    def wait_for_change(self, seen: int, timeout_s: float) -> None:
        """Return once `version()` differs from `seen`, after `timeout_s`, or at a `wake`.

        Threads of this process are woken; other processes' commits are noticed within 50 ms.
        """
        deadline = time.monotonic() + timeout_s
        wakes = self.wakes
        while self.version() == seen and (left := deadline - time.monotonic()) > 0:
            with self._changed:
                if self.wakes != wakes:
                    return
                self._changed.wait(min(left, _POLL_S))

    def wake(self) -> None:
        """End what threads of this process wait for now, though nothing changed."""
        with self._changed:
            self.wakes += 1
            self._changed.notify_all()

    def forget_history(self) -> None:
        """Take what was deleted or overwritten out of the write-ahead log, and soon out of all.

        Traces in the file itself go when it is compacted, and so does a log that others read now.
        """
        mark(self.path)
        with (
            self._write_lock,
            translated(self.path, self._schema),
            suppress(sqlite3.OperationalError),
        ):
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close both connections; the file holds everything committed."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()
