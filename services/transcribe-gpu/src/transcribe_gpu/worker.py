"""The recognition worker's process: one job at a time, and a clean end when it is told to stop."""

import signal
import threading
from types import FrameType
from typing import Final

from everyword_events import EventLog, Inbox
from everyword_events.consumer.runner import ConsumerRunner
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
) -> None:
    """Work on `inbox` until `stop` is set, then give the job in hand back and return.

    `service` must have been made with `stopping=stop.is_set`: that is what ends a job early.
    """
    ConsumerRunner(inbox, log, service.handle, visibility_s=visibility_s).run_forever(stop)


def stop_on_signals(stop: threading.Event) -> None:
    """Set `stop` on SIGTERM and SIGINT. Call it in the main thread."""

    def tell(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, tell)
    signal.signal(signal.SIGINT, tell)
