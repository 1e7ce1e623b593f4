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

SETTLE_S = 240
Json = dict[str, Any]


class Stack:
    """`everyword up` on one folder and port, started again whenever it was killed."""

    def __init__(self, data: Path, settings: str) -> None:
        data.mkdir()
        (data / "everyword.toml").write_text(settings)
        self._data = data
        self._server: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def ensure_up(self) -> None:
        if self._server is not None and self._server.poll() is None:
            return
        command = [sys.executable, "-m", "everyword_local", "--data", str(self._data)]
        self._server = subprocess.Popen(
            [*command, "--json", "up", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(),
        )
        assert self._server.stdout is not None
        self.url = json.loads(self._server.stdout.readline())["url"]

    def kill_one(self, draw: random.Random) -> None:
        """kill -9 the server or any of its processes."""
        assert self._server is not None
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
            assert time.monotonic() < deadline, {k: v["state"] for k, v in views.items()}
            time.sleep(0.5)

    def journal(self, episode_id: str) -> list[Json]:
        """Return an episode's events, each of which has an id of its own."""
        events: list[Json] = self.ask(f"/v1/episodes/{episode_id}/events")["events"]
        assert len({event["meta"]["event_id"] for event in events}) == len(events)
        return events

    def event_counts(self, episode_id: str) -> Counter[str]:
        """Return how often each type of event is in an episode's journal."""
        return Counter(event["type"] for event in self.journal(episode_id))
