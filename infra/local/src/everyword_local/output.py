"""What a person or a program is shown: results to stdout, everything else to stderr."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from everyword_events import EverywordError

_WIDTH_OF_A_FILE = 100_000
"""Columns of a table that no terminal shows: nothing is cut."""


class Output:
    """One command's output: words and tables for a person, one JSON document for a program."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self._out = Console(highlight=False, soft_wrap=True)
        if not self._out.is_terminal:
            self._out.width = _WIDTH_OF_A_FILE
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Tell a person something on the way (stderr)."""
        if not self.quiet:
            self._err.print(text, markup=False)

    def result(self, document: Mapping[str, Any], lines: Iterable[str] | Table) -> None:
        """Print the result: the document as JSON, or the lines or table."""
        if self.as_json:
            self.json(document)
        elif isinstance(lines, Table):
            self._out.print(lines)
        else:
            for line in lines:
                self._out.print(line, markup=False)

    def json(self, document: Mapping[str, Any]) -> None:
        """Print one JSON document on a line of its own."""
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def write(self, data: bytes) -> None:
        """Write a file's bytes to stdout as they are."""
        sys.stdout.buffer.write(data)
        sys.stdout.flush()

    def error(self, error: EverywordError) -> None:
        """Print `everyword: what is wrong - what to do`, and JSON where asked for."""
        hint = f" - {error.hint}" if error.hint else ""
        sys.stderr.write(f"everyword: {error.message}{hint}\n")
        if self.as_json:
            said = {"code": error.code, "message": error.message, "hint": error.hint}
            self.json({"error": said})

    def table(self, *columns: str) -> Table:
        """Return an empty table in the command's form."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for place, column in enumerate(columns):
            table.add_column(column, no_wrap=place == 0)  # an id that is cut is no id
        return table

    def progress(self) -> Progress:
        """Return a progress bar on stderr; without a terminal it stays silent."""
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            console=self._err,
            disable=self.quiet or not self._err.is_terminal,
            transient=True,
        )

    @property
    def is_terminal(self) -> bool:
        """Tell whether a person watches stderr."""
        return self._err.is_terminal


def clock(seconds: float) -> str:
    """Return seconds as `m:ss.s` or `h:mm:ss`, for reading."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{rest // 10:02d}"
    return f"{minutes}:{rest // 10:02d}.{rest % 10}"
