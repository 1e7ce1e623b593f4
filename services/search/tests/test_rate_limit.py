"""Each address has its own bucket, which fills again."""

import pytest

from everyword_events import TransientFailure
from search.rate_limit import RateLimit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def granted(limit: RateLimit, address: str, tries: int) -> int:
    count = 0
    for _ in range(tries):
        try:
            limit.take(address)
        except TransientFailure:
            continue
        count += 1
    return count


def test_a_burst_then_the_rate() -> None:
    clock = Clock()
    limit = RateLimit(2, clock)
    assert granted(limit, "a", 100) == 10
    clock.now = 1.0
    assert granted(limit, "a", 100) == 2
    clock.now = 1_000.0
    assert granted(limit, "a", 100) == 10


def test_addresses_do_not_share() -> None:
    limit = RateLimit(1, Clock())
    assert granted(limit, "a", 9) == granted(limit, "b", 9) == 5


def test_no_limit() -> None:
    assert granted(RateLimit(0, Clock()), "a", 1_000) == 1_000


def test_what_is_said_to_the_impatient() -> None:
    limit = RateLimit(0.5, Clock())
    granted(limit, "a", 9)
    with pytest.raises(TransientFailure, match=r"0\.5 searches a second") as refused:
        limit.take("a")
    assert refused.value.retry_after_s == pytest.approx(1.0)


def test_memory_is_bounded() -> None:
    clock = Clock()
    limit = RateLimit(0.2, clock)
    assert granted(limit, "first", 2) == 1
    for number in range(10_000):
        limit.take(f"address {number}")
    assert granted(limit, "first", 1) == 1
