"""Takes the last traces of what was deleted out of SQLite files.

SQLite overwrites what is deleted (`secure_delete`), yet where rows were moved between pages before,
copies of them may be left in the pages' slack; only writing the file anew is sure to drop them
(https://www.sqlite.org/lang_vacuum.html). That costs a second per 100 MB or so: it is done once
for many deletions, when nothing was deleted for a moment. A file beside the database keeps in
mind, also over a crash, that it is to be done.
"""

import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

MARK: Final = ".uncompacted"
QUIET_S: Final = 2.0
_RETRY_S: Final = 60.0
_BUSY_TIMEOUT_S: Final = 30.0
log = logging.getLogger(__name__)


def mark(path: Path) -> None:
    """Note that traces of what was deleted may be left in the file."""
    path.with_name(path.name + MARK).touch(mode=0o600)


def compact_due(folder: Path, *, quiet_s: float = QUIET_S) -> int:
    """Write the marked files of a folder anew; return how many.

    Those marked within the last `quiet_s` wait for the next call, as more may be deleted; so do
    those that somebody reads all the time, or for which the disk has no room.
    """
    done = 0
    for marker in sorted(folder.glob(f"*{MARK}")):
        try:
            marked_at = marker.stat().st_mtime
        except FileNotFoundError:  # another process was quicker
            continue
        if marked_at > time.time() - quiet_s:
            continue
        path = marker.with_name(marker.name.removesuffix(MARK))
        if _compact(path):
            done += 1
            if marker.exists() and marker.stat().st_mtime == marked_at:
                marker.unlink(missing_ok=True)
        else:
            later = time.time() + _RETRY_S
            os.utime(marker, (later, later))
    return done


def _compact(path: Path) -> bool:
    if not path.exists():
        return True
    try:
        connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        try:
            connection.execute("VACUUM")
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        log.warning("file not compacted", extra={"file": path.name, "reason": str(error)})
        return False
    return not busy
