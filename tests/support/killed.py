"""A stack whose processes are killed with SIGKILL, and what is left to see of its episodes."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

from support.stack import TIMEOUT_S, environment

SETTLE_S = 600
PATIENT = "\n[search]\ntime_budget_s = 60\nsearches_per_s = 0\n"
"""A search is as slow as the machine is busy: what is asked here is what it finds."""
LAST_LINES = 15
Json = dict[str, Any]


class Stack:
    """`everyword up` on one folder, started again whenever it was killed.

    Whatever fails while it is used tells the last lines of its logs.
    """

    def __init__(self, data: Path, settings: str) -> None:
        data.mkdir()
        (data / "everyword.toml").write_text(settings + PATIENT)
        self._data = data
        self._complaints = data.with_name(f"{data.name}.stderr")
        self._server: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            error.add_note(self._last_said())
        self.stop()

    def ensure_up(self) -> None:
        if self._server is not None and self._server.poll() is None:
            return
        command = [sys.executable, "-m", "everyword_local", "--data", str(self._data)]
        with self._complaints.open("a") as complaints:
            self._server = subprocess.Popen(
                [*command, "--json", "up", "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                env=environment(),
            )
        assert self._server.stdout is not None
        said = self._server.stdout.readline()
        assert said, f"it ended at its start, with {self._server.wait()}"
        self.url = json.loads(said)["url"]

    def kill_one(self, draw: random.Random) -> None:
        """kill -9 the server or any of its processes."""
        assert self._server is not None
        assert self._server.poll() is None, f"it ended by itself, with {self._server.returncode}"
        server = psutil.Process(self._server.pid)
        victim = draw.choice([server, *server.children(recursive=True)])
        with contextlib.suppress(ProcessLookupError):  # it ended between the listing and the kill
            os.kill(victim.pid, signal.SIGKILL)
        if victim.pid == self._server.pid:
            self._server.wait()
            assert self._server.stdout is not None
            self._server.stdout.close()

    def stop(self) -> None:
        if self._server is not None and self._server.poll() is None:
            self._server.terminate()
            self._server.wait(TIMEOUT_S)
        if self._server is not None and self._server.stdout is not None:
            self._server.stdout.close()

    def log_length(self) -> int:
        """Return how many events were appended, whether or not the server runs."""
        with contextlib.closing(sqlite3.connect(self._data / "bus.sqlite", timeout=60)) as db:
            return int(db.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()[0])

    def ask(self, path: str, **params: Any) -> Any:
        """Return what the API answers."""
        answer = httpx.get(f"{self.url}{path}", params=params, timeout=60)
        answer.raise_for_status()
        return answer.json() if "json" in answer.headers["content-type"] else answer.text

    def settled(self, episode_ids: Iterable[str]) -> dict[str, Json]:
        """Wait until every episode is ready or failed."""
        episode_ids = list(episode_ids)
        deadline = time.monotonic() + SETTLE_S
        while True:
            views = {each: self.ask(f"/v1/episodes/{each}") for each in episode_ids}
            if all(view["state"] in ("ready", "failed") for view in views.values()):
                return views
            assert time.monotonic() < deadline, views
            time.sleep(0.5)

    def journal(self, episode_id: str) -> list[Json]:
        """Return an episode's events, each of which has an id of its own."""
        events: list[Json] = self.ask(f"/v1/episodes/{episode_id}/events")["events"]
        assert len({event["meta"]["event_id"] for event in events}) == len(events)
        return events

    def event_counts(self, episode_id: str) -> Counter[str]:
        """Return how often each type of event is in an episode's journal."""
        return Counter(event["type"] for event in self.journal(episode_id))

    def _last_said(self) -> str:
        """Return the end of each log, and of what the server wrote on stderr."""
        logs = [self._complaints, *sorted((self._data / "logs").glob("*.log"))]
        ends = [
            (each.name, each.read_text("utf-8", "replace").splitlines()[-LAST_LINES:])
            for each in logs
            if each.is_file()
        ]
        return "\n".join(line for name, end in ends for line in (f"--- {name}", *end))
