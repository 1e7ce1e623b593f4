"""Replays of many episodes, in the background: paced, paused, cancelled, and safe to restart."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from everyword_events.errors import NotFound, TransientFailure
from everyword_events.replay import Replayer

ReplayState = Literal["running", "paused", "cancelled", "done"]

MOST_WAITING: Final = 200
"""So many deliveries may wait before a replay adds to them: it can be stopped at any time."""
_LOOK_EVERY_S: Final = 0.5
_AT_ONCE: Final = 20


@dataclass(frozen=True)
class ReplayRequest:
    """From which event, for whom, of which show (None: all), why, and how fast.

    `speakers` states anew how many people speak.
    """

    start: str
    only: tuple[str, ...] = ()
    reason: str = ""
    show: str | None = None
    rate_per_s: float | None = None
    speakers: int | None = None

    def to_json(self) -> str:
        """Return it as text that is the same for the same request."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class ReplayStatus:
    """How far a replay is: `done` of `total` episodes looked at, `replayed` had such an event."""

    replay_id: str
    request: ReplayRequest
    state: ReplayState
    total: int
    done: int
    replayed: int
    created_at: datetime


class Replays(Protocol):
    """Keeps what replays are asked for and how far they are; see `sqlite.replays`."""

    def list(self, *, limit: int = 100) -> Sequence[ReplayStatus]:
        """Return the newest replays, newest first."""

    def get(self, replay_id: str) -> ReplayStatus:
        """Return how far a replay is."""

    def next_episodes(self, status: ReplayStatus, *, most: int) -> Sequence[str]:
        """Return the episodes that a replay has to look at next."""

    def advance(self, replay_id: str, *, done: int, replayed: int) -> None:
        """Note that so many more episodes were looked at; the last one ends the replay."""


class ReplayJobs(Protocol):
    """Takes replays to be done, and lets people steer them."""

    def start(self, request: ReplayRequest, episode_ids: Sequence[str]) -> ReplayStatus:
        """Keep a replay to be done; one asked for the same that is not finished is returned."""

    def list(self, *, limit: int = 100) -> Sequence[ReplayStatus]:
        """Return the newest replays, newest first."""

    def change(self, replay_id: str, state: ReplayState) -> ReplayStatus:
        """Pause, go on with or cancel a replay that is not finished.

        Raises:
            NotFound: there is none of that id.
            Conflict: it is over.
        """


class ReplayWorker:
    """Does what `replays` holds, a few episodes at a time.

    `waiting` tells how many deliveries wait: while they are many a replay waits too, so that new
    work is done soon. Killed in the middle, an episode is asked for again and replayed once.
    """

    def __init__(
        self,
        replays: Replays,
        replayer: Replayer,
        *,
        waiting: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._replays = replays
        self._replayer = replayer
        self._waiting = waiting
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            try:
                worked = self.step(stop)
            except TransientFailure:
                worked = False
            if not worked:
                stop.wait(_LOOK_EVERY_S)

    def step(self, stop: threading.Event) -> bool:
        """Replay the next few episodes of the oldest replay; tell whether there were any."""
        running = [each for each in self._replays.list() if each.state == "running"]
        if not running or self._waiting() >= MOST_WAITING:
            return False
        status = running[-1]
        for episode_id in self._replays.next_episodes(status, most=_AT_ONCE):
            if stop.is_set() or self._replays.get(status.replay_id).state != "running":
                return True
            started = self._clock()
            replayed = self._replay(status, episode_id)
            self._replays.advance(status.replay_id, done=1, replayed=replayed)
            if replayed and status.request.rate_per_s:
                stop.wait(max(0.0, 1 / status.request.rate_per_s - (self._clock() - started)))
        return True

    def _replay(self, status: ReplayStatus, episode_id: str) -> int:
        request = status.request
        try:
            self._replayer.episode(
                episode_id,
                start=request.start,
                only=request.only,
                reason=request.reason,
                request_id=status.replay_id,
                speakers=request.speakers,
            )
        except NotFound:  # removed meanwhile, or it never came so far
            return 0
        return 1
