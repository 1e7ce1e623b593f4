"""Replays of many episodes: kept in ingest's table, worked off by one function that wakes itself.

The API keeps what was asked for and puts a message into the queue; the function goes on with all
replays that run until its time ends, and sends itself a message for what is left. Paused, it sends
none; going on sends one. An episode that is met twice is replayed once: its new event's id is
derived from the replay's.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from everyword_aws.telemetry import logger
from everyword_events.aws.errors import translated
from everyword_events.replay_jobs import (
    ReplayJobs,
    ReplayRequest,
    ReplayState,
    ReplayStatus,
    ReplayWorker,
)

RUN_S: Final = 600.0
"""After so long the function sends itself a message; it may run 15 minutes."""
PAUSE_S: Final = 30
"""So long is waited while much else is waiting."""


class _Send(Protocol):
    def __call__(self, body: str, *, delay_s: int = 0) -> None:
        """Put a message into a queue."""


def sender(client: Any, queue_url: str) -> _Send:
    """Return what puts a message into a queue."""

    def send(body: str, *, delay_s: int = 0) -> None:
        with translated("send a message to a queue"):
            client.send_message(QueueUrl=queue_url, MessageBody=body, DelaySeconds=delay_s)

    return send


class WakingReplays:
    """ReplayJobs whose worker is woken whenever there is something to do for it."""

    def __init__(self, replays: ReplayJobs, send: _Send) -> None:
        self._replays = replays
        self._send = send

    def start(self, request: ReplayRequest, episode_ids: Sequence[str]) -> ReplayStatus:
        """Keep a replay to be done; one asked for the same that is not finished is returned."""
        return self._woken(self._replays.start(request, episode_ids))

    def list(self, *, limit: int = 100) -> Sequence[ReplayStatus]:
        """Return the newest replays, newest first."""
        return self._replays.list(limit=limit)

    def change(self, replay_id: str, state: ReplayState) -> ReplayStatus:
        """Pause, go on with or cancel a replay that is not finished; raises as the port says."""
        return self._woken(self._replays.change(replay_id, state))

    def _woken(self, status: ReplayStatus) -> ReplayStatus:
        if status.state == "running":
            self._send(status.replay_id)
        return status


class ReplayRuns:
    """Goes on with every replay that runs."""

    def __init__(
        self,
        replays: ReplayJobs,
        worker: Callable[[], ReplayWorker],
        send: _Send,
        *,
        run_s: float = RUN_S,
    ) -> None:
        self._replays = replays
        self._worker = worker
        self._send = send
        self._run_s = run_s

    def work(self) -> None:
        """Replay until nothing is left, or this function's time ends."""
        stop = threading.Event()
        timer = threading.Timer(self._run_s, stop.set)
        timer.daemon = True
        timer.start()
        worker = self._worker()
        try:
            while not stop.is_set() and worker.step(stop):
                pass
        finally:
            timer.cancel()
        left = [each.replay_id for each in self._replays.list() if each.state == "running"]
        if left:
            self._send(left[-1], delay_s=0 if stop.is_set() else PAUSE_S)
        logger.info("replays worked on", extra={"action": "replayed", "left": len(left)})
