"""WebVTT's file parser, step by step as the specification has it (section 6.1 to 6.3).

https://www.w3.org/TR/webvtt1/#file-parsing - what a browser refuses is refused, what it skips is
skipped. Regions and style sheets are recognised and left out; so are cue settings.

`parse_vtt` is that and no more. `read_vtt` takes the same files and, so that no speech is lost,
also the cues that a browser drops for their times, and text behind a blank line; it notes each.
"""

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from captions.domain.parsers.clock import timestamp_at
from captions.domain.parsers.decoding import decode_as_found
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.json_entries import entry_of
from captions.domain.parsers.lenient_times import looks_like_time_line, read_time_line
from captions.domain.parsers.timed_text import Piece, TimedText
from captions.domain.parsers.vtt_text import parse_cue_text
from everyword_events import InvalidInput

_SIGNATURE: Final = re.compile(r"WEBVTT(?:[ \t\n]|\Z)")
_WHITE: Final = "\t\n\f\r "
_NO_SPEECH: Final = re.compile(r"(?:NOTE|STYLE|REGION|WEBVTT)(?:\s|\Z)|X-TIMESTAMP-MAP|\d+\s*\Z")


def parse_vtt(raw: bytes) -> list[TimedText]:
    """Read a WebVTT file's cues, in the order of the file, as a browser does.

    Raises:
        InvalidInput: a browser would not take it for WebVTT.
    """
    return [block.cue for block in _blocks(_signed(decode(raw)), None) if block.cue is not None]


def read_vtt(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:
    """Read a WebVTT file's cues, those too that a browser drops, in the order of the file.

    Raises:
        InvalidInput: a browser would not take it for WebVTT, or none of its cues can be read.
    """
    log = log or ImportLog()
    text = decode_as_found(raw, language, log).replace("\0", "\ufffd")
    cues: list[TimedText] = []
    more: list[str] = []
    for block in _blocks(_signed(text), log):
        if block.cue is not None:
            _continue(cues, more)
            cues.append(block.cue)
        elif block.text and not _NO_SPEECH.match(block.text):
            log.note("blank_line" if cues else "text_outside", block.line)
            more.append(block.text)
    _continue(cues, more)
    if not cues and log.count("blocks_skipped"):
        raise InvalidInput(
            f"not WebVTT: none of {log.seen} time lines can be read",
            hint="a time line is 00:00:01.000 --> 00:00:02.500",
            code="captions_invalid",
        )
    return [_spoken(cue) for cue in cues]


def _spoken(cue: TimedText) -> TimedText:
    """Return what a cue of metadata says, as Teams writes it: JSON with a text and a speaker."""
    if not cue.raw.startswith('{"'):
        return cue.with_speaker_of_identifier()
    try:
        entry = entry_of(json.loads(cue.raw))
    except (ValueError, RecursionError):
        return cue
    if entry is None or not entry.text.strip():
        return cue
    return cue._replace(pieces=(Piece(entry.text, entry.speaker),))


def _continue(cues: list[TimedText], more: list[str]) -> None:
    """Give the last cue the text after a blank line, which ends it for a browser."""
    if cues and more:
        raw = "\n".join([cues[-1].raw, *more] if cues[-1].raw else more)
        cues[-1] = cues[-1]._replace(pieces=parse_cue_text(raw), raw=raw)
    more.clear()


def decode(raw: bytes) -> str:
    """Decode UTF-8 as a browser does: no BOM, LF for every line end, U+FFFD for what is broken."""
    text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    return text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")


def _signed(text: str) -> str:
    if not _SIGNATURE.match(text):
        raise InvalidInput(
            "not WebVTT: the file does not begin with WEBVTT, so browsers refuse it",
            hint="make WEBVTT its first line, then a blank one; if it is SRT, name it .srt",
            code="captions_invalid",
        )
    return text


class _Block(NamedTuple):
    """A cue, or (None) anything else; its first line's number and text; and the line after it."""

    cue: TimedText | None
    stop: int
    line: int
    text: str


def _blocks(text: str, log: ImportLog | None) -> Iterator[_Block]:
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    at = 1
    if at < len(lines) and lines[at]:
        at = _block(lines, at, None, in_header=True).stop
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        block = _block(lines, at, log, in_header=False)
        yield block
        at = block.stop


def _block(lines: list[str], begin: int, log: ImportLog | None, *, in_header: bool) -> _Block:
    """Collect a block: lines up to a blank one, or to a time line that opens the next block."""
    buffer: list[str] = []
    times: tuple[int, int] | None = None
    identifier = ""
    seen_arrow = meant = False
    timed_at = at = begin
    while at < len(lines):
        line = lines[at]
        if "-->" in line:
            number = at - begin + 1
            if in_header or number > 2 or (number == 2 and seen_arrow):  # noqa: PLR2004
                break
            seen_arrow = True
            times = _timings(line)
            rest = ""
            if log is not None:
                times, rest, meant = _leniently(line, times, at, log)
            if times is not None:
                identifier, buffer, timed_at = "\n".join(buffer), [rest] if rest else [], at
            elif log is not None and not meant:
                buffer.append(line)
        elif not line:
            break
        else:
            buffer.append(line)
        at += 1
    raw = "\n".join(buffer)
    if times is None:
        return _Block(None, at, begin + 1, "" if meant else raw)
    return _Block(TimedText(*times, parse_cue_text(raw), identifier, raw), at, timed_at + 1, raw)


def _leniently(
    line: str, times: tuple[int, int] | None, at: int, log: ImportLog
) -> tuple[tuple[int, int] | None, str, bool]:
    """Read what a browser does not: odd times, and text behind them; note it.

    Returns the times, the text behind them, and whether the line is meant to be a time line.
    """
    if times is not None and line[-1:].isdigit():
        log.seen += 1
        return times, "", True
    found = read_time_line(line)
    if found is None and times is None:
        meant = looks_like_time_line(line)
        if meant:
            log.seen += 1
            log.note("blocks_skipped", at + 1)
        return None, "", meant
    log.seen += 1
    rest = found.rest if found else ""
    if rest:
        log.note("text_on_time_line", at + 1)
    if times is None and found is not None:
        log.note("times_negative" if found.negative else "times_mended", at + 1)
        times = found.start_ms, found.end_ms
    return times, rest, True


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
