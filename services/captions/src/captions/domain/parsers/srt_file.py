"""SubRip files as they are found: any encoding, numbering and time form that people can read."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from captions.domain.parsers.decoding import decode_lines
from captions.domain.parsers.entities import decode_closed_references
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.lenient_times import (
    TimeLine,
    looks_like_time_line,
    may_be_time_line,
    read_time_line,
)
from captions.domain.parsers.timed_text import NAMED_BY, Piece, TimedText
from everyword_events import InvalidInput

_TAG: Final = re.compile(
    r"<(/?)(i|b|u|s|font)\b([^<>]*)>|\{\\[^{}]*\}|\{[yYcCfFsS]:[^{}\n]*\}", re.IGNORECASE
)
_COLOUR: Final = re.compile(r"color\s*=\s*[\"']?([#\w]+)", re.IGNORECASE)
_BREAK: Final = re.compile(r"<br ?/?>", re.IGNORECASE)
_BLANK: Final = re.compile(r"\s*")


def parse_srt(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:
    """Read an SRT file's cues, in the order of the file; formatting only marks pieces.

    Raises:
        InvalidInput: not a single time line in it that can be read, though it is not empty.
    """
    log = log or ImportLog()
    lines = decode_lines(raw, language, log).split("\n")
    marks = list(_marks(lines))
    log.seen += len(marks)
    if not any(mark.times for mark in marks) and any(line.strip() for line in lines):
        raise InvalidInput(
            f"not SRT: none of {len(marks)} time lines can be read"
            if marks
            else "not SRT: no line like 00:00:01,000 --> 00:00:02,500",
            hint="is it another format, or plain text?",
            code="captions_invalid",
        )
    _note_preamble(lines, marks, log)
    return list(_cues(lines, marks, log))


class _Mark(NamedTuple):
    """A time line, or (`times` None) a line that is meant to be one."""

    at: int
    times: TimeLine | None


def _marks(lines: list[str]) -> Iterator[_Mark]:
    for at, line in enumerate(lines):
        if not may_be_time_line(line):
            continue
        times = read_time_line(line)
        if times is not None or looks_like_time_line(line):
            yield _Mark(at, times)


def _cues(lines: list[str], marks: list[_Mark], log: ImportLog) -> Iterator[TimedText]:
    counted = _are_counted(lines, marks)
    for number, (at, times) in enumerate(marks):
        following = marks[number + 1].at if number + 1 < len(marks) else len(lines)
        stop = following
        if counted and number + 1 < len(marks):
            stop = _before_counter(lines, at, following)
        if stop > at + 1 and NAMED_BY.fullmatch(lines[stop - 1].strip()):
            stop -= 1
        if times is None:
            log.note("blocks_skipped", at + 1)
            continue
        if times.negative:
            log.note("times_negative", at + 1)
        elif times.unusual:
            log.note("times_mended", at + 1)
        kept = [line for line in lines[at + 1 : stop] if not _BLANK.fullmatch(line)]
        if times.rest:
            log.note("text_on_time_line", at + 1)
            kept.insert(0, times.rest)
        raw = _BREAK.sub("\n", "\n".join(kept))
        identifier = lines[at - 1].strip() if at else ""
        cue = TimedText(times.start_ms, times.end_ms, _pieces(raw), identifier, raw)
        yield cue.with_speaker_of_identifier()


def _are_counted(lines: list[str], marks: list[_Mark]) -> bool:
    """Tell whether the cues are numbered: then a number above a time line is not spoken."""
    above = (_spoken_before(lines, mark.at) for mark in marks)
    return sum(at >= 0 and lines[at].strip().isdecimal() for at in above) * 2 > len(marks)


def _spoken_before(lines: list[str], at: int) -> int:
    """Return the last line before `at` that is not blank, of the two before it; -1 for none."""
    return next((i for i in (at - 1, at - 2) if i >= 0 and lines[i].strip()), -1)


def _before_counter(lines: list[str], at: int, following: int) -> int:
    """Return where a cue's text ends: before the next cue's number, if one stands there."""
    last = following - 1
    while last > at and not lines[last].strip():
        last -= 1
    if last <= at or not lines[last].strip().isdecimal():
        return following
    apart = last != following - 1  # a blank line between number and time line
    alone = not lines[last - 1].strip()
    return last if not apart or (alone and last - 1 > at) else following


def _note_preamble(lines: list[str], marks: list[_Mark], log: ImportLog) -> None:
    """Note text before the first cue, but for its number and a header's first line."""
    for at, line in enumerate(lines[: marks[0].at if marks else 0]):
        said = line.strip().lstrip("\ufeff")
        told = said.isdecimal() or said.startswith(("WEBVTT", "NOTE")) or NAMED_BY.fullmatch(said)
        if said and not told:
            log.note("text_outside", at + 1)


def _pieces(raw: str) -> tuple[Piece, ...]:
    """Return a cue's runs of text, each with the tags it stands in; others are not markup."""
    if "<" not in raw and "{" not in raw:
        return (Piece(decode_closed_references(raw)),)
    pieces: list[Piece] = []
    open_tags: list[str] = []
    at = 0
    for found in _TAG.finditer(raw):
        _add(pieces, raw[at : found.start()], open_tags)
        at = found.end()
        name = (found[2] or "").lower()
        if not name:
            continue
        if not found[1]:
            colour = _COLOUR.search(found[3]) if name == "font" else None
            open_tags.append(f"{name} {colour[1].lower()}" if colour else name)
        else:
            for index in range(len(open_tags) - 1, -1, -1):
                if open_tags[index].split()[0] == name:
                    del open_tags[index]
                    break
    _add(pieces, raw[at:], open_tags)
    return tuple(pieces)


def _add(pieces: list[Piece], text: str, open_tags: list[str]) -> None:
    if text:
        pieces.append(Piece(decode_closed_references(text), style="+".join(open_tags)))
