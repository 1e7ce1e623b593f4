"""When a failed delivery is tried again, and when it is given up."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with full jitter, then the dead letters.

    Full jitter: the delay is drawn evenly between 0 and the exponential step, so that consumers
    that failed together do not come back together
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """

    max_attempts: int = 5
    base_delay_s: float = 1.0
    max_delay_s: float = 300.0

    def gives_up_after(self, attempt: int) -> bool:
        """Tell whether a failure of this attempt (from 1) is the last."""
        return attempt >= self.max_attempts

    def delay_s(self, attempt: int, *, asked_s: float | None, draw: random.Random) -> float:
        """Return the seconds to wait after this attempt (from 1) failed.

        `asked_s` is what the failing side asked for, and the least we wait.
        """
        step_s = min(self.max_delay_s, self.base_delay_s * 2.0 ** min(attempt - 1, 64))
        return max(draw.uniform(0, step_s), asked_s or 0.0)
