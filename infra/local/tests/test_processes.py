"""A child process is kept alive, with patience, and told to stop by the end of its input."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from everyword_local.processes import (
    EX_CONFIG,
    LONGEST_RESTART_DELAY_S,
    MOST_OWN_FAILURES,
    SELF_CHECK_S,
    Child,
)

FAILS = "raise SystemExit(3)"
IS_KILLED = "import os; os.kill(os.getpid(), 9)"
STOPS_WITH_ITS_INPUT = "import sys; sys.stdin.read()"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


Made = Callable[[str], tuple[Child, Clock]]


@pytest.fixture
def made() -> Iterator[Made]:
    """Make a child that runs a small program, on a clock of our own."""
    children: list[Child] = []

    def make(program: str) -> tuple[Child, Clock]:
        clock = Clock()
        children.append(Child("worker", (sys.executable, "-c", program), clock=clock))
        return children[-1], clock

    yield make
    for child in children:
        child.stop()


def die(child: Child) -> None:
    """Wait until the child's process is dead, and let the child see it."""
    assert child.process is not None
    child.process.communicate()
    child.keep_alive()


def wait_for_start(child: Child, clock: Clock) -> float:
    """Return how long the clock runs until the child has a process again."""
    waited = 0.0
    while child.process is None:
        clock.now += 0.25
        waited += 0.25
        assert waited < 200
        child.keep_alive()
    return waited


def test_a_child_that_dies_is_started_again_later_each_time(made: Made) -> None:
    child, clock = made(IS_KILLED)
    child.keep_alive()
    waits = []
    for _ in range(8):
        die(child)
        waits.append(wait_for_start(child, clock))
    assert waits == [0.0, 2.0, 4.0, 8.0, 16.0, *[LONGEST_RESTART_DELAY_S] * 3]
    assert not child.hopeless


def test_a_child_that_ran_for_long_is_started_at_once(made: Made) -> None:
    child, clock = made(IS_KILLED)
    child.keep_alive()
    for _ in range(3):
        die(child)
        wait_for_start(child, clock)
    clock.now += 61
    die(child)
    assert child.process is not None


def test_a_child_that_ends_with_an_error_three_times_is_hopeless(made: Made) -> None:
    child, clock = made(FAILS)
    child.keep_alive()
    for _ in range(3):
        assert not child.hopeless
        wait_for_start(child, clock)
        die(child)
    assert child.hopeless


def test_a_child_is_not_started_before_it_is_wanted(made: Made) -> None:
    child, _ = made(STOPS_WITH_ITS_INPUT)
    wishes = [False, False, True]
    child.wanted = lambda: wishes.pop(0)
    child.keep_alive()
    child.keep_alive()
    assert child.process is None
    for _ in range(3):
        child.keep_alive()
        assert child.process is not None
    assert wishes == []


def test_a_living_child_is_left_alone_and_stops_when_asked(made: Made) -> None:
    child, clock = made(STOPS_WITH_ITS_INPUT)
    child.keep_alive()
    process = child.process
    clock.now += 3600
    child.keep_alive()
    assert child.process is process
    assert process is not None
    child.stop()
    assert process.returncode == 0


def test_a_child_that_never_started_can_be_stopped(made: Made) -> None:
    child, _ = made(FAILS)
    child.stop()
    assert child.process is None


def test_a_child_with_bad_settings_waits_for_the_mend(made: Made, tmp_path: Path) -> None:
    child, clock = made(f"raise SystemExit({EX_CONFIG})")
    child.settings = tmp_path / "everyword.toml"
    child.settings.write_text("wrong")
    for _ in range(2 * MOST_OWN_FAILURES):
        child.keep_alive()
        die(child)
        assert wait_for_start(child, clock) >= SELF_CHECK_S
    assert not child.hopeless
    die(child)
    child.settings.write_text("right")
    os.utime(child.settings, (1, 1))
    child.keep_alive()
    assert child.process is not None
