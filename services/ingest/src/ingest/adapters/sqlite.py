"""The catalogue of episodes and the unique keys, in one SQLite file."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Any, Final

from everyword_events import EverywordError, InvalidInput, Misconfigured, TransientFailure
from ingest.domain import EpisodeView, State
from ingest.ports import EpisodePage

SCHEMA_VERSION: Final = 1
BUSY_TIMEOUT_S: Final = 30.0

_PUT: Final = """
INSERT INTO episodes (episode_id, position, show, state, view) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (episode_id) DO UPDATE SET
    position = excluded.position, show = excluded.show, state = excluded.state, view = excluded.view
WHERE excluded.position >= position
"""
_NOT_REMOVED: Final = "state <> 'removed'"


class SqliteIngestTables:
    """EpisodeCatalogue and UniqueKeys over one file; threads and processes may share it.

    Raises:
        Misconfigured: the file cannot be made or read here, or is newer than this program.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        with self._translated():
            self._db = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
        try:
            with self._translated():
                self._prepare()
        except BaseException:
            self._db.close()
            raise

    def put(self, view: EpisodeView, *, position: int) -> None:
        """Keep the view of an episode's events up to a position in the log; never an older one."""
        row = (view.episode_id, position, view.show, view.state, view.model_dump_json())
        self._run(_PUT, row)

    def page(
        self, *, show: str | None, state: State | None, cursor: str | None, limit: int
    ) -> EpisodePage:
        """Return episodes, newest first; removed ones only where that state is asked for."""
        if cursor is not None and not all(c.isalnum() or c in "-_" for c in cursor):
            raise InvalidInput(
                "not a cursor", hint="use the one of the page before", code="cursor_invalid"
            )
        where, values = _where(show, state)
        if cursor is not None:
            where, values = f"{where} AND episode_id < ?", [*values, cursor]
        query = f"SELECT view FROM episodes WHERE {where}"  # noqa: S608 - constants only
        rows = self._run(f"{query} ORDER BY episode_id DESC LIMIT ?", [*values, limit + 1])
        views = [EpisodeView.model_validate_json(row[0]) for row in rows]
        more = len(views) > limit
        return EpisodePage(views[:limit], views[limit - 1].episode_id if more else None)

    def ids(self, *, show: str | None = None, state: State | None = None) -> Sequence[str]:
        """Return the ids of all such episodes, oldest first; as `page` does without a state."""
        where, values = _where(show, state)
        query = f"SELECT episode_id FROM episodes WHERE {where}"  # noqa: S608 - constants only
        return [row[0] for row in self._run(f"{query} ORDER BY episode_id", values)]

    def clear(self) -> None:
        """Forget the episodes; unique keys are no projection and stay."""
        self._run("DELETE FROM episodes", ())

    def claim(self, name: str, owner: str) -> str:
        """Give `name` to `owner` unless somebody has it already; return who has it."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO claims VALUES (?, ?) ON CONFLICT DO NOTHING", (name, owner)
            )
            found = self._db.execute("SELECT holder FROM claims WHERE name = ?", (name,)).fetchone()
        return str(found[0])

    def owner_of(self, name: str) -> str | None:
        """Return who has `name`."""
        rows = self._run("SELECT holder FROM claims WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def transfer(self, name: str, *, owner: str, to: str) -> bool:
        """Give `name` from one owner to another; False if it was not held by that one."""
        return bool(
            self._run(
                "UPDATE claims SET holder = ? WHERE name = ? AND holder = ? RETURNING 1",
                (to, name, owner),
            )
        )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _run(self, statement: str, values: Any) -> list[Any]:
        with self._lock, self._translated():
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    def _prepare(self) -> None:
        self._use_write_ahead_log()
        with self._transaction():
            version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
            if version == 0:
                for statement in _schema():
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        if version > SCHEMA_VERSION:
            raise Misconfigured(
                f"{self._path} was written by a newer Everyword",
                hint="update everyword, or use another data folder",
                code="data_too_new",
            )

    def _use_write_ahead_log(self) -> None:
        """Switch over; SQLite answers "locked" at once while another process does so too."""
        deadline = time.monotonic() + BUSY_TIMEOUT_S
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                busy = getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
                if not busy or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError:
            raise  # a mistake of ours, not of the file's
        except sqlite3.Error as error:
            raise _ours(error, self._path) from error


def _where(show: str | None, state: State | None) -> tuple[str, list[object]]:
    """Return a condition, made of constants only, and its values."""
    terms, values = ([_NOT_REMOVED], []) if state is None else (["state = ?"], [state])
    if show is not None:
        return " AND ".join([*terms, "show = ?"]), [*values, show]
    return terms[0], [*values]


def _schema() -> Iterator[str]:
    script = resources.files("ingest.adapters").joinpath("schema.sql").read_text("utf-8")
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _ours(error: sqlite3.Error, path: Path) -> EverywordError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_FULL")):
        return TransientFailure(f"{path}: {error}", hint="check the disk", code="storage_failed")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return Misconfigured(
            f"{path} is damaged, or not Everyword's",
            hint="move it away; it is made again from the journal",
            code="data_unreadable",
        )
    return Misconfigured(
        f"cannot write {path}: {error}",
        hint="choose a folder you may write to, with --data DIR",
        code="data_not_writable",
    )
