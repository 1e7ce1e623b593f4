"""How many GPU workers a backlog is worth, on every way of running them."""

from collections.abc import Mapping
from typing import Final

_FIRST: Final = {1: 1, 5: 2, 20: 4}
_MESSAGES_OF_LATER: Final = 100
_WORKERS_OF_LATER: Final = 8
"""From there on twice the messages are worth twice the workers."""


def steps_up_to(most: int) -> Mapping[int, int]:
    """Return from how many messages on there are how many workers, where there are `most` at most.

    Every step begins above the one before it: CloudFormation takes no other.
    """
    steps = {messages: workers for messages, workers in _FIRST.items() if workers < most}
    messages, workers = _MESSAGES_OF_LATER, _WORKERS_OF_LATER
    while workers < most:
        steps[messages] = workers
        messages, workers = messages * 2, workers * 2
    last = next((m for m, workers in _FIRST.items() if workers >= most), messages)
    return steps | {last: most}


def wanted(backlog: int, steps: Mapping[int, int]) -> int:
    """Return how many workers so many messages are worth."""
    return max((workers for messages, workers in steps.items() if backlog >= messages), default=0)
