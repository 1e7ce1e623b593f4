"""The newest captions of each episode, in SQLite."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from pydantic import TypeAdapter

from captions.domain.latest import LatestFiles
from everyword_events import TransientFailure

_STATE = TypeAdapter(LatestFiles)


class SqliteLatestCaptions:
    """`LatestCaptions` in one SQLite file; any number of processes may use it at once."""

    def __init__(self, path: Path, *, busy_s: float = 10.0) -> None:
        self._path = path
        self._busy_s = busy_s
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(
                files("captions.adapters").joinpath("latest.sql").read_text(encoding="utf-8")
            )

    def get(self, episode_id: str) -> LatestFiles | None:
        """Return what is known of the episode, or None."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT state FROM latest_captions WHERE episode_id = ?", (episode_id,)
            ).fetchone()
        return None if row is None else _STATE.validate_json(row[0])

    def put(self, episode_id: str, known: LatestFiles, *, was: LatestFiles | None) -> bool:
        """Replace `was` with `known`, if it still stands."""
        state = _STATE.dump_json(known).decode()
        with self._connection() as connection:
            if was is None:
                done = connection.execute(
                    "INSERT INTO latest_captions VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    (episode_id, known.run_id, state),
                )
            else:
                done = connection.execute(
                    "UPDATE latest_captions SET run_id = ?, state = ?"
                    " WHERE episode_id = ? AND state = ?",
                    (known.run_id, state, episode_id, _STATE.dump_json(was).decode()),
                )
            return done.rowcount == 1

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self._path, timeout=self._busy_s)
            try:
                with connection:
                    yield connection
            finally:
                connection.close()
        except sqlite3.OperationalError as error:
            raise TransientFailure(
                f"the captions table is not usable: {error}", code="captions_table"
            ) from error
