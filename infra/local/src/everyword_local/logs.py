"""Logs of the local stack: JSON lines in the data folder, turned over at 5 MB."""

import json
import logging
import logging.handlers
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from everyword_events.consumer.log_fields import fields_in_hand

BACKUPS = 2
_TELL_ADDRESSES = ("httpx", "httpcore", "urllib3", "opensearch", "mangum.http")
"""They log addresses, in which signatures and searched words stand."""
_FOR_A_PERSON: Final = (
    *("episode_id", "engine", "code", "reason", "what", "notice", "attempt", "delay_s"),
    "duration_ms",
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object: time, level, message and the record's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields_in_hand(),
            **{k: v for k, v in vars(record).items() if k not in _STANDARD},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class _Told(logging.Handler):
    """Tells a person each record in a line."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record."""
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        fields = {**fields_in_hand(), **vars(record)}
        said = [f"{each}={fields[each]}" for each in _FOR_A_PERSON if each in fields]
        self._tell(" ".join([at, record.levelname.lower(), record.getMessage(), *said]))


def log_to_person(tell: Callable[[str], None]) -> None:
    """Tell a person, line by line, what this process does: one that has no data folder."""
    root = logging.getLogger()
    root.handlers[:] = [_Told(tell)]
    root.setLevel(logging.INFO)
    for name in _TELL_ADDRESSES:
        logging.getLogger(name).setLevel(logging.WARNING)


def log_as_json(path: Path, level: int = logging.INFO, *, audit: Path | None = None) -> None:
    """Send this process's log to a file; who did what with which key to `audit` as well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    root = logging.getLogger()
    root.handlers[:] = [_to_file(path)]
    root.setLevel(level)
    if audit is not None:
        logging.getLogger("everyword.audit").addHandler(_to_file(audit))
    for name in _TELL_ADDRESSES:
        logging.getLogger(name).setLevel(logging.WARNING)


def _to_file(path: Path) -> logging.Handler:
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=5_000_000, backupCount=BACKUPS, encoding="utf-8"
    )
    handler.setFormatter(JsonLines())
    return handler
