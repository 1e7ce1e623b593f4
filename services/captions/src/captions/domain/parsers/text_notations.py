"""Times in text as editors and transcribers write them, brought to the form that others use.

Premiere's and Resolve's frames (`00:01:09:12`), seconds as faster-whisper's examples print them,
f4's and MAXQDA's marks (`#00:01:09-5#`), the hours of half a day (`1:01:09 PM`), and times that
stand at the end of what was said.
"""

import re
from collections.abc import Sequence
from typing import Final

_FRAMES: Final = re.compile(r"(?<![\d:;])(\d{1,3}:\d{2}:\d{2})[:;](\d{2})(?![\d:;])")
_SECONDS: Final = re.compile(
    r"\A\[\s*(\d{1,6}(?:\.\d{1,6})?)s?\s*-{1,2}>\s*(\d{1,6}(?:\.\d{1,6})?)s?\s*\]"
)
_RATE: Final = 25
_HIGHER_RATE: Final = 60
_MARK: Final = re.compile(r"#(\d{1,2}(?::\d{2}){1,2})(?:-(\d{1,3}))?#")
_MARK_BEHIND: Final = re.compile(rf"(\S.*?)\s*{_MARK.pattern}\s*")
_HALF_DAY: Final = re.compile(
    r"(?P<before>\A[\[(]?|[ \t\[(])(?P<hour>\d{1,2})(?P<minutes>(?::\d{2}){1,2})"
    r"[ \u202f]?(?P<half>[ap])\.?m\b\.?(?P<after>[\])]?:?\Z)?",
    re.IGNORECASE,
)
_NOON: Final = 12


def in_usual_form(line: str) -> str:
    """Return a line with the times it begins or ends with in hours, minutes and seconds."""
    if "#" in line:
        line = _MARK.sub(_bracketed, line)
    line = _SECONDS.sub(_as_clocks, _FRAMES.sub(_with_fraction, line))
    found = _HALF_DAY.search(line)
    if found is None or (found.start() and found["after"] is None):
        return line
    hour = int(found["hour"]) % _NOON + (_NOON if found["half"] in "pP" else 0)
    minutes = found["minutes"] if found["minutes"].count(":") > 1 else f"{found['minutes']}:00"
    clock = f"{found['before']}{hour}{minutes}{found['after'] or ''}"
    return line[: found.start()] + clock + line[found.end() :]


def with_times_in_front(lines: Sequence[str]) -> list[str]:
    """Return lines that end with a time, where nearly all do, with the time they begin at.

    A time at the end says until when: the next line begins there.
    """
    marks = [_MARK_BEHIND.fullmatch(line) for line in lines]
    said = sum(1 for line in lines if line.strip())
    if sum(mark is not None for mark in marks) * 2 <= said:
        return list(lines)
    begins = "#0:00:00#"
    moved = []
    for line, mark in zip(lines, marks, strict=True):
        if mark is None:
            moved.append(line)
            continue
        moved.append(f"{begins} {mark[1]}")
        begins = line[mark.end(1) :].strip()
    return moved


def _bracketed(found: re.Match[str]) -> str:
    return f"[{found[1]}.{found[2] or 0}]"


def _as_clocks(found: re.Match[str]) -> str:
    clocks = [f"{float(one) // 60:.0f}:{float(one) % 60:06.3f}" for one in found.groups()]
    return f"[{clocks[0]} --> {clocks[1]}]"


def _with_fraction(found: re.Match[str]) -> str:
    frames = int(found[2])
    rate = _RATE if frames < _RATE else _HIGHER_RATE
    return f"{found[1]}.{frames * 1000 // rate:03}"
