"""Threads for synchronous routes: bounded, first come first served, never waited for in vain."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import anyio
import anyio.to_thread

from everyword_events import TransientFailure

T = TypeVar("T")
TIME_LIMIT_S: Final = 30.0
_RETRY_AFTER_S: Final = 5.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkerLimits:
    """How many calls run at once, how many may wait, and how long one takes at most, in seconds.

    A call that takes longer is answered for and left behind; `most_stuck` such calls may still
    hold a thread before new ones are refused.
    """

    threads: int = 8
    waiting: int = 200
    most_stuck: int = 64
    time_limit_s: float = TIME_LIMIT_S


class Workers:
    """Runs calls on threads of its own.

    asyncio's and anyio's shared threads are for files and name look-ups: a route that holds one
    while it waits for another hangs the whole server.
    """

    def __init__(self, limits: WorkerLimits | None = None) -> None:
        self._limits = limits or WorkerLimits()
        self._limiter = anyio.CapacityLimiter(self._limits.threads)
        self._lock = threading.Lock()
        self._running = 0
        self._asked = 0

    async def run(self, call: Callable[[], T]) -> T:
        """Return what `call` returns; its context variables are the caller's.

        Raises:
            TransientFailure: too many wait already (`overloaded`), or the time is up (`timeout`).
        """
        limits = self._limits
        if self._asked >= limits.threads + limits.waiting or self.stuck >= limits.most_stuck:
            raise TransientFailure(
                "too much is asked at once",
                hint="try again a little later",
                code="overloaded",
                retry_after_s=_RETRY_AFTER_S,
            )
        self._asked += 1
        try:
            with anyio.move_on_after(limits.time_limit_s):
                return await anyio.to_thread.run_sync(
                    self._counted, call, abandon_on_cancel=True, limiter=self._limiter
                )
        finally:
            self._asked -= 1
        log.error("a call took too long", extra={"action": "timeout", "stuck": self.stuck})
        raise TransientFailure(
            f"no answer within {limits.time_limit_s:g} s",
            hint="try again a little later; the log says more",
            code="timeout",
            retry_after_s=_RETRY_AFTER_S,
        )

    @property
    def stuck(self) -> int:
        """How many calls run on although nobody waits for them any more."""
        return max(0, self._running - self._limiter.statistics().borrowed_tokens)

    def _counted(self, call: Callable[[], T]) -> T:
        with self._lock:
            self._running += 1
        try:
            return call()
        finally:
            with self._lock:
                self._running -= 1
