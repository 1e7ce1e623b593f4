"""Work on threads of their own: beside a block, or at its end."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor


@contextlib.contextmanager
def working_beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Do some work on a thread of its own until the block ends, then wait until it has stopped.

    Ctrl-C while it stops is raised after that: what the work uses must not be closed under it.
    """
    stop, ended = threading.Event(), threading.Event()

    def run() -> None:
        try:
            work(stop)
        finally:
            ended.set()

    threading.Thread(target=run, name="beside").start()
    try:
        yield
    finally:
        stop.set()
        _wait_for(ended)


def _wait_for(ended: threading.Event) -> None:
    """Wait, through Ctrl-C too (which makes Python 3.11 take a thread that it joins for ended)."""
    interrupted: KeyboardInterrupt | None = None
    while not ended.is_set():
        try:
            ended.wait()
        except KeyboardInterrupt as interrupt:
            interrupted = interrupt
    if interrupted:
        raise interrupted


class ClosedTogether:
    """What is to be closed at the end, all at once: each file waits for the disk by itself."""

    def __init__(self) -> None:
        self._closes: list[Callable[[], object]] = []

    def callback(self, close: Callable[[], object]) -> None:
        """Have this called at the end."""
        self._closes.append(close)

    def close(self) -> None:
        """Close all, whatever becomes of the others; raise the first error there was."""
        closes, self._closes = self._closes, []
        with ThreadPoolExecutor(max(1, len(closes)), "closing") as threads:
            closing = [threads.submit(close) for close in reversed(closes)]
        for each in closing:
            each.result()
