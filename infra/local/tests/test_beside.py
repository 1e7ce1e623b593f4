"""Work beside a block ends before what it uses is closed."""

import os
import signal
import threading
import time
from functools import partial

import pytest

from everyword_local.beside import ClosedTogether, working_beside


def test_ctrl_c_while_the_work_stops_comes_after_its_end() -> None:
    ended = threading.Event()

    def work(stop: threading.Event) -> None:
        stop.wait(60)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)
        ended.set()

    with pytest.raises(KeyboardInterrupt), working_beside(work):
        pass
    assert ended.is_set()


def test_what_the_block_raises_is_raised_after_the_work_ended() -> None:
    ended = threading.Event()

    def work(stop: threading.Event) -> None:
        stop.wait(60)
        ended.set()

    with pytest.raises(ValueError, match="in the block"), working_beside(work):
        raise ValueError("in the block")
    assert ended.is_set()


def test_all_is_closed_at_once_whatever_becomes_of_one() -> None:
    closing, meet = ClosedTogether(), threading.Barrier(2, timeout=60)
    closed: list[str] = []

    def close(name: str) -> None:
        meet.wait()  # none is closed before another has begun
        closed.append(name)
        if name == "first":
            raise OSError("the disk is gone")

    for name in ("first", "second"):
        closing.callback(partial(close, name))
    with pytest.raises(OSError, match="gone"):
        closing.close()
    assert sorted(closed) == ["first", "second"]
    closing.close()
