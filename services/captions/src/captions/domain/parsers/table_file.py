"""Tables: CSV, or with tabs or semicolons, whose head names start, end, text and speaker.

Premiere's and Resolve's exports, whisper.cpp's and MacWhisper's CSV. Times are clocks, with frames
or fractions, or numbers: seconds, or milliseconds where nobody could speak so slowly.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Final

from captions.domain.parsers.clock import parse_short_clock
from captions.domain.parsers.decoding import decode_lines
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.timed_text import Piece, TimedText
from everyword_events import InvalidInput
from everyword_transcripts.timing import TYPICAL_WORD_S

_COLUMNS: Final = {
    "start": ("start", "starttime", "starttimecode", "in", "intime", "timecodein", "begin", "from"),
    "end": ("end", "endtime", "endtimecode", "out", "outtime", "timecodeout", "stop", "to"),
    "text": ("text", "transcript", "caption", "subtitle", "content", "body", "words", "sentence"),
    "speaker": ("speaker", "speakers", "speakername", "name", "voice"),
    "duration": ("duration", "dur", "length"),
}
_LONE_START: Final = ("time", "timecode", "timestamp", "timespan")
_SPAN: Final = re.compile(r"(.*\d)\s*(?:-->|\s-\s|\u2013)\s*(\d.*)")
_UNIT: Final = re.compile(r"\((?:ms|s|sec|seconds|milliseconds|hh:mm:ss[^)]*)\)|_?(?:ms|sec|s)\Z")
_FRAMES: Final = re.compile(r"(\d{1,3})[:;](\d{2})[:;](\d{2})[:;](\d{2,3})")
_RATES: Final = (24, 25, 30, 50, 60, 120)
_SLOWEST: Final = 0.5
_TYPICAL_MS: Final = round(TYPICAL_WORD_S * 1000)


def is_table(head: str) -> bool:
    """Tell a table by its first line."""
    return _columns(_cells(head, _delimiter(head))) is not None


def parse_table(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:
    """Read a table's rows; a row without a start that can be read is left out, and told.

    Frames are counted at the lowest usual rate that has as many of them.

    Raises:
        InvalidInput: its head names no start and text, or no row has a time.
    """
    log = log or ImportLog()
    lines = decode_lines(raw, language, log).lstrip("\ufeff").split("\n")
    lines = lines[next((at for at, line in enumerate(lines) if line.strip()), 0) :]
    delimiter = _delimiter(lines[0])
    columns = _columns(_cells(lines[0], delimiter))
    if columns is None:
        raise _invalid("its first line names no columns such as start, end and text")
    rows = list(csv.reader(lines[1:], delimiter=delimiter))
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    read = [{name: row[at] for name, at in columns.items() if at < len(row)} for row in rows]
    for row in read:
        if "end" not in row and (span := _SPAN.fullmatch(row.get("start", "").strip())):
            row["start"], row["end"] = span.groups()
    times = _with_ends(_times([_span_of(row) for row in read], read), read)
    log.seen += len(rows)
    cues = []
    for number, (row, (start, end)) in enumerate(zip(read, times, strict=True), start=2):
        if start is None:
            log.note("blocks_skipped", number)
            continue
        voice = row.get("speaker", "").strip() or None
        piece = Piece(row.get("text", ""), voice)
        cues.append(TimedText(start, start if end is None else end, (piece,)))
    if rows and not cues:
        raise _invalid(f"none of its {len(rows)} rows has a start that can be read")
    return cues


def _span_of(row: dict[str, str]) -> tuple[str, str]:
    return row.get("start", ""), row.get("end") or row.get("duration", "")


def _with_ends(
    times: Sequence[tuple[int | None, int | None]], rows: Sequence[dict[str, str]]
) -> Iterator[tuple[int | None, int | None]]:
    """Count durations from the starts; a row without an end lasts as long as it takes to say.

    It ends where the next row begins, at the latest.
    """
    following = [*(start for start, _ in times[1:]), None]
    for (start, end), after, row in zip(times, following, rows, strict=False):
        stop = end
        if start is not None and end is not None and "end" not in row:
            stop = start + end
        elif start is not None and end is None:
            stop = start + _TYPICAL_MS * max(1, len(row.get("text", "").split()))
            stop = stop if after is None or after <= start else min(stop, after)
        yield start, stop


def _delimiter(head: str) -> str:
    return max(",;\t", key=head.count)


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _columns(head: Sequence[str]) -> dict[str, int] | None:
    """Return where the columns are, or None where start or text is missing."""
    names = [_plain(cell) for cell in head]
    found = {
        column: names.index(name)
        for column, known in _COLUMNS.items()
        if (name := next((one for one in known if one in names), None))
    }
    lone = next((name for name in _LONE_START if name in names), None)
    if "start" not in found and lone:
        found["start"] = names.index(lone)
    return found if {"start", "text"} <= set(found) else None


def _plain(cell: str) -> str:
    cell = _UNIT.sub("", cell.strip().lower())
    return "".join(character for character in cell if character.isalnum())


def _times(
    raw: Sequence[tuple[str, str]], rows: Sequence[dict[str, str]]
) -> list[tuple[int | None, int | None]]:
    """Read the times of all rows alike: one unit, one frame rate."""
    frames = [int(found[4]) for pair in raw for one in pair if (found := _frames(one))]
    rate = next((rate for rate in _RATES if rate > max(frames, default=0)), _RATES[-1])
    numbers = [(_number(start), _number(end)) for start, end in raw]
    lasting = sum(b - a for a, b in numbers if a is not None and b is not None and b > a)
    letters = sum(len(row.get("text", "")) for row in rows)
    per_number = 1 if lasting and letters / lasting < _SLOWEST else 1000
    return [
        (_ms(start, rate, per_number), _ms(end, rate, per_number) if end.strip() else None)
        for start, end in raw
    ]


def _frames(text: str) -> re.Match[str] | None:
    return _FRAMES.fullmatch(text.strip())


def _number(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def _ms(text: str, rate: int, per_number: int) -> int | None:
    if found := _frames(text):
        hours, minutes, seconds, frames = map(int, found.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1000 + round(frames * 1000 / rate)
    if (clock := parse_short_clock(text.strip())) is not None:
        return clock
    number = _number(text)
    return None if number is None else max(0, round(number * per_number))


def _invalid(why: str) -> InvalidInput:
    return InvalidInput(
        f"not a table of captions: {why}", hint="export SRT or WebVTT", code="captions_invalid"
    )
