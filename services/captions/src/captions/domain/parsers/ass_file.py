r"""Advanced SubStation Alpha and its forerunner SSA, read by their own Format line.

A `{\k}` tag gives hundredths of a second to the text behind it; other overrides only set its look.
"""

import re
from collections.abc import Iterator
from typing import Final

from captions.domain.ass import ESCAPED_BACKSLASH, NAME_SEPARATOR
from captions.domain.parsers.decoding import decode_lines
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.timed_text import Piece, TimedText
from everyword_events import InvalidInput

_SECTION: Final = re.compile(
    r"^\[(?:Script Info|V4\+? Styles|Events)\]", re.IGNORECASE | re.MULTILINE
)
_SSA: Final = re.compile(r"^\[V4 Styles\]", re.IGNORECASE | re.MULTILINE)
_USUAL: Final = "layer,start,end,style,name,marginl,marginr,marginv,effect,text"
_USUAL_SSA: Final = _USUAL.replace("layer", "marked")
_TIME: Final = re.compile(r"\s*(-?)(\d{1,6}):(\d{1,4}):(\d{1,4})(?:[.:,](\d{1,3}))?\s*")
_TOKEN: Final = re.compile(
    rf"\\(?P<brace>[{{}}])|(?P<backslash>{re.escape(ESCAPED_BACKSLASH)})|\\(?P<break>[Nnh])"
    r"|\{(?P<overrides>[^}]*)\}|\{[^}]*\Z"
    rf"|(?:[^\\{{]|\\(?![{{}}Nnh{ESCAPED_BACKSLASH[1]}]))+"
)
_KARAOKE: Final = re.compile(r"\\(?:kf|ko|k|K)([0-9]{1,6})")
_LOOK: Final = re.compile(
    r"\\(r|[1-4]?c|alpha|[1-4]a|b|i|u|s|bord|shad|fs|fscx|fscy)(?![a-z])(&?[^\\()}]{0,20})"
)
_DRAWING: Final = re.compile(r"\\p([0-9])")


def parse_ass(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:
    """Read an ASS or SSA file's lines, in the file's order; comments and drawings are left out.

    Raises:
        InvalidInput: none of the format's sections is there, its Format line names no times or
            text, or no line's time can be read.
    """
    log = log or ImportLog()
    text = decode_lines(raw, language, log)
    if not _SECTION.search(text):
        raise _invalid("no section [Script Info] or [Events] is in it")
    fields = (_USUAL_SSA if _SSA.search(text) else _USUAL).split(",")
    section = "[events]"
    cues: list[TimedText] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("["):
            section = line.strip().lower()
        elif line.startswith("Format:") and section == "[events]":
            fields = _fields(line)
        elif line.startswith("Dialogue:"):
            log.seen += 1
            cue = _cue(line.removeprefix("Dialogue:").lstrip(" "), fields)
            if cue is None:
                log.note("blocks_skipped", number)
            else:
                cues.append(cue)
    if not cues and log.seen:
        raise _invalid(f"none of {log.seen} Dialogue lines has a time such as 0:00:01.00")
    return cues


def _fields(line: str) -> list[str]:
    """Return the fields of a Format line, in its own order.

    Raises:
        InvalidInput: start, end or text is not among them.
    """
    fields = [name.strip().lower() for name in line.removeprefix("Format:").split(",")]
    fields = ["name" if name == "actor" else name for name in fields]
    if missing := {"start", "end", "text"} - set(fields):
        raise _invalid(f"its Format line names no {', '.join(sorted(missing))}")
    return fields


def _cue(line: str, fields: list[str]) -> TimedText | None:
    """Read a Dialogue line, whose text may hold commas, or return None where it has no times."""
    before = fields.index("text")
    after = len(fields) - before - 1
    values = line.split(",", before)
    if len(values) <= before:
        return None
    values[before:] = values[before].rsplit(",", after) if after else [values[before]]
    found = dict(zip(fields, values, strict=False))
    start, end = _time_ms(found.get("start", "")), _time_ms(found.get("end", ""))
    if start is None or end is None:
        return None
    pieces = tuple(_pieces(found.get("text", ""), start, found.get("name", "")))
    return TimedText(max(0, start), max(0, end), pieces)


def _time_ms(text: str) -> int | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    whole = (int(found[2]) * 60 + int(found[3])) * 60 + int(found[4])
    ms = whole * 1000 + int((found[5] or "").ljust(3, "0"))
    return -ms if found[1] else ms


def _pieces(text: str, start_ms: int, name: str) -> Iterator[Piece]:
    """Yield an event's runs of text, each with its line's speaker and its karaoke time."""
    runs = list(_runs(text, start_ms))
    voices = name.split(NAME_SEPARATOR)
    if len(voices) != 1 + sum(run == "\n" for run, _, _ in runs):
        voices = [name] * (1 + len(runs))
    line = 0
    for run, at_ms, style in runs:
        yield Piece(run, voices[line].strip() or None, at_ms, style=style)
        line += run == "\n"


def _runs(text: str, start_ms: int) -> Iterator[tuple[str, int | None, str]]:
    """Yield runs of text with their karaoke time and how they look beside the line's own style."""
    clock, at_ms, drawing = start_ms, None, False
    looks: dict[str, str] = {}
    for found in _TOKEN.finditer(text):
        overrides = found["overrides"]
        if overrides is None:
            if not drawing:
                yield _shown(found), at_ms, ";".join(sorted(looks.values()))
            continue
        for lasting in _KARAOKE.findall(overrides):
            at_ms = clock
            clock += int(lasting) * 10
        for name, value in _LOOK.findall(overrides):
            if name == "r":
                looks.clear()
            elif value and value != "0":
                looks[name] = name + value
            else:
                looks.pop(name, None)
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
