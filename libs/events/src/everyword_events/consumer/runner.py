"""Runs a service's handler over its inbox: receive, handle, publish the results, acknowledge.

What becomes of a delivery, by how its handler ends:

| handler | delivery |
|---|---|
| returns events | they are published, then it is acknowledged (at once where the bus can) |
| raises Conflict | acknowledged: somebody did it already |
| raises InvalidInput | dead letter at once, with the error's code, message and hint |
| raises Interrupted | back in the queue at once, no attempt counted |
| raises TransientFailure | tried again for hours, up to minutes apart; then dead letter |
| raises Misconfigured | unharmed back in the queue; the runner pauses until it is mended |
| raises BrokenHost | the same, and the runner ends: only another process can do better |
| raises another error | tried again; after five attempts, dead letter |
| dies (crash, kill, power) | an attempt is counted, once its visibility time-out passes |
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from everyword_events.consumer.heartbeat import Heartbeat
from everyword_events.consumer.log_fields import in_hand, log_fields
from everyword_events.consumer.pause import PauseGate
from everyword_events.consumer.retry import RetryPolicy
from everyword_events.consumer.settlement import Done, Settlement, utc_now
from everyword_events.errors import BrokenHost, EverywordError, TransientFailure
from everyword_events.ports import Delivery, EventLog, Handler, Inbox

__all__ = ["ConsumerRunner", "RetryPolicy"]

logger = logging.getLogger(__name__)

_QUICK_S = 0.05
"""What is done within this time is committed together; longer work is committed at once."""


@dataclass(frozen=True)
class _Shift:
    """One stretch of work: what is held, when to stop, and whether it was left unfinished."""

    heartbeat: Heartbeat
    stop: threading.Event
    abandoned: threading.Event = field(default_factory=threading.Event)


class ConsumerRunner:
    """One consumer: `handler` over `inbox`, results to `log`.

    `threads` handlers run at once. Each thread takes one delivery at a time while handlers are slow
    and, while they are quick, up to `batch`, whose results are committed together; set it to 1
    where a delivery must never wait behind another that this worker holds.
    `visibility_s` is how long a dead worker's deliveries stay hidden; a heartbeat extends it for a
    living one, however long it works. A handler that never returns keeps its delivery for ever.
    """

    def __init__(
        self,
        inbox: Inbox,
        log: EventLog,
        handler: Handler,
        policy: RetryPolicy | None = None,
        *,
        batch: int = 100,
        threads: int = 1,
        visibility_s: float = 60.0,
        wait_s: float = 1.0,
        grace_s: float = 20.0,
        draw: random.Random | None = None,
        gate: PauseGate | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._inbox = inbox
        self._handler = handler
        self._policy = policy or RetryPolicy()
        self._batch = batch
        self._threads = threads
        self._visibility_s = visibility_s
        self._wait_s = wait_s
        self._grace_s = grace_s
        self._draw = draw or random.Random()  # noqa: S311 - jitter, no secret
        self._gate = gate or PauseGate("")
        self._settlement = Settlement(inbox, log, self._policy, self._draw, self._gate, clock=clock)

    def run_once(self) -> int:
        """Take and work on up to `batch` of what is due now; return how many deliveries it were.

        Raises:
            TransientFailure, Misconfigured: the bus cannot be reached.
        """
        deliveries = self._inbox.receive(most=self._batch, visibility_s=self._visibility_s)
        if deliveries:
            with Heartbeat(self._inbox, visibility_s=self._visibility_s) as heartbeat:
                try:
                    self._work_on(deliveries, _Shift(heartbeat, threading.Event()))
                finally:  # interrupted by Ctrl-C, say
                    self._return_all(heartbeat)
        return len(deliveries)

    def run_forever(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then finish what is in hand for up to `grace_s` seconds.

        What is not finished by then is given back, its attempt not counted; a thread still in its
        handler is left to end with the process, and what it returns is dropped. A bus that does
        not answer is tried again, for ever. If the runner cannot go on, it sets `stop` itself.

        Raises:
            Misconfigured: the bus cannot be used at all, or this host is broken (BrokenHost).
        """
        failures: list[BaseException] = []
        self._gate.start()
        with Heartbeat(self._inbox, visibility_s=self._visibility_s) as heartbeat:
            shift = _Shift(heartbeat, stop)
            workers = [
                threading.Thread(
                    target=self._run_worker,
                    args=(shift, failures),
                    name=f"consumer-{number}",
                    daemon=True,
                )
                for number in range(self._threads)
            ]
            for worker in workers:
                worker.start()
            try:
                stop.wait()
            finally:
                stop.set()
                self._wind_up(workers, shift)
        if failures:
            raise failures[0]

    def _run_worker(self, shift: _Shift, failures: list[BaseException]) -> None:
        try:
            self._receive_until_stopped(shift)
        except BaseException as error:  # noqa: BLE001 - raised again by run_forever
            failures.append(error)
            shift.stop.set()

    def _receive_until_stopped(self, shift: _Shift) -> None:
        misses = 0
        most = 1
        while not shift.stop.is_set():
            if self._gate.is_closed:
                self._gate.wait(shift.stop)
                most = 1
                if shift.stop.is_set():
                    return
            try:
                deliveries = self._inbox.receive(
                    most=most, visibility_s=self._visibility_s, wait_s=self._wait_s
                )
            except TransientFailure as error:
                misses += 1
                fields = {"action": "receive_failed", "code": error.code, "attempt": misses}
                logger.warning("the bus does not answer, trying again", extra=fields)
                delay_s = self._policy.delay_s(misses, asked_s=error.retry_after_s, draw=self._draw)
                shift.stop.wait(min(delay_s, self._visibility_s))
            else:
                misses = 0
                started = time.monotonic()
                self._work_on(deliveries, shift)
                most = self._next_most(most, len(deliveries), time.monotonic() - started)

    def _next_most(self, most: int, taken: int, worked_s: float) -> int:
        """Take twice as many after a full, quick batch; one by one after a slow or an empty one."""
        if taken == 0 or worked_s > _QUICK_S:
            return 1
        return min(most * 2, self._batch) if taken == most else most

    def _wind_up(self, workers: Sequence[threading.Thread], shift: _Shift) -> None:
        deadline = time.monotonic() + self._grace_s
        for worker in workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        shift.abandoned.set()
        self._return_all(shift.heartbeat)

    def _return_all(self, heartbeat: Heartbeat) -> None:
        for delivery in heartbeat.let_go_all():
            self._settlement.return_unharmed(delivery)

    def _work_on(self, deliveries: Sequence[Delivery], shift: _Shift) -> None:
        """Handle `deliveries` in turn and settle them, together while they are quick."""
        shift.heartbeat.hold(deliveries)
        done: list[Done] = []
        settled_at = time.monotonic()
        for place, delivery in enumerate(deliveries):
            if shift.stop.is_set() or (place and self._gate.is_closed):
                shift.heartbeat.let_go(deliveries[place:])
                for untouched in deliveries[place:]:
                    self._settlement.return_unharmed(untouched)
                break
            done += self._handle(delivery, shift)
            if time.monotonic() - settled_at > _QUICK_S:
                self._finish(done, shift)
                done = []
                settled_at = time.monotonic()
        self._finish(done, shift)

    def _handle(self, delivery: Delivery, shift: _Shift) -> list[Done]:
        """Call the handler; return what it did, or nothing if the delivery is dealt with."""
        if self._settlement.gives_up_on_arrival(delivery):
            shift.heartbeat.let_go([delivery])
            return []
        started = time.monotonic()
        try:
            with in_hand(delivery):
                events = tuple(self._handler(delivery.event))
        except Exception as error:
            self._failed(delivery, error, shift)
            if isinstance(error, BrokenHost):
                raise
            return []
        self._gate.open()
        if logger.isEnabledFor(logging.INFO):
            taken_ms = round((time.monotonic() - started) * 1000)
            logger.info("handled", extra=log_fields(delivery, "handled", duration_ms=taken_ms))
        return [Done(delivery, events)]

    def _failed(self, delivery: Delivery, error: Exception, shift: _Shift) -> None:
        if not isinstance(error, EverywordError):
            fields = log_fields(delivery, "unexpected_error")
            logger.error("unexpected error in a handler", exc_info=error, extra=fields)
        if not shift.abandoned.is_set():
            shift.heartbeat.let_go([delivery])
            self._settlement.fail(delivery, error)

    def _finish(self, done: Sequence[Done], shift: _Shift) -> None:
        if not shift.abandoned.is_set():
            shift.heartbeat.let_go([one.delivery for one in done])
            self._settlement.finish(done)
