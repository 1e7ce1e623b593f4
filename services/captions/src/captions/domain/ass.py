"""Advanced SubStation Alpha with karaoke: each word lights up for its time. Written by pysubs2."""

import re
from itertools import pairwise
from typing import Final

from captions.domain.cues import Captions, Cue
from everyword_events import InvalidInput

_LATEST_MS: Final = 10 * 3600 * 1000
NAME_SEPARATOR: Final = " / "
"""Stands between the names of a cue's lines where they are said by more than one."""
ESCAPED_BACKSLASH: Final = "\\\u2060"
# A word joiner after a backslash keeps it from beginning \N or \h; players escape braces so.
_ESCAPES: Final = str.maketrans({"\\": ESCAPED_BACKSLASH, "{": "\\{", "}": "\\}"})


def write_ass(captions: Captions) -> str:
    """Write ASS; times are in hundredths of a second, as the format has them.

    Raises:
        InvalidInput: a cue ends after 9:59:59.99, the last moment the format can name.
    """
    from pysubs2 import SSAEvent, SSAFile  # noqa: PLC0415 - slow to import and seldom needed

    if captions.cues and max(cue.end_ms for cue in captions.cues) >= _LATEST_MS:
        raise InvalidInput(
            "ASS cannot name times from ten hours on",
            hint="use karaoke-vtt",
            code="captions_too_long",
        )
    file = SSAFile()
    for cue in captions.cues:
        text = _karaoke(cue, captions.separator)
        file.append(SSAEvent(start=cue.start_ms, end=cue.end_ms, text=text, name=_name(cue)))
    return file.to_string("ass")


def _name(cue: Cue) -> str:
    """Return who speaks: one name, or one for each line. A comma would end the field."""
    names = [re.sub(" ?/ ?", "/", line.speaker or "").replace(",", ";") for line in cue.lines]
    return names[0] if len(set(names)) == 1 else NAME_SEPARATOR.join(names)


def _karaoke(cue: Cue, separator: str) -> str:
    r"""Return the cue's words, each after a `{\k}` of the hundredths until the next one begins."""
    clock, stop = _hundredths(cue.start_ms), _hundredths(cue.end_ms)
    begins: list[int] = []
    for line in cue.lines:
        for start in line.starts_ms:
            clock = min(max(_hundredths(start), clock), stop)
            begins.append(clock)
    lasting = iter(after - begin for begin, after in pairwise([*begins, stop]))
    lead = begins[0] - _hundredths(cue.start_ms)
    lines = [
        separator.join(f"{{\\k{next(lasting)}}}{word.translate(_ESCAPES)}" for word in line.words)
        for line in cue.lines
    ]
    return (f"{{\\k{lead}}}" if lead else "") + "\\N".join(lines)


def _hundredths(ms: int) -> int:
    return (ms + 5) // 10
