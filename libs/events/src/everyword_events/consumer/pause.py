"""A consumer that takes no work until something is mended, and finds out by itself when it is."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from everyword_events.consumer.retry import Pause
from everyword_events.errors import EverywordError
from everyword_events.ports import ConsumerStates, Paused

logger = logging.getLogger(__name__)

FIRST_TRIAL_S: Final = 5.0
LONGEST_TRIAL_S: Final = 30.0
LOOK_EVERY_S: Final = 0.5


class PauseGate:
    """Closed by a Misconfigured, opened by the first delivery that goes well after it.

    While it is closed one delivery is tried every now and then (after 5 s, then ever longer, up to
    half a minute), and at once when `changed` returns something new: a settings file's time, say.
    `states` tells people. Threads of one runner share it.
    """

    def __init__(
        self,
        consumer: str,
        states: ConsumerStates | None = None,
        *,
        changed: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._consumer = consumer
        self._states = states
        self._changed = changed
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: object = None
        self._failures = 0
        self._trial_at = 0.0

    @property
    def is_closed(self) -> bool:
        """Whether work waits for a mend."""
        return self._failures > 0

    @property
    def trial_in_s(self) -> float:
        """Seconds until the next trial."""
        return max(0.0, self._trial_at - self._clock())

    def close(self, why: Pause, *, at: datetime) -> None:
        """Take no more work because of `why`."""
        with self._lock:
            self._failures += 1
            wait_s = min(LONGEST_TRIAL_S, FIRST_TRIAL_S * 2.0 ** min(self._failures - 1, 16))
            self._trial_at = self._clock() + wait_s
            self._seen = self._changed()
        logger.error(
            "paused until it is mended",
            extra={
                "action": "paused",
                "service": self._consumer,
                "code": why.code,
                "reason": why.message,
            },
        )
        self._tell(lambda s: s.pause(self._consumer, Paused(why.code, why.message, why.hint, at)))

    def open(self) -> None:
        """Go on: something was handled well."""
        with self._lock:
            was_closed = self.is_closed
            self._failures = 0
        if was_closed:
            logger.info("goes on", extra={"action": "resumed", "service": self._consumer})
            self._tell(lambda states: states.resume(self._consumer))

    def start(self) -> None:
        """Forget what an earlier process noted: whether it is mended the first delivery tells."""
        self._tell(lambda states: states.resume(self._consumer))

    def wait(self, stop: threading.Event) -> None:
        """While closed, wait for the next trial, a change, or `stop`."""
        while self.is_closed and self.trial_in_s > 0 and not stop.is_set():
            if self._changed() != self._seen:
                return
            stop.wait(min(LOOK_EVERY_S, self.trial_in_s))

    def _tell(self, what: Callable[[ConsumerStates], None]) -> None:
        if self._states is None:
            return
        try:
            what(self._states)
        except EverywordError as error:
            fields = {"action": "pause_not_noted", "service": self._consumer, "code": error.code}
            logger.warning("cannot note a paused consumer", extra=fields)
