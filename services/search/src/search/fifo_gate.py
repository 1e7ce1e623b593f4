"""Lets so many searches run at once, the others wait in the order they came."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from search.domain.pages import out_of_time


class FifoGate:
    """Admits `capacity` holders; who waits is let in first come, first served.

    Searches that share one interpreter cost each other time: each switch of threads throws caches
    away, and a plain semaphore lets late comers past. One after the other, they take as long as
    alone, and who asks waits no longer than those before take.
    """

    def __init__(self, capacity: int = 1) -> None:
        self._free = capacity
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def pass_through(self, *, patience_s: float) -> Iterator[None]:
        """Wait for one's turn, and hold it.

        Raises:
            TransientFailure: it did not come within `patience_s` (code `search_timed_out`).
        """
        self._enter(patience_s)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, patience_s: float) -> None:
        turn = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                return
            self._waiting.append(turn)
        if turn.wait(patience_s):
            return
        with self._lock:
            if not turn.is_set():
                self._waiting.remove(turn)
                raise out_of_time()

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
