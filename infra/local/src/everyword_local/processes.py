"""The process group of `everyword up`: this process serves HTTP, its children do the work.

A child that dies is started again. Children notice the end of this process by the end of their
standard input, whatever ended it, and stop by themselves.
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROLES = ("dispatcher", "worker")
EX_CONFIG = 78  # sysexits.h: configuration error
SELF_CHECK_S = 60.0
STOP_TIMEOUT_S = 30.0
LOOK_EVERY_S = 0.25
RESTART_DELAY_S = 0.5
LONGEST_RESTART_DELAY_S = 30.0
STEADY_AFTER_S = 60.0
MOST_OWN_FAILURES = 3
log = logging.getLogger(__name__)


@dataclass
class Child:
    """One role's process, kept alive. It runs `command`, and stops when its input ends.

    It is not started before it is `wanted`.
    """

    role: str
    command: Sequence[str]
    clock: Callable[[], float] = time.monotonic
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    own_failures: int = 0
    settings: Path | None = None
    settings_at_end: tuple[object] | None = None
    due_at: float = 0.0
    wanted: Callable[[], bool] = lambda: True

    def stamp(self) -> object:
        """Return what changes when the settings file does."""
        try:
            return self.settings.stat().st_mtime_ns if self.settings is not None else None
        except OSError:
            return None

    @property
    def hopeless(self) -> bool:
        """Whether it ended by itself, with an error, too often in a row."""
        return self.own_failures >= MOST_OWN_FAILURES

    def keep_alive(self) -> None:
        """Start the process if it does not run; after quick deaths wait longer each time."""
        if self.process is not None and self.process.poll() is None:
            return
        now = self.clock()
        if self.process is not None:
            self._died(self.process.returncode, now)
            _close_input(self.process)
            self.process = None
        mended = self.settings_at_end is not None and (self.stamp(),) != self.settings_at_end
        if (now < self.due_at and not mended) or not self.wanted():
            return
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE)  # noqa: S603 - ours
        self.started_at = now

    def _died(self, exit_code: int, now: float) -> None:
        """Decide when it is started again.

        One that says that its host or its settings are wrong waits for the mend: until the settings
        change, or for the next look of its own. It is neither restarted again and again, nor does
        it end the others.
        """
        log.error("a process died", extra={"role": self.role, "exit_code": exit_code})
        if exit_code == EX_CONFIG:
            self.settings_at_end = (self.stamp(),)
            self.due_at = now + SELF_CHECK_S
            return
        self.settings_at_end = None
        steady = now - self.started_at > STEADY_AFTER_S
        self.failures = 0 if steady else self.failures + 1
        self.own_failures = self.own_failures + 1 if exit_code > 0 else 0
        wait = min(RESTART_DELAY_S * 2**self.failures, LONGEST_RESTART_DELAY_S)
        self.due_at = now + (wait if self.failures > 1 else 0.0)

    def stop(self) -> None:
        """Ask the process to finish; end it if it does not."""
        if self.process is None:
            return
        _close_input(self.process)
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def process_group(
    arguments: Sequence[str],
    give_up: Callable[[], None],
    *,
    roles: Sequence[str] = ROLES,
    wanted: Mapping[str, Callable[[], bool]] | None = None,
) -> Iterator[list[Child]]:
    """Run each of `roles` beside this process until the block ends.

    Those that `wanted` names are started once it says so; an idle machine has no process for them.
    `give_up` is called when a role cannot be kept running.
    """
    program = (sys.executable, "-m", "everyword_local.roles")
    children = [
        Child(
            role,
            (*program, role, *arguments),
            settings=_settings_of(arguments),
            wanted=(wanted or {}).get(role, lambda: True),
        )
        for role in roles
    ]
    over = threading.Event()

    def look_after() -> None:
        while True:
            for child in children:
                child.keep_alive()
            if any(child.hopeless for child in children):
                give_up()
                return
            if over.wait(LOOK_EVERY_S):
                return

    for child in children:
        child.keep_alive()
    keeper = threading.Thread(target=look_after, name="process-group")
    keeper.start()
    try:
        yield children
    finally:
        over.set()
        keeper.join()
        for child in children:
            _close_input(child.process)
        for child in children:
            child.stop()


def _close_input(process: subprocess.Popen[bytes] | None) -> None:
    """Let a child see the end of its input, and give its pipe back."""
    if process is not None and process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()


def _settings_of(arguments: Sequence[str]) -> Path | None:
    """Return the settings file that the children are given."""
    given = dict(zip(arguments[::2], arguments[1::2], strict=True)).get("--settings")
    return Path(given) if given else None


def stop_with_parent() -> threading.Event:
    """Return an event that is set on SIGTERM, on SIGINT, or when the parent process is gone."""
    stop = threading.Event()

    def parent_gone() -> None:
        with contextlib.suppress(OSError):
            while os.read(sys.stdin.fileno(), 1):
                pass
        stop.set()

    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it and closes our input
    threading.Thread(target=parent_gone, name="parent-watch", daemon=True).start()
    return stop
