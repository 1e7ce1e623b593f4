"""Time lines as they are found in files: short, overflowing, negative or oddly written.

What a strict reader refuses but a person reads without doubt is read: `0:0:1.540`, `,9` (nine
tenths), `:60` and `,1000` (carried), a minus sign (clamped to 0), one or three dashes in the arrow.
"""

import re
from typing import Final, NamedTuple

_ARROW: Final = re.compile("[ \t]*[-\u2013-\u2015]{1,3}[ \t]?>[ \t]*")
_FIELD: Final = "\\d{0,2}[-\u2212]?\\d{1,6}"
_COLON: Final = "[ \t]?:[ \t]?"
_CLOCK: Final = re.compile(
    f"[ \t\ufeff]*(?:(?:({_FIELD}){_COLON})?({_FIELD}){_COLON})?({_FIELD})"
    r"(?:[ \t]?([,.;:])[ \t]?(\d{1,9}))?(?![\d:])"
)
_DIGIT: Final = re.compile(r"\d")
_LONGEST: Final = 60
"""Characters within which the first time of a time line stands."""
_SETTINGS: Final = re.compile(r"(?:[ \t]+[A-Za-z]+\d?:[^\s]+)*[ \t]*")
_USUAL: Final = re.compile(r"(?:\d{1,6}:)?[0-5]?\d:[0-5]?\d(?:[.,]\d{1,3})?")
_FULL_WIDTH: Final = str.maketrans("\uff1a\uff0c\uff0e\uff1e", ":,.>")
_ODD: Final = re.compile("[\uff1a\uff0c\uff0e\uff1e]|\\d\\.\\d{2}\\.\\d")
_POINTS: Final = re.compile(r"(?<![\d.:])(\d{1,2})\.(\d{2})\.(\d{2})(?=[.,;]\d)")
_CARRIED_MS: Final = "1000"
"""Milliseconds that were rounded up and never carried; other digits are decimals."""
_RATE: Final = 25
_HIGHER_RATE: Final = 60
_MINUS: Final = re.compile("[-\u2212]")


class TimeLine(NamedTuple):
    """A cue's time line; `unusual` where players would stumble over it.

    `rest` is what stands behind the times and is no cue setting.
    """

    start_ms: int
    end_ms: int
    unusual: bool
    negative: bool
    rest: str


class _Clock(NamedTuple):
    ms: int
    text: str
    stop: int


def looks_like_time_line(line: str) -> bool:
    """Tell whether a line is meant to be a time line, and so is never speech."""
    first = _DIGIT.search(line)
    arrow = line.find("-->", first.end()) if first else -1
    return arrow >= 0 and _DIGIT.search(line, arrow) is not None


def read_time_line(line: str) -> TimeLine | None:
    """Read a line of two times with an arrow between, or return None.

    An arrow of one dash is believed only where both sides are whole times with a colon.
    """
    found = _time_line(line)
    if found is None and _ODD.search(line):
        found = _time_line(_in_usual_signs(line))
        return found and found._replace(unusual=True)
    return found


def may_be_time_line(line: str) -> bool:
    """Tell in little time whether a line holds an arrow of some kind."""
    return ">" in line or "\uff1e" in line


def _in_usual_signs(line: str) -> str:
    """Write a line's clocks with colons, and a point or comma before the fraction.

    Translators leave signs of full width, hands points alone.
    """
    return _POINTS.sub(r"\1:\2:\3", line.translate(_FULL_WIDTH), count=2)


def _time_line(line: str) -> TimeLine | None:
    for arrow in _ARROW.finditer(line, 0, _LONGEST):
        head, tail = line[: arrow.start()], line[arrow.end() :]
        start = _clock(head)
        if start is None or start.stop != len(head):
            continue
        end = _clock(tail)
        usual_arrow = "-->" in arrow[0]
        if end is None or not (usual_arrow or (":" in start.text and ":" in end.text)):
            return None
        rest = tail[end.stop :]
        usual = usual_arrow and _USUAL.fullmatch(start.text) and _USUAL.fullmatch(end.text)
        return TimeLine(
            max(0, start.ms),
            max(0, end.ms),
            not usual,
            start.ms < 0 or end.ms < 0,
            "" if _SETTINGS.fullmatch(rest) else rest.strip(),
        )
    return None


def _clock(text: str) -> _Clock | None:
    """Read the time that `text` begins with; -1 for any time before 0."""
    found = _CLOCK.match(text)
    if found is None:
        return None
    said = found[0].strip(" \t\ufeff")
    if _MINUS.search(said):
        return _Clock(-1, said, found.end())
    hours, minutes, seconds = (int(field or 0) for field in found.groups()[:3])
    fraction = found[5] or ""
    ms = 1000 if fraction == _CARRIED_MS else int(fraction[:3].ljust(3, "0"))
    if found[4] == ":" and len(fraction) == 2:  # noqa: PLR2004 - frames, as editors count
        ms = ms * 100 // (_RATE if ms < _RATE * 10 else _HIGHER_RATE)
    return _Clock(((hours * 60 + minutes) * 60 + seconds) * 1000 + ms, said, found.end())
