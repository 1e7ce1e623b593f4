"""Makes a data folder of a backup: every file verified before any of it counts."""

import contextlib
import hashlib
import json
import re
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from captions.adapters.sqlite import SCHEMA as CAPTIONS
from everyword_events import Misconfigured
from everyword_events.sqlite.bus import SCHEMA as BUS
from everyword_events.sqlite.replays import SCHEMA as REPLAYS
from everyword_local.backups import (
    BLOBS,
    BLOCK_BYTES,
    FORMAT,
    HEAD,
    MANIFEST,
    PLAIN_FILES,
    Progress,
    wrong,
)
from everyword_local.data_folder import FORMAT as FOLDER_FORMAT
from everyword_local.data_folder import OWNER_ONLY
from everyword_local.keys import SCHEMA as KEYS
from everyword_local.public_shows import SCHEMA as SHOWS
from ingest.adapters.sqlite import SCHEMA as EPISODES
from ingest.adapters.sqlite_feeds import SCHEMA as FEEDS
from ingest.adapters.sqlite_notifications import SCHEMA as NOTIFICATIONS
from search.adapters.sqlite.connections import SCHEMA as WORDS

_MOST_TEXT: Final = 1 << 30
_PART: Final = re.compile(r"(?!\.+$)[A-Za-z0-9._-]{1,255}")
SCHEMAS: Final = {  # of every database that a data folder has
    "bus.sqlite": BUS,
    "episodes.sqlite": EPISODES,
    "replays.sqlite": REPLAYS,
    "captions.sqlite": CAPTIONS,
    "words.sqlite": WORDS,
    "keys.sqlite": KEYS,
    "shows.sqlite": SHOWS,
    "feeds.sqlite": FEEDS,
    "notifications.sqlite": NOTIFICATIONS,
}


def restore(file: Path, root: Path, progress: Progress = lambda _done, _total: None) -> int:
    """Make the data folder `root` of a backup; it must be empty, or not be there.

    It comes to be whole or not at all. Returns how many files it has.

    Raises:
        InvalidInput: the file is no backup, is damaged, or names what lies outside the folder.
        Misconfigured: the folder is not empty or cannot be written, or a newer Everyword wrote
            the backup.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise Misconfigured(
            f"{root} is not empty",
            hint="restore into a new folder, with --data DIR",
            code="data_not_empty",
        )
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{root.name}-", dir=root.parent) as scratch:
            made = Path(scratch) / "data"
            made.mkdir(mode=OWNER_ONLY)
            count = _extract(file, made, progress)
            _check_versions(file, made)
            made.replace(root)
    except (tarfile.TarError, EOFError) as error:
        raise wrong(file, f"not a whole backup: {error}") from error
    except OSError as error:
        raise Misconfigured(
            f"cannot restore {file} to {root}: {error.strerror or error}",
            hint="check that the file is there, and that the folder's place can be written",
            code="restore_failed",
        ) from error
    return count


def _extract(file: Path, made: Path, progress: Progress) -> int:
    total = file.stat().st_size
    found: dict[str, dict[str, Any]] = {}
    manifest: Mapping[str, Any] | None = None
    with tarfile.open(file, mode="r:") as tar:
        for number, member in enumerate(tar):
            source = tar.extractfile(member) if member.isreg() else None
            if source is None:
                raise wrong(file, f"{member.name!r} is no plain file")
            if number == 0:
                _check_head(file, member, source)
            elif member.name == MANIFEST:
                manifest = _json(file, member, source)
            elif manifest is not None or member.name in found:
                raise wrong(file, f"{member.name!r} stands where it may not")
            else:
                found[member.name] = _copy(source, _place(file, made, member.name))
            progress(member.offset_data + member.size, total)
    if manifest is None or manifest.get("files") != found:
        raise wrong(file, "it is cut off, or what it holds is not what was saved")
    return len(found)


def _check_head(file: Path, member: tarfile.TarInfo, source: IO[bytes]) -> None:
    head = _json(file, member, source) if member.name == HEAD else {}
    written = head.get("everyword_backup")
    if not isinstance(written, int):
        raise wrong(file, "not a backup of Everyword")
    if written > FORMAT:
        raise _too_new(file)


def _json(file: Path, member: tarfile.TarInfo, source: IO[bytes]) -> Mapping[str, Any]:
    try:
        found = json.loads(source.read(_MOST_TEXT))
    except ValueError as error:
        raise wrong(file, f"{member.name} is damaged") from error
    if not isinstance(found, dict):
        raise wrong(file, f"{member.name} is damaged")
    return found


def _place(file: Path, made: Path, name: str) -> Path:
    """Return where a member belongs: a file that a backup has, and nowhere else."""
    inside = name in PLAIN_FILES or (name.endswith(".sqlite") and "/" not in name)
    parts = name.split("/")
    if not (inside or parts[0] == BLOBS) or not all(map(_PART.fullmatch, parts)):
        raise wrong(file, f"{name[:80]!r} does not belong into a data folder")
    for depth in range(1, len(parts)):
        made.joinpath(*parts[:depth]).mkdir(exist_ok=True, mode=OWNER_ONLY)
    return made.joinpath(*parts)


def _copy(source: IO[bytes], place: Path) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with place.open("xb") as target:
        place.chmod(0o600)
        while block := source.read(BLOCK_BYTES):
            digest.update(block)
            size += len(block)
            target.write(block)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _check_versions(file: Path, made: Path) -> None:
    try:
        written = json.loads((made / "format.json").read_bytes())["format"]
    except (OSError, ValueError, KeyError, TypeError):
        raise wrong(file, "it has no format.json") from None
    if not isinstance(written, int) or written > FOLDER_FORMAT:
        raise _too_new(file)
    for path, version in _versions(file, made):
        schema = SCHEMAS.get(path.name)
        if schema is None or version > schema.version:
            raise _too_new(file)


def _versions(file: Path, made: Path) -> Iterator[tuple[Path, int]]:
    for path in made.glob("*.sqlite"):
        try:
            with contextlib.closing(sqlite3.connect(path)) as connection:
                found = connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            raise wrong(file, f"{path.name}: {error}") from error
        for beside in made.glob(f"{path.name}-*"):
            beside.unlink()
        yield path, int(found)


def _too_new(file: Path) -> Misconfigured:
    return Misconfigured(
        f"{file} was written by a newer Everyword", hint="update everyword", code="data_too_new"
    )
