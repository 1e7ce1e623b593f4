"""The typed retry decision: what becomes of a delivery whose handler failed, by the kind of error.

| error | decision |
|---|---|
| Conflict | Finish: somebody did it already |
| Interrupted | GiveBack at once: a stop from outside, nothing is spent |
| InvalidInput | GiveUp at once: it can never work |
| TransientFailure | TryLater, a retry spent, up to minutes apart and for hours; then GiveUp |
| Misconfigured | Pause: the consumer takes no work until something is mended, nothing is spent |
| anything else | TryLater, an attempt spent; after the last, GiveUp |
"""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from everyword_events.errors import (
    Conflict,
    EverywordError,
    Interrupted,
    InvalidInput,
    Misconfigured,
    TransientFailure,
)
from everyword_events.ports import Delivery

LEAST_RETRIES: Final = 10
"""So many retries there are at least, however far a wall clock jumps ahead meanwhile."""


@dataclass(frozen=True)
class Finish:
    """Acknowledge it."""


@dataclass(frozen=True)
class GiveBack:
    """Return it at once, as if it had not been received."""


@dataclass(frozen=True)
class TryLater:
    """Return it, hidden for `delay_s`; a retry or an attempt is spent."""

    delay_s: float
    spends_attempt: bool


@dataclass(frozen=True)
class GiveUp:
    """Move it to the dead letters, with this reason."""

    code: str
    message: str
    hint: str


@dataclass(frozen=True)
class Pause:
    """Return it unharmed, and take no work until this is mended."""

    code: str
    message: str
    hint: str


Decision = Finish | GiveBack | TryLater | GiveUp | Pause


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with full jitter, and how much of it.

    Full jitter: the delay is drawn evenly between 0 and the exponential step, so that consumers
    that failed together do not come back together
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).

    What may work later is tried for `transient_for_s`, so that a model server that restarts or a
    full disk gives no archive up; an unexpected error, which is a mistake of ours, `max_attempts`
    times.
    """

    max_attempts: int = 5
    base_delay_s: float = 1.0
    max_delay_s: float = 300.0
    transient_for_s: float = 2 * 3600.0

    def decide(
        self, delivery: Delivery, error: Exception, *, now: datetime, draw: random.Random
    ) -> Decision:
        """Return what becomes of `delivery` after `error`."""
        match error:
            case Conflict():
                return Finish()
            case Interrupted():
                return GiveBack()
            case InvalidInput():
                return GiveUp(error.code, error.message, error.hint)
            case Misconfigured():
                return Pause(error.code, error.message, error.hint)
            case TransientFailure():
                return self._after_transient(delivery, error, now, draw)
        return self._after_unexpected(delivery, error, draw)

    def delay_s(self, failures: int, *, asked_s: float | None, draw: random.Random) -> float:
        """Return the seconds to wait after so many failures (from 1).

        `asked_s` is what the failing side asked for, and the least we wait.
        """
        step_s = min(self.max_delay_s, self.base_delay_s * 2.0 ** min(failures - 1, 64))
        return max(draw.uniform(0, step_s), asked_s or 0.0)

    def _after_unexpected(
        self, delivery: Delivery, error: Exception, draw: random.Random
    ) -> Decision:
        if delivery.attempt >= self.max_attempts:
            return GiveUp(*reason_of(delivery, error))
        delay_s = self.delay_s(delivery.attempt, asked_s=None, draw=draw)
        return TryLater(delay_s, spends_attempt=True)

    def _after_transient(
        self, delivery: Delivery, error: TransientFailure, now: datetime, draw: random.Random
    ) -> Decision:
        since = delivery.failing_since
        if (
            since is not None
            and delivery.retries >= LEAST_RETRIES
            and (now - since).total_seconds() >= self.transient_for_s
        ):
            return GiveUp(error.code, error.message, error.hint)
        asked_s = error.retry_after_s
        delay_s = self.delay_s(delivery.retries + 1, asked_s=asked_s, draw=draw)
        return TryLater(delay_s, spends_attempt=False)


def reason_of(delivery: Delivery, error: Exception) -> tuple[str, str, str]:
    """Return code, message and hint as a person should read them."""
    if isinstance(error, EverywordError):
        return error.code, error.message, error.hint
    return (
        "unexpected_error",
        f"unexpected error in {delivery.consumer}: {type(error).__name__}",
        f"the log holds the traceback, under event {delivery.event.meta.event_id}",
    )
