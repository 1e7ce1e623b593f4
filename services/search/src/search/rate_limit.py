"""A limit on how often one address may ask: a token bucket each."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from everyword_events import TransientFailure

_MOST_ADDRESSES: Final = 10_000
_BURST_S: Final = 5
"""Somebody who was quiet may ask for so many seconds' worth at once."""


class RateLimit:
    """Lets each address start `per_s` requests a second on average; 0 sets no limit.

    Where the address is not known, all share one bucket. Counts are this process's own: a
    deployment of many sets its limit at the gateway as well.
    """

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._most = max(1.0, per_s * _BURST_S)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, address: str) -> None:
        """Count one request.

        Raises:
            TransientFailure: the address asks too often (code `rate_limited`).
        """
        if not self._per_s:
            return
        now = self._clock()
        with self._lock:
            left, seen = self._buckets.pop(address, (self._most, now))
            left = min(self._most, left + (now - seen) * self._per_s)
            granted = left >= 1
            self._buckets[address] = (left - 1 if granted else left, now)
            while len(self._buckets) > _MOST_ADDRESSES:
                self._buckets.popitem(last=False)
        if not granted:
            raise TransientFailure(
                f"more than {self._per_s:g} searches a second",
                hint="wait a little between searches",
                code="rate_limited",
                retry_after_s=(1 - left) / self._per_s,
            )
