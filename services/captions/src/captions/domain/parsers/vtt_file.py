"""WebVTT's file parser, step by step as the specification has it (section 6.1 to 6.3).

https://www.w3.org/TR/webvtt1/#file-parsing - what a browser refuses is refused, what it skips is
skipped. Regions and style sheets are recognised and left out; so are cue settings.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from captions.domain.parsers.clock import timestamp_at
from captions.domain.parsers.timed_text import TimedText
from captions.domain.parsers.vtt_text import parse_cue_text
from everyword_events import InvalidInput

_SIGNATURE: Final = re.compile(r"WEBVTT(?:[ \t\n]|\Z)")
_WHITE: Final = "\t\n\f\r "


def parse_vtt(raw: bytes) -> list[TimedText]:
    """Read a WebVTT file's cues, in the order of the file.

    Raises:
        InvalidInput: a browser would not take it for WebVTT.
    """
    text = decode(raw)
    if not _SIGNATURE.match(text):
        raise InvalidInput(
            "not WebVTT: the file does not begin with WEBVTT",
            hint="the first line is WEBVTT alone, or followed by a space or tab",
            code="captions_invalid",
        )
    return list(_cues(text))


def decode(raw: bytes) -> str:
    """Decode UTF-8 as a browser does: no BOM, LF for every line end, U+FFFD for what is broken."""
    text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    return text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")


class _Block(NamedTuple):
    """A cue, or (None) anything else; and the line after it."""

    cue: TimedText | None
    stop: int


def _cues(text: str) -> Iterator[TimedText]:
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    at = 1
    if at < len(lines) and lines[at]:
        at = _block(lines, at, in_header=True).stop
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        cue, at = _block(lines, at, in_header=False)
        if cue is not None:
            yield cue


def _block(lines: list[str], begin: int, *, in_header: bool) -> _Block:
    """Collect a block: lines up to a blank one, or to a time line that opens the next block."""
    buffer: list[str] = []
    times: tuple[int, int] | None = None
    identifier = ""
    seen_arrow = False
    at = begin
    while at < len(lines):
        line = lines[at]
        if "-->" in line:
            number = at - begin + 1
            if in_header or number > 2 or (number == 2 and seen_arrow):  # noqa: PLR2004
                break
            seen_arrow = True
            times = _timings(line)
            if times is not None:
                identifier, buffer = "\n".join(buffer), []
        elif not line:
            break
        else:
            buffer.append(line)
        at += 1
    if times is None:
        return _Block(None, at)
    raw = "\n".join(buffer)
    return _Block(TimedText(*times, parse_cue_text(raw), identifier, raw), at)


def _timings(line: str) -> tuple[int, int] | None:
    start = timestamp_at(line, _skip_white(line, 0))
    if start is None:
        return None
    arrow = _skip_white(line, start[1])
    if not line.startswith("-->", arrow):
        return None
    end = timestamp_at(line, _skip_white(line, arrow + len("-->")))
    return None if end is None else (start[0], end[0])


def _skip_white(text: str, at: int) -> int:
    while at < len(text) and text[at] in _WHITE:
        at += 1
    return at
