"""Tells, line by line, whether a file of events can be read by this program."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from everyword_events.catalogue import parse_event
from everyword_events.envelope import Event
from everyword_events.errors import InvalidInput


@dataclass(frozen=True)
class CheckedLine:
    """One line: its number from 1, and its event, or what is wrong with it."""

    number: int
    event: Event | None = None
    problem: InvalidInput | None = None


def check_lines(lines: Iterable[str | bytes]) -> Iterator[CheckedLine]:
    """Check each line that is not blank, in the wire form or the shorter one.

    Lines are taken one at a time: an open file (best in binary mode, so that a line that is not
    UTF-8 is reported like any other) of any length is checked in the memory of its longest line.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield CheckedLine(number, event=parse_event(line))
            except InvalidInput as problem:
                yield CheckedLine(number, problem=problem)
