"""Progress as one small JSON file per episode: readable by another process, nothing to connect."""

import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from everyword_events import InvalidInput

STALE: Final = timedelta(minutes=10)
"""A file not touched for so long was left by a worker that was killed."""


@dataclass(frozen=True)
class FileProgress:
    """How far a job is: `fraction` in 0..1, `eta_s` seconds left where known."""

    stage: str
    fraction: float
    eta_s: float | None


class ProgressFolder:
    """Writes and reads `{episode_id}.json` in a folder; a reader never sees half a file."""

    def __init__(
        self, folder: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._folder = folder
        self._now = now

    def report(
        self, *, episode_id: str, run_id: str, stage: str, fraction: float, eta_s: float | None
    ) -> None:
        """Replace the episode's file; a full disk costs the progress, not the job."""
        form = {
            "run_id": run_id,
            "stage": stage,
            "fraction": fraction,
            "eta_s": eta_s,
            "updated_at": self._now().isoformat(),
        }
        path = self._path(episode_id)
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", dir=self._folder, suffix=".tmp", delete=False, encoding="utf-8"
            ) as draft:
                json.dump(form, draft)
            os.replace(draft.name, path)  # noqa: PTH105

    def clear(self, *, episode_id: str) -> None:
        """Delete the episode's file."""
        with suppress(OSError):
            self._path(episode_id).unlink(missing_ok=True)

    def read(self, episode_id: str, run_id: str) -> FileProgress | None:
        """Return the run's progress; None where there is none, or a dead worker left it."""
        try:
            form = json.loads(self._path(episode_id).read_text(encoding="utf-8"))
            fresh = self._now() - datetime.fromisoformat(form["updated_at"]) < STALE
            if form["run_id"] != run_id or not fresh:
                return None
            eta_s = form["eta_s"]
            return FileProgress(
                str(form["stage"]), float(form["fraction"]), None if eta_s is None else float(eta_s)
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _path(self, episode_id: str) -> Path:
        if not episode_id or not all(
            c.isascii() and (c.isalnum() or c in "-_") for c in episode_id
        ):
            raise InvalidInput(f"not an id: {episode_id[:40]!r}", code="id_invalid")
        return self._folder / f"{episode_id}.json"
