"""Tables for people, never wider than their terminal; in a pipe nothing is cut."""

import os
import sys
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final
from unicodedata import combining, east_asian_width

WIDTH_OF_A_PIPE: Final = 100_000
WIDTH_OF_A_TERMINAL: Final = 80
_GAP: Final = "  "
_LEAST: Final = 8


class Table:
    """Rows of text under headings; iterating gives lines.

    Where a row is too long, the column `cut` gives way, then whichever is widest.
    """

    def __init__(self, columns: Sequence[str], *, cut: str = "", width: int = 0) -> None:
        self._rows: list[Sequence[str]] = [columns]
        self._cut = columns.index(cut) if cut else None
        self._width = width or _terminal_width()

    def add_row(self, *cells: str) -> None:
        """Add a row: a cell for each column."""
        self._rows.append([" ".join(cell.split()) for cell in cells])

    def __iter__(self) -> Iterator[str]:
        """Give the lines."""
        widths = self._fitted(
            [max(map(cells_of, column)) for column in zip(*self._rows, strict=True)]
        )
        for row in self._rows:
            cells = [_padded(cell, width) for cell, width in zip(row, widths, strict=True)]
            yield _GAP.join(cells).rstrip()

    def _fitted(self, widths: list[int]) -> list[int]:
        room = self._width - len(_GAP) * (len(widths) - 1)
        if self._cut is not None:
            over = max(0, sum(widths) - room)
            widths[self._cut] = max(_LEAST, widths[self._cut] - over)
        while sum(widths) > room and max(widths) > _LEAST:
            widths[widths.index(max(widths))] -= 1
        return widths


def cells_of(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(map(_cells, text))


def _cells(char: str) -> int:
    if combining(char):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def _padded(text: str, width: int) -> str:
    if cells_of(text) > width:
        ends = accumulate(map(_cells, text))
        text = text[: sum(end < width for end in ends)] + "…"
    return text + " " * (width - cells_of(text))


def _terminal_width() -> int:
    if not sys.stdout.isatty():
        return WIDTH_OF_A_PIPE
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or WIDTH_OF_A_TERMINAL
    except OSError:
        return WIDTH_OF_A_TERMINAL
