"""Reads the logs of all processes, also those that were turned over, and merges them by time."""

import json
from collections.abc import Iterator
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import Any

from everyword_local.logs import BACKUPS

Line = dict[str, Any]


def lines_of(folder: Path, episode_id: str, *, since: str = "", most: int = 1000) -> list[Line]:
    """Return the newest `most` lines about an episode, from a time (RFC 3339) on, oldest first."""
    mark = episode_id.encode()
    logs = [_lines(path, mark) for path in sorted(folder.glob("*.log"))]
    about = (
        line
        for line in merge(*logs, key=_time)
        if line.get("episode_id") == episode_id and _time(line) >= since
    )
    return list(about)[-most:]


def _lines(path: Path, mark: bytes) -> Iterator[Line]:
    """Walk one log, its oldest file first; lines without the mark are not looked into."""
    older = [path.with_name(f"{path.name}.{number}") for number in range(BACKUPS, 0, -1)]
    for raw in chain.from_iterable(map(_raw, [*older, path])):
        if mark not in raw:
            continue
        try:
            line = json.loads(raw)
        except ValueError:  # cut off by a crash
            continue
        if isinstance(line, dict):
            yield {"log": path.stem, **line}


def _raw(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except FileNotFoundError:  # not turned over yet, or just now
        return


def _time(line: Line) -> str:
    return str(line.get("time", ""))
