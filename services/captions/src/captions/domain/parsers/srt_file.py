"""SubRip files as they are found: any encoding, numbering and time form that players accept."""

import re
from collections.abc import Iterator
from typing import Final

from captions.domain.parsers.decoding import decode_as_found
from captions.domain.parsers.timed_text import Piece, TimedText
from everyword_events import InvalidInput

_TIME: Final = r"(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})(?:[,.:](\d{1,3}))?"
_TIMES: Final = re.compile(rf"[ \t]*{_TIME}[ \t]*-{{2,3}}>[ \t]*{_TIME}(?:[ \t].*)?")
_MARKUP: Final = re.compile(r"</?(?:i|b|u|s|font)\b[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE)


def parse_srt(raw: bytes) -> list[TimedText]:
    """Read an SRT file's cues, in the order of the file; formatting tags are dropped.

    Raises:
        InvalidInput: not a single time line in it, though it is not empty.
    """
    lines = decode_as_found(raw).split("\n")
    marks = [(at, found) for at, line in enumerate(lines) if (found := _TIMES.fullmatch(line))]
    if not marks and any(line.strip() for line in lines):
        raise InvalidInput(
            "not SRT: no line like 00:00:01,000 --> 00:00:02,500",
            hint="is it another format, or plain text?",
            code="captions_invalid",
        )
    return list(_cues(lines, marks))


def _cues(lines: list[str], marks: list[tuple[int, re.Match[str]]]) -> Iterator[TimedText]:
    for number, (at, found) in enumerate(marks):
        stop = len(lines)
        if number + 1 < len(marks):
            stop = marks[number + 1][0]
            if stop - 1 > at and lines[stop - 1].strip().isdecimal():
                stop -= 1
        raw = "\n".join(line for line in lines[at + 1 : stop] if line.strip())
        parts = found.groups()
        text = _MARKUP.sub("", raw)
        identifier = lines[at - 1].strip() if at else ""
        yield TimedText(_ms(*parts[:4]), _ms(*parts[4:]), (Piece(text),), identifier, raw)


def _ms(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int((fraction or "0").ljust(3, "0"))
