"""A second process that writes captions while many wait: one interpreter fills one core.

Captions are more than half of the work on a transcript. Idle, there is no such process, and it
takes no memory.
"""

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

MANY: Final = 12
"""So many waiting episodes take longer than the process to start."""
LOOK_EVERY_S: Final = 0.5
LEAVE_AFTER_S: Final = 5.0
STOP_TIMEOUT_S: Final = 30.0
log = logging.getLogger(__name__)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def captions_command(arguments: Sequence[str]) -> Sequence[str]:
    """Return what to run; `arguments` are those of `everyword_local.roles`."""
    return (sys.executable, "-m", "everyword_local.roles", "captions", *arguments)


def run_under_load(
    command: Sequence[str], waiting: Callable[[], int], stop: threading.Event
) -> None:
    """Run a process whenever `waiting` tells of many, until `stop` is set; it leaves by itself.

    Where it cannot be started or dies, the work is done without it.
    """
    while not stop.wait(LOOK_EVERY_S):
        if waiting() >= MANY:
            try:
                with _running(command) as process:
                    while process.poll() is None and not stop.wait(LOOK_EVERY_S):
                        pass
            except OSError:
                log.warning("no second process for captions could be started")
                return
            if process.returncode:
                log.error("a process died", extra={"role": "captions"})
                return


@contextlib.contextmanager
def _running(command: Sequence[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process that ends when its input does."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - ours
    try:
        yield process
    finally:
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def leave_when_idle(
    waiting: Callable[[], int],
    stop: threading.Event,
    *,
    after_s: float = LEAVE_AFTER_S,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Set `stop` once nothing has waited for so long."""
    idle_since = clock()
    while not stop.wait(LOOK_EVERY_S):
        if waiting():
            idle_since = clock()
        elif clock() - idle_since >= after_s:
            stop.set()
