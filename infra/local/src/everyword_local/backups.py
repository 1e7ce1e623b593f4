"""One file with all of an installation's data, made while it works, verified when it is read.

A tar file: `everyword-backup.json` (its format), the databases, the blobs, and last
`manifest.json` with the size and the SHA-256 of each.

All databases are read as they were at one moment: for that moment, some milliseconds, nothing is
appended to the event log and nothing acknowledged, so that whatever they refer to is in the log,
and whatever is done is in them. Blobs are copied afterwards: they are written before the events
that name them, and never change.
"""

import contextlib
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from everyword_events import EverywordError, InvalidInput, Misconfigured, TransientFailure
from everyword_local.data_folder import DataFolder, is_data_folder

FORMAT: Final = 1
HEAD: Final = "everyword-backup.json"
MANIFEST: Final = "manifest.json"
PLAIN_FILES: Final = ("format.json", "upload.key", "everyword.toml")
BLOBS: Final = "blobs"
BLOCK_BYTES: Final = 1 << 20
_UNDER_WAY: Final = ".incoming"
_PAGES: Final = 4_096
_BUSY_TIMEOUT_S: Final = 60.0
_TRIES: Final = 3
_REMOVALS: Final = (
    "SELECT count(*) FROM events WHERE type IN"
    " ('EpisodeRemoved', 'AudioRemoved', 'RunsRemoved', 'VoiceForgotten')"
)

Progress = Callable[[int, int], None]
"""Told how many bytes are done, and of how many."""


@dataclass
class _Written:
    """What is in the backup so far."""

    total: int
    progress: Progress
    done: int = 0
    files: dict[str, dict[str, int | str]] = field(default_factory=dict)


def backup(root: Path, to: Path, progress: Progress = lambda _done, _total: None) -> int:
    """Write all that a data folder holds to a new file, which its owner alone may read.

    Uploads that are not complete, downloads and logs are left out. Returns how many bytes it has.

    Raises:
        Misconfigured: there is no such data folder, or the file cannot be written.
        InvalidInput: there is such a file already.
        TransientFailure: the disk is full, or a database stayed locked.
    """
    if not is_data_folder(root):
        raise Misconfigured(
            f"{root} is no data folder", hint="name it with --data", code="data_missing"
        )
    if to.exists():
        raise InvalidInput(f"{to} is there already", hint="name a new file", code="backup_exists")
    folder = DataFolder(root)
    partial = to.with_name(f".{to.name}.partial")
    try:
        with tempfile.TemporaryDirectory(prefix=".everyword-backup-", dir=to.parent) as scratch:
            for _ in range(_TRIES):
                if _write(folder, Path(scratch), partial, progress):
                    break
            else:
                raise TransientFailure(
                    "episodes are being removed all the time",
                    hint="try again when that is over",
                    code="backup_disturbed",
                )
        size = partial.stat().st_size
        partial.replace(to)
    except OSError as error:
        raise Misconfigured(
            f"cannot write {to}: {error.strerror or error}",
            hint="choose a place with room that you may write to",
            code="backup_not_writable",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return size


def _write(folder: DataFolder, scratch: Path, partial: Path, progress: Progress) -> bool:
    """Write a backup; False where an episode was removed meanwhile, whose blobs it may lack."""
    copies = _copy_databases(folder, scratch)
    blobs = [each for each in _blobs(folder.blobs) if each.is_file()]
    plain = [path for name in PLAIN_FILES if (path := folder.root / name).is_file()]
    sizes = (path.stat().st_size for path in (*copies, *plain, *blobs) if path.exists())
    written = _Written(sum(sizes), progress)
    with (
        _private(partial) as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        _add_text(tar, HEAD, json.dumps({"everyword_backup": FORMAT}))
        for path in (*plain, *copies):
            _add(tar, path, path.name, written)
        for path in blobs:
            with contextlib.suppress(FileNotFoundError):
                _add(tar, path, path.relative_to(folder.root).as_posix(), written)
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        said = {"everyword_backup": FORMAT, "made_at": made_at, "files": written.files}
        _add_text(tar, MANIFEST, json.dumps(said))
        tar.close()
        file.flush()
        os.fsync(file.fileno())
    copy = scratch / folder.bus.name
    return not copy.exists() or _count(copy) == _count(folder.bus)


def _copy_databases(folder: DataFolder, scratch: Path) -> list[Path]:
    """Copy all databases as they were at one moment."""
    paths = sorted(folder.root.glob("*.sqlite"))
    try:
        with contextlib.ExitStack() as opened:
            readers = [_opened(path, opened) for path in paths]
            lock = _opened(folder.bus, opened) if folder.bus.exists() else None
            if lock is not None:
                lock.execute("BEGIN IMMEDIATE")
            for reader in readers:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # the moment
            if lock is not None:
                lock.execute("ROLLBACK")
            copies = []
            for path, reader in zip(paths, readers, strict=True):
                copy = scratch / path.name
                copy.unlink(missing_ok=True)
                with contextlib.closing(sqlite3.connect(copy)) as target:
                    copy.chmod(0o600)
                    reader.backup(target, pages=_PAGES, sleep=0)
                copies.append(copy)
            return copies
    except sqlite3.Error as error:
        raise TransientFailure(
            f"cannot copy the databases of {folder.root}: {error}",
            hint="`everyword doctor` checks them; is there room on the disk?",
            code="backup_failed",
        ) from error


def _opened(path: Path, opened: contextlib.ExitStack) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
    return opened.enter_context(contextlib.closing(connection))


def _count(bus: Path) -> int:
    with contextlib.closing(sqlite3.connect(bus, timeout=_BUSY_TIMEOUT_S)) as connection:
        return int(connection.execute(_REMOVALS).fetchone()[0])


def _blobs(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if _UNDER_WAY not in path.relative_to(root).parts and not path.is_symlink():
            yield path


@contextlib.contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w+b") as file:
        yield file


def _add(tar: tarfile.TarFile, path: Path, name: str, written: _Written) -> None:
    with path.open("rb") as source:
        size = os.fstat(source.fileno()).st_size
        hashed = _Hashed(source, written)
        tar.addfile(_member(name, size), hashed)
    written.files[name] = {"bytes": size, "sha256": hashed.digest.hexdigest()}


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    raw = text.encode()
    tar.addfile(_member(name, len(raw)), io.BytesIO(raw))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(time.time())
    return member


class _Hashed(io.RawIOBase):
    """A file whose bytes are digested as they are read."""

    def __init__(self, source: BinaryIO, written: _Written) -> None:
        self._source = source
        self._written = written
        self.digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        block = self._source.read(size)
        self.digest.update(block)
        self._written.done += len(block)
        self._written.progress(self._written.done, self._written.total)
        return block


def wrong(file: Path, reason: str) -> EverywordError:
    """Return the error of a file that is no backup, or no whole one."""
    return InvalidInput(
        f"{file}: {reason}", hint="name a file that `everyword backup` wrote", code="backup_invalid"
    )
