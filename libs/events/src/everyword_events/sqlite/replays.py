"""Replays of many episodes, kept in one SQLite file: a restart goes on where they were."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from everyword_events.envelope import new_run_id
from everyword_events.errors import Conflict, NotFound
from everyword_events.replay_jobs import ReplayRequest, ReplayState, ReplayStatus
from everyword_events.sqlite.database import SqliteDatabase
from everyword_events.sqlite.opener import Schema

SCHEMA: Final = Schema(
    name="table of replays",
    version=1,
    script="""
-- What was asked for (`request`, JSON), and how far it is: `done` of `total` episodes looked at,
-- `replayed` of them had such an event. Times are whole milliseconds since 1970, UTC.
CREATE TABLE replays (
    replay_id  TEXT PRIMARY KEY,
    request    TEXT NOT NULL,
    state      TEXT NOT NULL,
    total      INTEGER NOT NULL,
    done       INTEGER NOT NULL DEFAULT 0,
    replayed   INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The episodes of each replay, in their order.
CREATE TABLE replayed_episodes (
    replay_id  TEXT NOT NULL,
    number     INTEGER NOT NULL,
    episode_id TEXT NOT NULL,
    PRIMARY KEY (replay_id, number)
) STRICT, WITHOUT ROWID;
""",
)
_STATUS: Final = "SELECT replay_id, request, state, total, done, replayed, created_at FROM replays"
_UNFINISHED: Final = "state IN ('running', 'paused')"


class SqliteReplays:
    """Replays over one file; threads and processes may share it."""

    def __init__(
        self, path: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._file = SqliteDatabase(path, SCHEMA)
        self._clock = clock

    def start(self, request: ReplayRequest, episode_ids: Sequence[str]) -> ReplayStatus:
        """Keep a replay to be done; one asked for the same that is not finished is returned."""
        asked = request.to_json()
        with self._file.write() as db:
            row = db.execute(
                f"{_STATUS} WHERE request = ? AND {_UNFINISHED}",
                (asked,),
            ).fetchone()
            if row is not None:
                return _status(row)
            replay_id = new_run_id()
            state = "running" if episode_ids else "done"
            now_ms = int(self._clock().timestamp() * 1000)
            db.execute(
                "INSERT INTO replays (replay_id, request, state, total, created_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (replay_id, asked, state, len(episode_ids), now_ms),
            )
            db.executemany(
                "INSERT INTO replayed_episodes VALUES (?, ?, ?)",
                [(replay_id, number, each) for number, each in enumerate(episode_ids)],
            )
        return self.get(replay_id)

    def get(self, replay_id: str) -> ReplayStatus:
        """Return how far a replay is.

        Raises:
            NotFound: there is none of that id.
        """
        rows = self._file.read(f"{_STATUS} WHERE replay_id = ?", (replay_id,))
        if not rows:
            raise NotFound(f"no replay {replay_id[:80]!r}", code="replay_missing")
        return _status(rows[0])

    def list(self, *, limit: int = 100) -> Sequence[ReplayStatus]:
        """Return the newest replays, newest first."""
        rows = self._file.read(f"{_STATUS} ORDER BY replay_id DESC LIMIT ?", (limit,))
        return [_status(row) for row in rows]

    def change(self, replay_id: str, state: ReplayState) -> ReplayStatus:
        """Pause, go on with or cancel a replay that is not finished.

        Raises:
            NotFound: there is none of that id.
            Conflict: it is over.
        """
        with self._file.write() as db:
            changed = db.execute(
                f"UPDATE replays SET state = ? WHERE replay_id = ? AND {_UNFINISHED}",  # noqa: S608
                (state, replay_id),
            ).rowcount
        status = self.get(replay_id)
        if not changed and status.state != state:
            raise Conflict(f"the replay is {status.state}", code="replay_over")
        return status

    def next_episodes(self, status: ReplayStatus, *, most: int) -> Sequence[str]:
        """Return the episodes that a replay has to look at next."""
        rows = self._file.read(
            "SELECT episode_id FROM replayed_episodes WHERE replay_id = ? AND number >= ?"
            " ORDER BY number LIMIT ?",
            (status.replay_id, status.done, most),
        )
        return [row[0] for row in rows]

    def advance(self, replay_id: str, *, done: int, replayed: int) -> None:
        """Note that so many more episodes were looked at; the last one ends the replay."""
        with self._file.write() as db:
            db.execute(
                "UPDATE replays SET done = done + ?, replayed = replayed + ?, state = CASE"
                " WHEN done + ? >= total AND state = 'running' THEN 'done' ELSE state END"
                " WHERE replay_id = ?",
                (done, replayed, done, replay_id),
            )

    def forget(self, episode_id: str) -> None:
        """Keep no words of replays that took a removed episode: neither its show nor the reason."""
        with self._file.write() as db:
            db.execute(
                "UPDATE replays SET request = json_set(request, '$.show', NULL, '$.reason', '')"
                " WHERE replay_id IN"
                " (SELECT replay_id FROM replayed_episodes WHERE episode_id = ?)",
                (episode_id,),
            )
        self._file.forget_history()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _status(row: tuple[str, str, ReplayState, int, int, int, int]) -> ReplayStatus:
    replay_id, request, state, total, done, replayed, created_ms = row
    return ReplayStatus(
        replay_id=replay_id,
        request=ReplayRequest(**json.loads(request)),
        state=state,
        total=total,
        done=done,
        replayed=replayed,
        created_at=datetime.fromtimestamp(created_ms / 1000, UTC),
    )
