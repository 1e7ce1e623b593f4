"""What was noticed while a file was read, so that nothing is lost or invented in silence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_LISTED: Final = 8
"""A warning names so many lines at the most."""
_MESSAGES: Final[Mapping[str, str]] = {
    "blocks_skipped": "{count} of {of_captions} {have} no time that can be read"
    " and {were} left out",
    "times_mended": "{count} of {of_captions} {have} unusual times, read for what they mean",
    "times_negative": "{count} of {of_captions} {begin} before 0 and {were} moved there",
    "times_reversed": "{count} of {of_captions} {end} before the beginning; the end is estimated",
    "blank_line": "{count} of {of_captions} {have} a blank line inside; the text was kept",
    "text_on_time_line": "text behind the time, on the same line, was kept ({count})",
    "text_outside": "text before the first caption was left out ({count} line{s})",
    "states_joined": "captions shown again while their line is spoken were read once ({count})",
    "words_unusable": "{count} of {of_segments} {have} words that cannot be used; their text was,"
    " with estimated times",
    "segments_skipped": "{count} of {of_segments} cannot be read and {were} left out",
    "lines_skipped": "lines that cannot be read were left out ({count})",
    "encoding": "the file is not UTF-8; it was taken for {detail}",
    "encoded_twice": "letters that were encoded twice were read for what they are"
    " ({count} of its lines)",
    "characters_damaged": "characters that are damaged in the file: {count}",
    "nul_removed": "NUL characters that were removed: {count}",
    "frame_rate": "the file names no frame rate; {detail} frames a second were assumed",
    "times_of_day": "the times are those of a clock; they were counted from the first, {detail}",
    "no_times": "there are no times in it; all of them are estimated",
    "language_doubtful": "the text is not written as the language {detail} is; it was not used",
}
_ONE: Final = {"have": "has", "were": "was", "begin": "begins", "end": "ends"}
_MANY: Final = {name: name for name in _ONE}
_HINTS: Final[Mapping[str, str]] = {
    "frame_rate": "if the times are wrong, export SRT",
    "encoding": "if words look wrong, save it as UTF-8, or name its language",
}


class Noticed(NamedTuple):
    """One kind of thing that was noticed, ready for people (`message`) and as a flag (`flag`)."""

    code: str
    message: str
    flag: str
    lines: tuple[int, ...] = ()


@dataclass
class _Entry:
    count: int = 0
    lines: list[int] = field(default_factory=list)
    detail: str = ""


class ImportLog:
    """Gathers what a reader notices; `seen` counts the blocks that were captions or meant to be."""

    def __init__(self) -> None:
        self.seen = 0
        self._entries: dict[str, _Entry] = {}

    def note(self, code: str, line: int | None = None, *, count: int = 1, detail: str = "") -> None:
        """Note one more thing of the kind `code`, in a line of the file (from 1) if known."""
        entry = self._entries.setdefault(code, _Entry())
        entry.count += count
        entry.detail = detail or entry.detail
        if line is not None and len(entry.lines) <= _LISTED:
            entry.lines.append(line)

    def knows(self, code: str) -> bool:
        """Tell whether there is a message for a code."""
        return code in _MESSAGES

    def count(self, code: str) -> int:
        """Return how often a kind of thing was noticed."""
        return self._entries[code].count if code in self._entries else 0

    def warnings(self) -> tuple[Noticed, ...]:
        """Return all that was noticed, one warning for each kind."""
        return tuple(self._warning(code, entry) for code, entry in self._entries.items())

    def _warning(self, code: str, entry: _Entry) -> Noticed:
        seen = max(self.seen, entry.count)
        grammar = _ONE if entry.count == 1 else _MANY
        said = _MESSAGES[code].format(
            count=entry.count,
            detail=entry.detail,
            s="s" * (entry.count != 1),
            of_captions=f"{seen} caption{'s' * (seen != 1)}",
            of_segments=f"{seen} segment{'s' * (seen != 1)}",
            **grammar,
        )
        if entry.lines:
            listed = ", ".join(map(str, entry.lines[:_LISTED]))
            more = ", …" if len(entry.lines) > _LISTED else ""
            said += f" (line{'s' if len(entry.lines) > 1 else ''} {listed}{more})"
        if hint := _HINTS.get(code):
            said += f" - {hint}"
        return Noticed(
            code, said, f"import_{code}:{entry.detail or entry.count}", tuple(entry.lines[:_LISTED])
        )
