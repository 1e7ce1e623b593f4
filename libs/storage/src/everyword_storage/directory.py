"""A blob store in one directory: atomic, durable, consistent after kill -9 at any instruction.

A blob of the key `episodes/E/R/captions.vtt` is two files side by side:

    captions.{first 32 digits of its sha256}.vtt    the bytes, written whole, then renamed here
    .captions.vtt.ref                               JSON: sha256, bytes, media_type

The `.ref` file is linked into place last, only where there is none, and is what counts: where it
is, its bytes are, and they are the ones it was made from. So `stat` never hashes, and of several
writers the first wins. Files being written lie in `.incoming/`; what a killed process left there is
swept when the store is opened a day later.
"""

import errno
import fcntl
import hashlib
import io
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final
from uuid import uuid4

from pydantic import ValidationError

from everyword_events import (
    BlobRef,
    InvalidInput,
    Misconfigured,
    NotFound,
    TransientFailure,
)
from everyword_storage.keys import key_of, plain_key

CHUNK_BYTES: Final = 1 << 20
STALE_S: Final = 24 * 3600.0
_INCOMING: Final = ".incoming"
_TRIES: Final = 5
_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,8}$")


class DirectoryBlobStore:
    """Keeps blobs below `root`; several processes may use one root at the same time.

    Raises:
        Misconfigured: the folder cannot be made or written.
    """

    def __init__(self, root: Path, bucket: str = "local") -> None:
        self._bucket = bucket
        with _translated(root):
            self._incoming = root / _INCOMING
            self._incoming.mkdir(parents=True, exist_ok=True)
            self._root = root.resolve()
            attempt = self._incoming / uuid4().hex
            attempt.touch()
            attempt.unlink()
            self._sweep()

    def put(self, key: str, body: bytes | BinaryIO, *, media_type: str) -> BlobRef:
        """Store `body` under `key` unless something is there: on return it survives a power cut."""
        where = self._place(key)
        source: BinaryIO = io.BytesIO(body) if isinstance(body, bytes) else body
        temporary = self._incoming / uuid4().hex
        try:
            sha256, size = _copy_durably(source, temporary)
            ref = BlobRef(
                uri=f"blob://{self._bucket}/{key}",
                sha256=sha256,
                bytes=size,
                media_type=media_type,
            )
            with _translated(where):
                kept = self._install(where, temporary, ref)
        finally:
            temporary.unlink(missing_ok=True)
        return kept

    def get(self, ref: BlobRef) -> bytes:
        """Return the bytes, after comparing their digest."""
        with self.open(ref) as stream, _translated(self._root):
            body = stream.read()
        if hashlib.sha256(body).hexdigest() != ref.sha256:
            raise _mismatch(ref)
        return body

    def open(self, ref: BlobRef) -> BinaryIO:
        """Open the blob for seekable reading; the digest is not compared."""
        try:
            return self.path_of(ref).open("rb")
        except FileNotFoundError as error:
            raise _missing(ref) from error

    @contextmanager
    def local_copy(self, ref: BlobRef) -> Iterator[Path]:
        """Give the file that holds the bytes itself; it must not be changed."""
        yield self.path_of(ref)

    def path_of(self, ref: BlobRef) -> Path:
        """Return the file that holds the blob's bytes, to serve it with range requests.

        Raises:
            NotFound: nothing is stored there.
            InvalidInput: something else is (code `digest_mismatch`).
        """
        key = key_of(ref.uri, scheme="blob", bucket=self._bucket)
        found = self.stat(key)
        if found is None:
            raise _missing(ref)
        if found.sha256 != ref.sha256:
            raise _mismatch(ref)
        return _data_file(self._place(key), ref.sha256)

    def stat(self, key: str) -> BlobRef | None:
        """Return the claim check of what lies under `key`, or None, without hashing."""
        where = self._place(key)
        for _ in range(_TRIES):
            with _translated(where):
                ref = _read_ref(where)
            if ref is None:
                return None
            # It may be deleted and put anew between these two looks: then look again.
            if _data_file(where, ref.sha256).is_file():
                return ref.model_copy(update={"uri": f"blob://{self._bucket}/{key}"})
        return None

    def delete(self, prefix: str) -> int:
        """Delete every blob under `prefix` (ends in `/`); return how many."""
        if not prefix.endswith("/"):
            raise InvalidInput(f"a prefix ends in a slash: {prefix!r}", code="key_invalid")
        folder = self._place(prefix.removesuffix("/"))
        count = 0
        with _translated(folder):
            # A blob ends with its ref; what is left without one is swept up behind it. Several
            # services may delete the same episode at once: os.walk does not mind.
            for directory, _, names in os.walk(folder):
                for name in names:
                    if name.startswith(".") and name.endswith(".ref"):
                        with suppress(FileNotFoundError):
                            (Path(directory) / name).unlink()
                            count += 1
            _remove_tree(folder)
        return count

    def _install(self, where: Path, temporary: Path, ref: BlobRef) -> BlobRef:
        """Put the bytes and their ref where none are; return the ref that is there now."""
        fresh = self._incoming / uuid4().hex
        try:
            _write_durably(fresh, ref.model_dump_json().encode())
            for _ in range(_TRIES):
                # A delete may take the folder away at any moment: then make it again.
                with suppress(FileNotFoundError), _made_and_locked(where.parent) as folder:
                    kept = _read_ref(where)
                    if kept is not None and _data_file(where, kept.sha256).is_file():
                        return kept.model_copy(update={"uri": ref.uri})
                    _ref_file(where).unlink(missing_ok=True)
                    temporary.rename(_data_file(where, ref.sha256))
                    os.link(fresh, _ref_file(where))
                    os.fsync(folder)
                    return ref
                if not temporary.exists():
                    break
        finally:
            fresh.unlink(missing_ok=True)
        raise TransientFailure(
            f"{where.parent.name} was deleted while it was written to", code="storage_busy"
        )

    def _place(self, key: str) -> Path:
        where = self._root / plain_key(key)
        if not where.parent.resolve().is_relative_to(self._root):
            raise InvalidInput(f"the key leads out of the store: {key!r}", code="key_invalid")
        return where

    def _sweep(self) -> None:
        for left in self._incoming.iterdir():
            with suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > STALE_S:
                    left.unlink()


