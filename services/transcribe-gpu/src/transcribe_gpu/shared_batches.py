"""One engine for several recordings at a time: their windows fill its batches together.

A GPU takes sixteen windows in little more time than one, and a short recording has only a few.
While the engine works on one batch, the windows of whoever waits gather for the next: nobody waits
for a batch to fill, and one recording alone is as fast as without.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from transcribe_gpu.domain import Hypothesis
from transcribe_gpu.ports import Float32Array, SpeechEngine


@dataclass(eq=False)
class _Request:
    windows: Sequence[Float32Array]
    language: str
    attempt: int
    found: Sequence[Hypothesis] | None = None
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.found is not None or self.error is not None

    def goes_with(self, other: "_Request") -> bool:
        return (self.language, self.attempt) == (other.language, other.attempt)


class SharedBatches:
    """Lets threads share an engine (`transcribe_gpu.ports.SpeechEngine`), one call at a time.

    Requests of one language and attempt that wait at the same time are one call, of at most
    `batch` windows unless a single one has more. Each gets its own hypotheses, which are those it
    would get alone, as every engine promises. Where a common call fails, each is made alone, and
    so fails alone; later common calls are of half as many windows.
    """

    def __init__(self, engine: SpeechEngine) -> None:
        self._engine = engine
        self._waiting: list[_Request] = []
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._most = engine.batch
        self.name = engine.name
        self.model = engine.model
        self.device = engine.device
        self.longest_window_s = engine.longest_window_s
        self.batch = engine.batch

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        """Recognise windows, together with those of others who wait."""
        own = _Request(windows, language, attempt)
        with self._lock:
            self._waiting.append(own)
        while not own.is_done:
            with self._turn:  # whoever has the turn works for all who wait, the longest first
                if not own.is_done:
                    self._work(self._next())
        if own.error is not None:
            raise own.error
        assert own.found is not None
        return own.found

    def _next(self) -> list[_Request]:
        """Take the request that waits longest, and those that fit into its call."""
        with self._lock:
            first, *others = self._waiting
            taken = [first]
            left = self._most - len(first.windows)
            for each in others:
                if each.goes_with(first) and len(each.windows) <= left:
                    taken.append(each)
                    left -= len(each.windows)
            self._waiting = [each for each in self._waiting if each not in taken]
        return taken

    def _work(self, requests: Sequence[_Request]) -> None:
        if len(requests) > 1 and self._together(requests):
            return
        for each in requests:
            try:
                each.found = self._call(each.windows, each)
            except Exception as error:  # noqa: BLE001 - raised in the thread that asked
                each.error = error

    def _together(self, requests: Sequence[_Request]) -> bool:
        windows = [window for each in requests for window in each.windows]
        try:
            found = self._call(windows, requests[0])
        except Exception:  # noqa: BLE001 - each finds out alone whether it is its own fault
            self._most = max(1, len(windows) // 2)
            return False
        first = 0
        for each in requests:
            each.found = found[first : first + len(each.windows)]
            first += len(each.windows)
        return True

    def _call(self, windows: Sequence[Float32Array], like: _Request) -> Sequence[Hypothesis]:
        return self._engine.recognise(windows, language=like.language, attempt=like.attempt)
