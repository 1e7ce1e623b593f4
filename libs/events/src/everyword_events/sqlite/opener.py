"""Opens every SQLite file there is: permissions, pragmas, schema and version, our errors.

Any number of processes may open a file; a process opens it after a fork, never before. It must
lie on a local disk: the write-ahead log needs shared memory (https://www.sqlite.org/wal.html).
"""

import hashlib
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from everyword_events.errors import EverywordError, Misconfigured, TransientFailure

OLDEST_SQLITE: Final = (3, 37)  # STRICT tables; RETURNING came with 3.35
_CHECKPOINT_PAGES: Final = 4_000  # 16 MB of log: a page written again and again is copied once

_CHECKED_BYTES: Final = 64_000_000


@dataclass(frozen=True)
class Schema:
    """A file's tables: `script` makes the present version, `steps[n]` lifts version n to n + 1.

    `name` says in messages what the file is. A `projection` can be made again from the event log:
    one of a version that no step lifts is emptied, for its owner to fill.
    """

    name: str
    version: int
    script: str
    steps: Mapping[int, str] = field(default_factory=dict)
    projection: bool = False


def connect(
    path: Path, schema: Schema, *, busy_timeout_s: float = 30.0, pragmas: Sequence[str] = ()
) -> sqlite3.Connection:
    """Open the file, made and brought to the schema's version where that is needed.

    Commits are durable; what is deleted is overwritten. `pragmas` (`cache_size = -32768`) are
    the caller's own. SQL may call `sha256(text)`, which gives the digest in hexadecimal. The
    connection may be used by any thread, one at a time, and has no transactions of its own.

    Raises:
        Misconfigured: it cannot be made or read here, is none of ours, damaged, or newer than we.
        TransientFailure: it is locked, or the disk is full.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise Misconfigured(
            f"this Python carries SQLite {sqlite3.sqlite_version}, needed is 3.37 or newer",
            hint="use a newer Python",
        )
    with translated(path, schema):
        is_new = not path.exists()
        connection = sqlite3.connect(
            path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
        )
        try:
            if is_new:
                with suppress(OSError):
                    path.chmod(0o600)  # never open the file: closing it would drop SQLite's locks
            _use_write_ahead_log(connection, busy_timeout_s)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            connection.execute("PRAGMA secure_delete = ON")
            connection.create_function("sha256", 1, _sha256, deterministic=True)
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")
            _prepare(connection, path, schema)
        except BaseException:
            connection.close()
            raise
    return connection


def problems_of(path: Path) -> str:
    """Say what is wrong inside a SQLite file; nothing when it is sound, or not there."""
    if not path.exists():
        return ""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            _open_virtual_tables(connection)
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        return str(error)
    return "" if found == "ok" else str(found).replace("\n", " ")


def is_damaged(path: Path) -> bool:
    """Tell whether a file holds no tables of ours: it is no database, is torn, or another's.

    A large file is only opened, which takes no more than a moment.
    """
    if not path.exists():
        return False
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if not _version(connection):
                return True  # the tables and the version are made in one transaction
            _open_virtual_tables(connection)
            if path.stat().st_size > _CHECKED_BYTES:
                return not tables
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        return is_error(error, "SQLITE_NOTADB", "SQLITE_CORRUPT")
    return bool(found != "ok")


def delete_file(path: Path) -> None:
    """Delete a SQLite file with what lies beside it; nobody may have it open."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


