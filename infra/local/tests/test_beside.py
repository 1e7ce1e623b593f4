"""Work beside a block ends before what it uses is closed."""

import os
import signal
import threading
import time

import pytest

from everyword_local.beside import working_beside


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