def _ref_file(where: Path) -> Path:
    return where.with_name(f".{where.name}.ref")


def _data_file(where: Path, sha256: str) -> Path:
    found = _SUFFIX.search(where.name)
    suffix = found.group() if found and found.start() else ""
    return where.with_name(f"{where.name.removesuffix(suffix)}.{sha256[:32]}{suffix}")


def _read_ref(where: Path) -> BlobRef | None:
    try:
        return BlobRef.model_validate_json(_ref_file(where).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValidationError as error:
        raise InvalidInput(f"{_ref_file(where)} is damaged", code="blob_damaged") from error


def _copy_durably(source: BinaryIO, target: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with _translated(target):
        sink = target.open("xb", buffering=0)
    with sink:
        # Reading may fail for the caller's own reasons; only our writing is translated.
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            with _translated(target):
                _write_all(sink.fileno(), chunk)
        with _translated(target):
            os.fsync(sink.fileno())
    return digest.hexdigest(), size


def _write_durably(path: Path, body: bytes) -> None:
    with path.open("xb", buffering=0) as sink:
        _write_all(sink.fileno(), body)
        os.fsync(sink.fileno())


def _write_all(descriptor: int, body: bytes) -> None:
    left = memoryview(body)
    while left:
        left = left[os.write(descriptor, left) :]


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _made_and_locked(folder: Path) -> Iterator[int]:
    """Hold the folder against other writers, in this process and others; yield its descriptor."""
    _make_folder(folder)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _remove_tree(folder: Path) -> None:
    for directory, _, names in os.walk(folder, topdown=False):
        for name in names:
            (Path(directory) / name).unlink(missing_ok=True)
        with suppress(OSError):  # somebody just put something new into it
            Path(directory).rmdir()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = error.strerror or str(error)
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise TransientFailure(
                f"the disk is full: {path}",
                hint="free some space; the work goes on by itself",
                code="disk_full",
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}:
            raise Misconfigured(
                f"cannot write to {path}: {words}",
                hint="give this user write access to the data folder, or choose another one",
                code="storage_not_writable",
            ) from error
        raise TransientFailure(f"{path}: {words}", code="storage_failed") from error


def _missing(ref: BlobRef) -> NotFound:
    return NotFound(f"nothing is stored at {ref.uri}", code="blob_not_found")


def _mismatch(ref: BlobRef) -> InvalidInput:
    return InvalidInput(
        f"the bytes at {ref.uri} are not the ones that were meant",
        hint="they were damaged or replaced; process the episode again from an earlier step",
        code="digest_mismatch",
    )
