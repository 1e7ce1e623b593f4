"""Processes publish while much waits, this one publishes otherwise; they leave by themselves."""

import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from everyword_local import publisher_processes
from everyword_local.publisher_processes import (
    MANY,
    MOST_FAILURES,
    Publishing,
    leave_when_idle,
    publishers,
)
from support.waiting import PATIENCE_S, until

STAYS = "import sys; sys.stdin.read()"


@pytest.fixture(autouse=True)
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher_processes, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(publisher_processes, "STOP_TIMEOUT_S", PATIENCE_S)


class Work:
    """A dispatcher's publishing: how many wait, how often it published here, whether it does."""

    def __init__(self, command: Sequence[str], *, most: int = 1) -> None:
        self.waiting = 0
        self.times_here = 0
        self.is_here = threading.Event()
        self.stop = threading.Event()
        self._ends: Callable[[threading.Event], object] = threading.Event.wait
        commands = {f"process {number}": command for number in range(most)}
        publishing = Publishing(self._here, commands, lambda: self.waiting)
        self.thread = threading.Thread(target=publishing.run, args=(self.stop,))

    def _here(self, stop: threading.Event) -> None:
        self.times_here += 1
        self.is_here.set()
        self._ends(stop)
        self.is_here.clear()

    def begin(self, ends: Callable[[threading.Event], object] = threading.Event.wait) -> None:
        self._ends = ends
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()


def writing(file: Path, then: str = "") -> tuple[str, ...]:
    """Return a program that adds a line to a file."""
    return (sys.executable, "-S", "-c", f"open({str(file)!r}, 'a').write('run\\n'); {then}")


def runs(file: Path) -> int:
    return file.read_text().count("run") if file.exists() else 0


def test_few_are_published_here(tmp_path: Path) -> None:
    work = Work(writing(tmp_path / "runs", STAYS))
    work.waiting = MANY - 1
    work.begin()
    until(work.is_here.is_set)
    work.end()
    assert (work.times_here, runs(tmp_path / "runs")) == (1, 0)


def test_many_are_published_by_a_process_and_by_this_one_no_more(tmp_path: Path) -> None:
    file = tmp_path / "runs"
    work = Work(writing(file, STAYS))
    work.waiting = MANY
    work.begin()
    until(lambda: runs(file) == 1)
    assert not work.is_here.is_set()
    work.end()
    assert (work.times_here, runs(file)) == (1, 1)


def test_after_the_process_left_this_one_publishes_until_many_wait_again(tmp_path: Path) -> None:
    file = tmp_path / "runs"
    work = Work(writing(file))
    work.waiting = MANY
    work.begin()
    until(lambda: runs(file) >= 3)
    work.waiting = 0
    until(work.is_here.is_set)
    work.end()
    assert work.times_here >= 2


def test_more_processes_come_the_more_wait_up_to_the_most(tmp_path: Path) -> None:
    file = tmp_path / "runs"
    work = Work(writing(file, STAYS), most=2)
    work.waiting = 2 * MANY - 1
    work.begin()
    until(lambda: runs(file) == 1)
    work.waiting = 9 * MANY
    until(lambda: runs(file) == 2)
    work.end()
    assert runs(file) == 2


def test_where_they_die_again_and_again_this_process_publishes(tmp_path: Path) -> None:
    file = tmp_path / "runs"
    work = Work(writing(file, "raise SystemExit(3)"))
    work.waiting = MANY
    work.begin()
    until(lambda: runs(file) == MOST_FAILURES)
    until(work.is_here.is_set)
    work.end()
    assert runs(file) == MOST_FAILURES


def test_where_none_can_be_started_this_process_publishes(tmp_path: Path) -> None:
    work = Work((str(tmp_path / "nowhere"),))
    work.waiting = MANY
    work.begin()
    until(lambda: work.times_here > MOST_FAILURES)
    until(work.is_here.is_set)
    work.end()


def test_what_can_work_no_more_here_ends_all(tmp_path: Path) -> None:
    work = Work(writing(tmp_path / "runs"))
    work.begin(ends=threading.Event.set)
    assert work.stop.wait(PATIENCE_S)
    work.end()


@pytest.mark.parametrize(("cores", "expected"), [(1, 0), (2, 2), (64, 3)])
def test_a_single_core_gains_nothing_and_a_machine_of_many_is_not_filled(
    monkeypatch: pytest.MonkeyPatch, cores: int, expected: int
) -> None:
    monkeypatch.setattr(publisher_processes, "cores", lambda: cores)
    assert len(publishers(["--data", "folder"])) == expected


def test_it_leaves_once_nothing_waited_for_a_while() -> None:
    waits = iter([3, 0, 1, 0, 0, 0])
    now = iter(range(100))
    stop = threading.Event()
    leave_when_idle(lambda: next(waits), stop, after_s=3, clock=lambda: float(next(now)))
    assert stop.is_set()
    assert [*waits] == []