@contextmanager
def translated(path: Path, schema: Schema) -> Iterator[None]:
    """Raise our errors for SQLite's."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a mistake of ours, not of the file's
    except sqlite3.Error as error:
        raise _ours(error, path, schema) from error


def damaged(path: Path, schema: Schema) -> Misconfigured:
    """Return the error of a file that holds no tables of this schema that can be read."""
    hint = "restore it from a backup, or move it away to start empty"
    if schema.projection:
        hint = "start everyword again: it is made again from the event log"
    return Misconfigured(
        f"{path} is not an Everyword {schema.name}, or is damaged",
        hint=hint,
        code="data_unreadable",
    )


def _prepare(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    """Make the tables of a new file, lift an older one; refuse one that is not ours or too new."""
    found = _version(connection)
    if found > schema.version:
        hint = "use another data folder"
        if schema.projection:
            hint = "move the file away: it is made again from the event log"
        raise Misconfigured(
            f"{path} was written by a newer Everyword ({schema.name} schema {found}, "
            f"this program knows up to {schema.version})",
            hint=f"update everyword, or {hint}",
            code="data_too_new",
        )
    if found == schema.version:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = _version(connection)  # another process may have been quicker
        if found == 0:
            _check_empty(connection, path, schema)
            _run(connection, schema.script)
        elif found < schema.version and schema.projection and found not in schema.steps:
            _drop_all(connection)
            _run(connection, schema.script)
            found = schema.version
        for version in range(found, schema.version) if found else ():
            _run(connection, schema.steps[version])
        connection.execute(f"PRAGMA user_version = {schema.version}")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _check_empty(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise damaged(path, schema)


def _open_virtual_tables(connection: sqlite3.Connection) -> None:
    """Open each full-text table, which finds damage that SQLite's own check passes over.

    Raises:
        sqlite3.DatabaseError: SQLITE_CORRUPT_VTAB.
    """
    made = "SELECT name FROM sqlite_schema WHERE sql LIKE 'create virtual table%'"
    for (name,) in connection.execute(made).fetchall():
        connection.execute(f'SELECT rowid FROM "{name}" LIMIT 0').fetchall()  # noqa: S608


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _drop_all(connection: sqlite3.Connection) -> None:
    """Drop all tables; virtual ones first, as their shadow tables go with them."""
    kinds = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE ? ORDER BY name"
    for like in ("create virtual table%", "create table%"):
        for (name,) in connection.execute(kinds, (like,)).fetchall():
            if not name.startswith("sqlite_"):
                connection.execute(f'DROP TABLE IF EXISTS "{name}"')


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _run(connection: sqlite3.Connection, script: str) -> None:
    """Run a script inside the present transaction, which `executescript` would end."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _use_write_ahead_log(connection: sqlite3.Connection, busy_timeout_s: float) -> None:
    """Switch to the write-ahead log; two processes that do so at once do not wait for each other.

    SQLite answers "locked" at once here, whatever the busy time-out, so we wait.
    """
    deadline = time.monotonic() + busy_timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not is_error(error, "SQLITE_BUSY", "SQLITE_LOCKED") or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def is_error(error: sqlite3.Error, *names: str) -> bool:
    """Tell whether the error is one of `names` or an extended form of it (SQLITE_BUSY_SNAPSHOT)."""
    return getattr(error, "sqlite_errorname", "").startswith(names)


def _ours(error: sqlite3.Error, path: Path, schema: Schema) -> EverywordError:
    # PROTOCOL: on an overloaded machine, after ten seconds of trying for the log's lock.
    # SCHEMA: the file was compacted meanwhile.
    if is_error(error, "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL", "SQLITE_SCHEMA"):
        return TransientFailure(f"{path} is busy: {error}", code="database_busy")
    if is_error(error, "SQLITE_FULL"):
        return TransientFailure(
            f"no space left for {path}", hint="free some disk space", code="disk_full"
        )
    if is_error(error, "SQLITE_IOERR"):
        return TransientFailure(f"cannot read or write {path}: {error}", hint="check the disk")
    if is_error(error, "SQLITE_NOTADB", "SQLITE_CORRUPT"):
        return damaged(path, schema)
    if is_error(error, "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH"):
        return Misconfigured(
            f"cannot write {path}: {error}",
            hint="choose a folder you may write to, with --data DIR",
            code="data_not_writable",
        )
    return Misconfigured(f"{path}: {error}", hint=f"is this the {schema.name} of another version?")
