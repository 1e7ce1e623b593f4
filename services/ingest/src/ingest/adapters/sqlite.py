"""The catalogue of episodes and the unique keys, in one SQLite file."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from everyword_events import InvalidInput
from everyword_events.sqlite.database import SqliteDatabase
from everyword_events.sqlite.opener import Schema
from ingest.domain import EpisodeView, State
from ingest.ports import EpisodePage

SCHEMA: Final = Schema(
    name="table of episodes",
    version=2,
    script=resources.files("ingest.adapters").joinpath("schema.sql").read_text("utf-8"),
    steps={1: "UPDATE claims SET name = sha256(name);"},
    projection=True,
)

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
        self._file = SqliteDatabase(path, SCHEMA)

    def put(self, view: EpisodeView, *, position: int) -> None:
        """Keep the view of an episode's events up to a position in the log; never an older one."""
        row = (view.episode_id, position, view.show, view.state, view.model_dump_json())
        with self._file.write() as db:
            db.execute(_PUT, row)
        if view.state == "removed":
            self._file.forget_history()

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
        rows = self._file.read(f"{query} ORDER BY episode_id DESC LIMIT ?", [*values, limit + 1])
        views = [EpisodeView.model_validate_json(row[0]) for row in rows]
        more = len(views) > limit
        return EpisodePage(views[:limit], views[limit - 1].episode_id if more else None)

    def ids(self, *, show: str | None = None, state: State | None = None) -> Sequence[str]:
        """Return the ids of all such episodes, oldest first; as `page` does without a state."""
        where, values = _where(show, state)
        query = f"SELECT episode_id FROM episodes WHERE {where}"  # noqa: S608 - constants only
        return [row[0] for row in self._file.read(f"{query} ORDER BY episode_id", values)]

    def clear(self) -> None:
        """Forget the episodes; unique keys are no projection and stay."""
        with self._file.write() as db:
            db.execute("DELETE FROM episodes")

    def claim(self, name: str, owner: str) -> str:
        """Give `name` to `owner` unless somebody has it already; return who has it."""
        with self._file.write() as db:
            db.execute(
                "INSERT INTO claims VALUES (sha256(?), ?) ON CONFLICT DO NOTHING", (name, owner)
            )
            found = db.execute(
                "SELECT holder FROM claims WHERE name = sha256(?)", (name,)
            ).fetchone()
        return str(found[0])

    def owner_of(self, name: str) -> str | None:
        """Return who has `name`."""
        rows = self._file.read("SELECT holder FROM claims WHERE name = sha256(?)", (name,))
        return str(rows[0][0]) if rows else None

    def transfer(self, name: str, *, owner: str, to: str) -> bool:
        """Give `name` from one owner to another; False if it was not held by that one."""
        with self._file.write() as db:
            changed = db.execute(
                "UPDATE claims SET holder = ? WHERE name = sha256(?) AND holder = ?",
                (to, name, owner),
            )
            return changed.rowcount > 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _where(show: str | None, state: State | None) -> tuple[str, list[object]]:
    """Return a condition, made of constants only, and its values."""
    terms, values = ([_NOT_REMOVED], []) if state is None else (["state = ?"], [state])
    if show is not None:
        return " AND ".join([*terms, "show = ?"]), [*values, show]
    return terms[0], [*values]
