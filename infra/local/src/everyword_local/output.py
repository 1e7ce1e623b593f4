"""What a person or a program is shown: results to stdout, everything else to stderr.

Nothing heavy is imported before it is needed: most commands end at once.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any, Final, Protocol, TextIO

from everyword_events import EverywordError
from everyword_local.table import Table

_LONGEST_S: Final = 1e9
_LONGEST_WORD: Final = 80
_TURN_TEXT_ROUND: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROLS: Final = {
    **dict.fromkeys((*range(32), *range(127, 160)), "�"),
    **dict.fromkeys(_TURN_TEXT_ROUND, ""),
}
_CONTROLS_BUT_LINES: Final = {k: v for k, v in _CONTROLS.items() if chr(k) not in "\n\t"}


def counted(count: int, one: str) -> str:
    """Say how many there are of something, in the grammar of one or of many."""
    return f"{count:,} {one}{'s' * (count != 1)}"


class Bars(AbstractContextManager["Bars"], Protocol):
    """Progress bars: one task each."""

    def add_task(self, description: str, *, total: float | None) -> Any:
        """Begin a bar; returns its name for `update` and `advance`."""

    def update(
        self, task_id: Any, *, completed: float | None = None, total: float | None = None,
        description: str | None = None,
    ) -> None:  # fmt: skip
        """Set how far a bar is."""

    def advance(self, task_id: Any, advance: float = 1) -> None:
        """Move a bar on."""


class Output:
    """One command's output: words and tables for a person, one JSON document for a program."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.is_terminal = sys.stderr.isatty()
        self.is_read_by_a_person = sys.stdout.isatty()

    def note(self, text: str) -> None:
        """Tell a person something on the way (stderr); the work goes on where nobody listens."""
        if not self.quiet:
            with suppress(BrokenPipeError):
                _say(sys.stderr, text)

    def result(self, document: Mapping[str, Any], lines: Iterable[str]) -> None:
        """Print the result: the document as JSON, or the lines."""
        if self.as_json:
            self.json(document)
        else:
            for line in lines:
                _say(sys.stdout, line)
            sys.stdout.flush()

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
        _say(sys.stderr, f"everyword: {error.message}{hint}")
        if self.as_json:
            said = {"code": error.code, "message": error.message, "hint": error.hint}
            self.json({"error": said})

    def table(self, *columns: str, cut: str = "") -> Table:
        """Return an empty table as wide as the terminal; `cut` is the column to cut first."""
        return Table(columns, cut=cut)

    def progress(self) -> Bars:
        """Return progress bars on stderr; without a terminal they stay silent."""
        if self.quiet or not self.is_terminal:
            return _NoBars()
        from everyword_local.progress_bars import progress_bars  # noqa: PLC0415 - rich is large

        return progress_bars()


class _NoBars(Bars):
    """Shows nothing."""

    def __exit__(self, *_: object) -> None:
        return None

    def add_task(self, description: str, *, total: float | None) -> Any:
        """Begin nothing."""

    def update(
        self, task_id: Any, *, completed: float | None = None, total: float | None = None,
        description: str | None = None,
    ) -> None:  # fmt: skip
        """Show nothing."""

    def advance(self, task_id: Any, advance: float = 1) -> None:
        """Show nothing."""


def clock(seconds: float) -> str:
    """Return seconds as `m:ss.s` or `h:mm:ss`, for reading; `?` for what no recording lasts."""
    if not 0 <= seconds <= _LONGEST_S:
        return "?"
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{rest // 10:02d}"
    return f"{minutes}:{rest // 10:02d}.{rest % 10}"


def cut_word(word: str) -> str:
    """Cut a word that would fill the screen alone."""
    return word if len(word) <= _LONGEST_WORD else word[: _LONGEST_WORD - 1] + "…"


def one_line(text: str) -> str:
    """Return text of a title or a message without what would steer a terminal."""
    return text.translate(_CONTROLS)


def _say(stream: TextIO, text: str) -> None:
    """Write a line; what would steer a terminal is not passed on from a title or a transcript."""
    line = text.translate(_CONTROLS_BUT_LINES) + "\n"
    encoding = stream.encoding or "utf-8"
    stream.write(line.encode(encoding, "backslashreplace").decode(encoding))
