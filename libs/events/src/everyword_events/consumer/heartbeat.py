"""Keeps deliveries hidden from others while they are worked on."""

import logging
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from everyword_events.consumer.log_fields import log_fields
from everyword_events.errors import Conflict, EverywordError
from everyword_events.ports import Delivery, Inbox

logger = logging.getLogger(__name__)


class Heartbeat:
    """A thread that extends every held delivery three times per visibility time-out.

    Use it as a context: the thread runs inside. A claim found lost is dropped and logged; the work
    goes on, and its result counts if it is published first.
    """

    def __init__(self, inbox: Inbox, *, visibility_s: float) -> None:
        self._inbox = inbox
        self._visibility_s = visibility_s
        self._held: dict[str, Delivery] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def hold(self, deliveries: Iterable[Delivery]) -> None:
        """Start extending `deliveries`."""
        with self._lock:
            self._held.update((delivery.receipt, delivery) for delivery in deliveries)

    def let_go(self, deliveries: Iterable[Delivery]) -> None:
        """Stop extending `deliveries`; no beat for them is under way once this returns."""
        with self._lock:
            for delivery in deliveries:
                self._held.pop(delivery.receipt, None)

    def let_go_all(self) -> list[Delivery]:
        """Stop extending anything; return what was held."""
        with self._lock:
            held = list(self._held.values())
            self._held.clear()
        return held

    def beat(self) -> None:
        """Extend everything held, once."""
        with self._lock:
            receipts = list(self._held)
        for receipt in receipts:
            with self._lock:
                delivery = self._held.get(receipt)
                if delivery is not None and not self._extended(delivery):
                    del self._held[receipt]

    def _extended(self, delivery: Delivery) -> bool:
        try:
            self._inbox.extend(delivery, visibility_s=self._visibility_s)
        except Conflict:
            logger.warning("claim lost while working", extra=log_fields(delivery, "claim_lost"))
            return False
        except EverywordError as error:
            fields = log_fields(delivery, "heartbeat_failed", code=error.code)
            logger.warning("heartbeat failed, next one soon", extra=fields)
        return True

    def _run(self) -> None:
        while not self._stopped.wait(self._visibility_s / 3):
            self.beat()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
