"""Politeness to one host: so many requests at a time, and a pause between them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class _Host:
    places: threading.Semaphore
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0


class Politeness:
    """Lets at most `at_once` requests to one host run, each `delay_s` after the one before.

    It holds within one process: the dispatcher alone downloads, and polls feeds. The server looks
    at most at the head of an address that a person names.
    """

    def __init__(
        self,
        *,
        at_once: int = 2,
        delay_s: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._at_once = at_once
        self._delay_s = delay_s
        self._clock = clock
        self._sleep = sleep
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    @contextmanager
    def towards(self, host: str) -> Iterator[None]:
        """Hold a place at the host, once its turn has come."""
        with self._lock:
            mine = self._hosts.setdefault(host, _Host(threading.Semaphore(self._at_once)))
        with mine.places:
            with mine.lock:
                now = self._clock()
                wait = mine.free_at - now
                mine.free_at = max(now, mine.free_at) + self._delay_s
            if wait > 0:
                self._sleep(wait)
            yield
