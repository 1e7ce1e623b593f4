"""A cue: what stands on the screen, from when until when."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple


class CueLine(NamedTuple):
    """One line of a cue, its words and their starts; `text` is clean (see `clean_text`)."""

    text: str
    speaker: str | None
    words: tuple[str, ...]
    starts_ms: tuple[int, ...]


class Cue(NamedTuple):
    """One caption: `start_ms < end_ms`, at least one line, no line empty."""

    start_ms: int
    end_ms: int
    lines: tuple[CueLine, ...]

    @property
    def text(self) -> str:
        """The lines as a viewer sees them."""
        return "\n".join(line.text for line in self.lines)

    def turns(self) -> list[tuple[str | None, list[CueLine]]]:
        """Return the lines grouped by speaker: nearly always one group."""
        first = self.lines[0].speaker
        if all(line.speaker == first for line in self.lines):
            return [(first, list(self.lines))]
        return [(who, list(lines)) for who, lines in groupby(self.lines, lambda line: line.speaker)]


class Captions(NamedTuple):
    """All cues of an episode in order of their starts, and how its language joins words.

    `named` are the speakers worth showing: none when the only speaker has no name. `line_chars`
    is the width the lines were made for.
    """

    cues: Sequence[Cue]
    separator: str
    named: frozenset[str]
    line_chars: int
