"""The newest captions of each episode, in SQLite."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from captions.domain.latest import LatestFiles
from everyword_events.sqlite.database import SqliteDatabase
from everyword_events.sqlite.opener import Schema

SCHEMA: Final = Schema(
    name="table of captions",
    version=1,
    script=files("captions.adapters").joinpath("latest.sql").read_text(encoding="utf-8"),
    projection=True,
)
_STATE = TypeAdapter(LatestFiles)


class SqliteLatestCaptions:
    """`LatestCaptions` in one SQLite file; any number of processes may use it at once."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteDatabase(path, SCHEMA)

    def get(self, episode_id: str) -> LatestFiles | None:
        """Return what is known of the episode, or None."""
        rows = self._file.read(
            "SELECT version, state FROM latest_captions WHERE episode_id = ?", (episode_id,)
        )
        if not rows:
            return None
        version, state = rows[0]
        return replace(_STATE.validate_json(state), version=version)

    def put(self, episode_id: str, known: LatestFiles) -> bool:
        """Replace the version that `known` was made from, if it still is the present one."""
        state = _STATE.dump_json(known).decode()
        with self._file.write() as db:
            if known.version == 0:
                done = db.execute(
                    "INSERT INTO latest_captions VALUES (?, ?, 1, ?) ON CONFLICT DO NOTHING",
                    (episode_id, known.run_id, state),
                )
            else:
                done = db.execute(
                    "UPDATE latest_captions SET run_id = ?, version = version + 1, state = ?"
                    " WHERE episode_id = ? AND version = ?",
                    (known.run_id, state, episode_id, known.version),
                )
        if done.rowcount and known.removed:
            self._file.forget_history()
        return done.rowcount == 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()
