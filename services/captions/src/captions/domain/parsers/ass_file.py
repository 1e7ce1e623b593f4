r"""Advanced SubStation Alpha and its forerunner SSA: pysubs2 reads the lines, we the karaoke.

A `{\k}` tag gives hundredths of a second to the text behind it; other overrides only set its look.
"""

import re
import warnings
from collections.abc import Iterator
from typing import Final

from captions.domain.ass import ESCAPED_BACKSLASH, NAME_SEPARATOR
from captions.domain.parsers.decoding import decode_as_found
from captions.domain.parsers.timed_text import Piece, TimedText
from everyword_events import InvalidInput

_SECTION: Final = re.compile(
    r"^\[(?:Script Info|V4\+? Styles|Events)\]", re.IGNORECASE | re.MULTILINE
)
_SSA: Final = re.compile(r"^\[V4 Styles\]", re.IGNORECASE | re.MULTILINE)
_TOKEN: Final = re.compile(
    rf"\\(?P<brace>[{{}}])|(?P<backslash>{re.escape(ESCAPED_BACKSLASH)})|\\(?P<break>[Nnh])"
    r"|\{(?P<overrides>[^}]*)\}|\{[^}]*\Z"
    rf"|(?:[^\\{{]|\\(?![{{}}Nnh{ESCAPED_BACKSLASH[1]}]))+"
)
_KARAOKE: Final = re.compile(r"\\(?:kf|ko|k|K)([0-9]{1,6})")
_DRAWING: Final = re.compile(r"\\p([0-9])")


def parse_ass(raw: bytes) -> list[TimedText]:
    """Read an ASS or SSA file's lines, in the file's order; comments and drawings are left out.

    Raises:
        InvalidInput: none of the format's sections is there, or a line's time is none.
    """
    from pysubs2 import SSAFile  # noqa: PLC0415 - slow to import and seldom needed

    text = decode_as_found(raw)
    if not _SECTION.search(text):
        raise _invalid("no section [Script Info] or [Events] is in it")
    # Styles and fonts say nothing, and what is broken in them need not matter.
    dialogue = [line for line in text.split("\n") if line.startswith("Dialogue:")]
    try:
        with warnings.catch_warnings(action="ignore"):
            file = SSAFile.from_string(
                "\n".join(dialogue), format_="ssa" if _SSA.search(text) else "ass"
            )
    except ValueError as error:
        raise _invalid(str(error)[:200]) from error
    return [
        TimedText(
            max(0, event.start), event.end, tuple(_pieces(event.text, event.start, event.name))
        )
        for event in file
    ]


def _pieces(text: str, start_ms: int, name: str) -> Iterator[Piece]:
    """Yield an event's runs of text, each with its line's speaker and its karaoke time."""
    runs = list(_runs(text, start_ms))
    voices = name.split(NAME_SEPARATOR)
    if len(voices) != 1 + sum(run == "\n" for run, _ in runs):
        voices = [name] * (1 + len(runs))
    line = 0
    for run, at_ms in runs:
        yield Piece(run, voices[line].strip() or None, at_ms)
        line += run == "\n"


def _runs(text: str, start_ms: int) -> Iterator[tuple[str, int | None]]:
    clock, at_ms, drawing = start_ms, None, False
    for found in _TOKEN.finditer(text):
        overrides = found["overrides"]
        if overrides is None:
            if not drawing:
                yield _shown(found), at_ms
            continue
        for lasting in _KARAOKE.findall(overrides):
            at_ms = clock
            clock += int(lasting) * 10
        for scale in _DRAWING.findall(overrides):
            drawing = scale != "0"


def _shown(found: re.Match[str]) -> str:
    if found["brace"]:
        return found["brace"]
    if found["backslash"]:
        return "\\"
    if found["break"]:
        return " " if found["break"] == "h" else "\n"
    return found[0]


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(f"not ASS: {reason}", hint="is it another format?", code="captions_invalid")
