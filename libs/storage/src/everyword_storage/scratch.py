"""Files for a while: room is looked for before they are filled, and a crash leaves none."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, cast

from everyword_events import TransientFailure

PREFIX: Final = "everyword-scratch-"
MARGIN_BYTES: Final = 64 << 20
"""What must stay free beside a file: other programs, and our own logs, write too."""
_NEW_S: Final = 60.0
"""A younger file may be about to be locked."""


@contextmanager
def scratch_file(*, folder: Path | None = None) -> Iterator[BinaryIO]:
    """Give a new file with a name, deleted when the block ends; what a crash leaves is swept."""
    with tempfile.NamedTemporaryFile(prefix=PREFIX, dir=folder) as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        yield cast("BinaryIO", file)


def must_have_room(wanted: int, *, folder: Path | None = None) -> None:
    """Look whether `wanted` bytes fit into the folder of temporary files.

    Raises:
        TransientFailure: they do not (code `disk_full`).
    """
    where = Path(folder or tempfile.gettempdir())
    free = shutil.disk_usage(where).free
    if free < wanted + MARGIN_BYTES:
        raise TransientFailure(
            f"the recording needs {wanted / 1e6:.0f} MB and {free / 1e6:.0f} MB are free"
            f" in {where}",
            hint="make room there, or set TMPDIR to a larger disk; it is tried again",
            code="disk_full",
        )


def sweep_scratch(*, folder: Path | None = None, older_than_s: float = _NEW_S) -> int:
    """Delete the files that no living process holds; return how many."""
    swept = 0
    for path in Path(folder or tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime < older_than_s:
                continue
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                swept += 1
            finally:
                os.close(descriptor)
    return swept
