"""The recognition worker's process: its jobs, and a clean end when it is told to stop."""

import signal
import threading
from collections.abc import Iterable, Sequence
from types import FrameType
from typing import Final

from everyword_events import Delivery, EventLog, Inbox
from everyword_events.consumer.runner import ConsumerRunner
from transcribe_gpu.config import SpeechModelSettings
from transcribe_gpu.service import TranscribeService

VISIBILITY_S: Final = 60.0
"""How long after a worker was killed its job is given to the next one. PocketSphinx may keep the
heartbeat waiting for some 10 s at a time."""


def run_worker(
    inbox: Inbox,
    log: EventLog,
    service: TranscribeService,
    stop: threading.Event,
    *,
    visibility_s: float = VISIBILITY_S,
    at_once: int = 1,
) -> None:
    """Work on `inbox` until `stop` is set, then give the jobs in hand back and return.

    `at_once` jobs at a time share the engine (see `jobs_at_once`). `service` must have been made
    with `stopping=stop.is_set`: that is what ends a job early.
    """
    ConsumerRunner(
        inbox, log, service.handle, batch=1, threads=at_once, visibility_s=visibility_s
    ).run_forever(stop)


def jobs_at_once(models: SpeechModelSettings) -> int:
    """Return how many recordings a worker takes here: several only where there is a GPU."""
    if models.recordings_at_once == 1:
        return 1
    from ctranslate2 import get_cuda_device_count  # noqa: PLC0415 - asked by few

    return models.recordings_at_once if get_cuda_device_count() else 1


class JobsInHand:
    """Which jobs a worker holds, and how many polls in a row brought it nothing meanwhile."""

    def __init__(self) -> None:
        self._receipts: set[str] = set()
        self._lock = threading.Lock()
        self.empty_polls = 0

    def polled(self, found: Sequence[Delivery]) -> None:
        """Count a poll; one that brings nothing beside a job in hand says nothing."""
        with self._lock:
            self._receipts.update(delivery.receipt for delivery in found)
            self.empty_polls = 0 if self._receipts else self.empty_polls + 1

    def settled(self, deliveries: Iterable[Delivery]) -> bool:
        """Let jobs go, in whatever way they ended; return whether none is left."""
        with self._lock:
            self._receipts.difference_update(delivery.receipt for delivery in deliveries)
            return not self._receipts


def stop_on_signals(stop: threading.Event) -> None:
    """Set `stop` on SIGTERM and SIGINT. Call it in the main thread."""

    def tell(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, tell)
    signal.signal(signal.SIGINT, tell)
