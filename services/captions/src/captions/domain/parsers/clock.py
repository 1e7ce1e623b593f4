"""Times in text: WebVTT's (section 6.3, "collect a WebVTT timestamp"), and as readers like them."""

import re
from typing import Final

_TIMESTAMP: Final = re.compile(r"(?:([0-9]+):)?([0-9]{2}):([0-9]{2})\.([0-9]{3})(?![0-9])")
_FRACTION: Final = r"(?:[.,]([0-9]{1,3})[0-9]*)?"
_SHORT: Final = re.compile(rf"(?:([0-9]{{1,6}}):)?([0-9]{{1,4}}):([0-9]{{2}}){_FRACTION}")
_SHORTER: Final = re.compile(rf"([0-9]{{1,6}}):([0-9]{{1,2}}):([0-9]){_FRACTION}")
_SIXTY: Final = 60
_HOUR_DIGITS: Final = 9


def timestamp_at(text: str, at: int) -> tuple[int, int] | None:
    """Read the timestamp that begins at `text[at]`; return ms and where it ends, or None."""
    found = _TIMESTAMP.match(text, at)
    if found is None:
        return None
    hours = int((found[1] or "0")[-_HOUR_DIGITS:])
    minutes, seconds, millis = int(found[2]), int(found[3]), int(found[4])
    if minutes >= _SIXTY or seconds >= _SIXTY:
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis, found.end()


def parse_timestamp(text: str) -> int | None:
    """Read `text`, all of it, as a timestamp; return ms, or None."""
    found = timestamp_at(text, 0)
    return found[0] if found is not None and found[1] == len(text) else None


def parse_short_clock(text: str) -> int | None:
    """Read `text`, all of it, as `M:SS` or `H:MM:SS`, with a fraction or without; return ms.

    With hours, one digit each is enough (`0:0:3.5`), as Teams wrote them.
    """
    found = _SHORT.fullmatch(text) or _SHORTER.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = int(found[1] or 0), int(found[2]), int(found[3])
    if seconds >= _SIXTY or (found[1] and minutes >= _SIXTY):
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((found[4] or "").ljust(3, "0"))
