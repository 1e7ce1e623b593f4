"""A second process comes while much waits, and leaves; without it the work is done all the same."""

import sys
import threading
from pathlib import Path

import pytest

from everyword_local import captions_process
from everyword_local.captions_process import MANY, leave_when_idle, run_under_load
from support.waiting import PATIENCE_S, until


@pytest.fixture(autouse=True)
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captions_process, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(captions_process, "STOP_TIMEOUT_S", PATIENCE_S)


def writing(file: Path, then: str = "") -> tuple[str, ...]:
    """Return a program that adds a line to a file."""
    return (sys.executable, "-S", "-c", f"open({str(file)!r}, 'a').write('run\\n'); {then}")


def beside(
    command: tuple[str, ...], waiting: list[int]
) -> tuple[threading.Thread, threading.Event]:
    stop = threading.Event()
    thread = threading.Thread(target=run_under_load, args=(command, lambda: waiting[0], stop))
    thread.start()
    return thread, stop


def test_the_process_comes_when_many_wait_and_again_after_it_left(tmp_path: Path) -> None:
    file, waiting = tmp_path / "runs", [MANY - 1]
    thread, stop = beside(writing(file), waiting)
    waiting[0] = MANY
    until(lambda: file.exists() and file.read_text().count("run") >= 2)
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_it_ends_when_its_input_does_at_the_stop(tmp_path: Path) -> None:
    file = tmp_path / "runs"
    thread, stop = beside(writing(file, "import sys; sys.stdin.read()"), [MANY])
    until(file.exists)
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert file.read_text() == "run\n"


@pytest.mark.parametrize("then", ["raise SystemExit(3)", None])
def test_one_that_dies_or_does_not_start_is_given_up(tmp_path: Path, then: str | None) -> None:
    file = tmp_path / "runs"
    command = writing(file, then) if then else (str(tmp_path / "nowhere"),)
    thread, stop = beside(command, [MANY])
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    stop.set()


def test_it_leaves_once_nothing_waited_for_a_while() -> None:
    waits = iter([3, 0, 1, 0, 0, 0])
    now = iter(range(100))
    stop = threading.Event()
    leave_when_idle(lambda: next(waits), stop, after_s=3, clock=lambda: float(next(now)))
    assert stop.is_set()
    assert [*waits] == []
