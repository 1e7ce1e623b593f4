"""Waiting for what must come: long enough for a busy machine, and with words when it does not."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

PATIENCE_S: Final = 120.0
T = TypeVar("T")


def until(found: Callable[[], T], *, every_s: float = 0.02) -> T:
    """Ask until the answer is true, and return it; for states that stay, not for passing ones."""
    ends_at = time.monotonic() + PATIENCE_S
    while not (answer := found()):
        assert time.monotonic() < ends_at, f"it does not come to be so: {answer!r}"
        time.sleep(every_s)
    return answer
