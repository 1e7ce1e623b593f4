"""Searches in the order they came, so many at once."""

import threading
import time

import pytest

from everyword_events import TransientFailure
from search.fifo_gate import FifoGate
from support.waiting import PATIENCE_S, until


def test_who_came_first_goes_first_and_one_at_a_time() -> None:
    gate = FifoGate()
    order: list[int] = []
    inside = 0

    def search(number: int) -> None:
        nonlocal inside
        with gate.pass_through(patience_s=PATIENCE_S):
            inside += 1
            assert inside == 1
            order.append(number)
            time.sleep(0.002)
            inside -= 1

    threads = [threading.Thread(target=search, args=(number,)) for number in range(20)]
    with gate.pass_through(patience_s=1):
        for number, thread in enumerate(threads):
            thread.start()
            until(lambda number=number: len(gate._waiting) == number + 1)  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_patience_ends_and_nobody_is_left_waiting() -> None:
    gate = FifoGate(capacity=2)
    with gate.pass_through(patience_s=1), gate.pass_through(patience_s=1):
        with pytest.raises(TransientFailure) as refused, gate.pass_through(patience_s=0.01):
            pass
        assert refused.value.code == "search_timed_out"
    with gate.pass_through(patience_s=0), gate.pass_through(patience_s=0):
        pass


def test_a_failure_inside_gives_the_turn_back() -> None:
    gate = FifoGate()
    with pytest.raises(ZeroDivisionError), gate.pass_through(patience_s=1):
        raise ZeroDivisionError
    with gate.pass_through(patience_s=0):
        pass
