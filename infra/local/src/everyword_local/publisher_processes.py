"""Publishes refined transcripts: here, or while many wait in processes of their own.

To publish is to write captions and to index: two thirds of the work on a transcript, and one
interpreter fills one core. While there are such processes, the dispatcher publishes nothing and
refines; refinement stays in one process for the sake of the language model's host. Idle, there is
none of them, and they take no memory.
"""

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

MANY: Final = 12
"""So many waiting deliveries take longer than a process takes to start."""
MOST: Final = 3
"""More would wait for one another: one process at a time writes the index."""
ROLES: Final = tuple(f"publisher-{number}" for number in range(1, MOST + 1))
MOST_FAILURES: Final = 3
LOOK_EVERY_S: Final = 0.5
LEAVE_AFTER_S: Final = 5.0
STOP_TIMEOUT_S: Final = 30.0
log = logging.getLogger(__name__)
Process = subprocess.Popen[bytes]


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def publishers(arguments: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Return the processes there may be, and what each runs: one a core, none where there is one.

    `arguments` are those of `everyword_local.roles`.
    """
    program = (sys.executable, "-m", "everyword_local.roles")
    roles = ROLES[: cores()] if cores() > 1 else ()
    return {role: (*program, role, *arguments) for role in roles}


class Publishing:
    """Publishes `here`, or by processes that run `commands`, by role, and leave by themselves.

    `here` publishes in this process until the event it is given is set. `waiting` tells how many
    deliveries wait. Where no process can be started, or they died too often, all is done here.
    """

    def __init__(
        self,
        here: Callable[[threading.Event], None],
        commands: Mapping[str, Sequence[str]],
        waiting: Callable[[], int],
    ) -> None:
        self._here = here
        self._commands = commands
        self._waiting = waiting
        self._failures = 0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; it is set here if this process can work no more."""
        while not stop.is_set():
            self._publish_here(stop)
            self._publish_elsewhere(stop)

    def _publish_here(self, stop: threading.Event) -> None:
        """Publish in this process until many wait."""
        rest = threading.Event()
        thread = threading.Thread(target=self._here, args=(rest,), name="publishing")
        thread.start()
        while not (stop.wait(LOOK_EVERY_S) or rest.is_set() or self._is_more_wanted(0)):
            pass
        if rest.is_set():  # not by us
            stop.set()
        rest.set()
        thread.join()

    def _publish_elsewhere(self, stop: threading.Event) -> None:
        """Let processes publish until all of them have left."""
        running: dict[str, Process] = {}
        while not stop.is_set():
            if self._is_more_wanted(len(running)):
                self._start_one(running)
            if not running:
                return
            stop.wait(LOOK_EVERY_S)
            for role in [role for role in running if self._has_left(role, running[role])]:
                _close_input(running.pop(role))
        _end(running.values())

    def _is_more_wanted(self, running: int) -> bool:
        allowed = running < len(self._commands) and self._failures < MOST_FAILURES
        return allowed and self._waiting() >= (running + 1) * MANY

    def _start_one(self, running: dict[str, Process]) -> None:
        """Start a process, which ends when its input does, if that can be done."""
        role = next(role for role in self._commands if role not in running)
        try:
            running[role] = subprocess.Popen(self._commands[role], stdin=subprocess.PIPE)  # noqa: S603 - ours
        except OSError:
            log.warning("a process could not be started", extra={"role": role})
            self._failures += 1

    def _has_left(self, role: str, process: Process) -> bool:
        exit_code = process.poll()
        if exit_code:
            log.error("a process died", extra={"role": role, "exit_code": exit_code})
            self._failures += 1
        return exit_code is not None


def _end(processes: Collection[Process]) -> None:
    for process in processes:
        _close_input(process)
    for process in processes:
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _close_input(process: Process) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.close()


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
