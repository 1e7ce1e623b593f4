"""How far a job is, and when it will end, told a few times a second at most."""

import time
from collections.abc import Callable
from typing import Final

from transcribe_gpu.ports import StageReport

LEAST_PAUSE_S: Final = 0.3
_SETTLED_S: Final = 2.0


class ProgressMeter:
    """Turns seconds of audio dealt with into a fraction and an estimate of the time left.

    `check` is called at every step, unthrottled, and may raise to end the job.
    """

    def __init__(
        self,
        stage: str,
        total_s: float | None,
        report: StageReport,
        *,
        check: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stage = stage
        self._total_s = total_s
        self._report = report
        self._check = check
        self._clock = clock
        self._began = clock()
        self._told = float("-inf")
        self._done_s = 0.0

    def reached(self, done_s: float) -> None:
        """Take note of `done_s` seconds dealt with; going back is ignored."""
        self._check()
        self._done_s = max(self._done_s, done_s)
        now = self._clock()
        if not self._total_s or now - self._told < LEAST_PAUSE_S:
            return
        self._told = now
        fraction = min(1.0, self._done_s / self._total_s)
        spent = now - self._began
        known = fraction > 0 and spent >= _SETTLED_S
        self._report(
            self._stage, round(fraction, 4), round(spent / fraction - spent, 1) if known else None
        )
