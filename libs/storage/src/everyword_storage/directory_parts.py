"""Uploads in parts beside a directory store: a part is a file until the blob is made of all."""

import hashlib
import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final, cast
from uuid import uuid4

from pydantic import ValidationError

from everyword_events import BlobRef, InvalidInput, Model, TransientFailure
from everyword_storage.clock import utc_now
from everyword_storage.keys import plain_key
from everyword_storage.parts import check_parts, fitting_part_bytes, not_begun, part_sizes
from everyword_storage.ports import BlobStore, SignedParts
from everyword_storage.signing import DirectoryUploadSigner, UploadGrant

CHUNK_BYTES: Final = 1 << 20
_ABOUT: Final = "upload.json"


class _About(Model):
    key: str
    size: int
    part_bytes: int
    media_type: str


class DirectoryMultipartUploads:
    """Keeps the parts of uploads below `root`; several processes may use it at the same time."""

    def __init__(self, root: Path, blobs: BlobStore, signer: DirectoryUploadSigner) -> None:
        self._root = root
        self._blobs = blobs
        self._signer = signer

    def sign_parts(
        self, key: str, *, size: int, part_bytes: int, media_type: str, expires_in_s: float
    ) -> SignedParts:
        """Begin or go on with an upload; see the port."""
        about = self._about(key)
        if about is None:
            about = _About(
                key=plain_key(key),
                size=size,
                part_bytes=fitting_part_bytes(size, part_bytes),
                media_type=media_type,
            )
            folder = self._folder(key)
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / _ABOUT, io.BytesIO(about.model_dump_json().encode()))
        expires_at = utc_now() + timedelta(seconds=expires_in_s)
        sizes = part_sizes(about.size, about.part_bytes)
        urls = [
            self._signer.address_of(
                UploadGrant(
                    key=key, size=each, media_type=media_type, expires_at=expires_at, part=number
                )
            )
            for number, each in enumerate(sizes, start=1)
        ]
        there = self._stored(key)
        return SignedParts(
            urls=tuple(urls),
            part_bytes=about.part_bytes,
            stored=tuple(n for n, each in enumerate(sizes, start=1) if there.get(n) == each),
            headers={"content-type": media_type},
            expires_at=expires_at,
        )

    def put_part(self, grant: UploadGrant, body: BinaryIO) -> None:
        """Keep one part; the same part again replaces it.

        Raises:
            NotFound: the upload is over, or was never begun.
        """
        folder = self._folder(grant.key)
        if not (folder / _ABOUT).is_file():
            raise not_begun()
        _write(folder / str(grant.part), body)

    def complete(self, key: str, *, size: int) -> BlobRef:
        """Make the blob of its parts; see the port."""
        about = self._about(key)
        if about is None:
            done = self._blobs.stat(key)
            if done is None:
                raise not_begun()
            return done
        sizes = part_sizes(size, about.part_bytes)
        check_parts(self._stored(key), sizes)
        folder = self._folder(key)
        files = [folder / str(number) for number in range(1, len(sizes) + 1)]
        try:
            ref = self._blobs.put(key, _joined(files), media_type=about.media_type)
        except FileNotFoundError as error:
            done = self._blobs.stat(key)  # another process completed it meanwhile
            if done is None:
                raise TransientFailure(
                    "the upload's parts went away", code="storage_busy"
                ) from error
            return done
        self.abort(key)
        return ref

    def abort(self, key: str) -> None:
        """Forget the parts, if there are any."""
        shutil.rmtree(self._folder(key), ignore_errors=True)

    def _folder(self, key: str) -> Path:
        return self._root / hashlib.sha256(plain_key(key).encode()).hexdigest()[:32]

    def _about(self, key: str) -> _About | None:
        try:
            return _About.model_validate_json((self._folder(key) / _ABOUT).read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise InvalidInput("the upload's parts are damaged", code="upload_damaged") from error

    def _stored(self, key: str) -> dict[int, int]:
        sizes = {}
        for file in self._folder(key).glob("*"):
            if file.name.isdigit():
                with suppress(FileNotFoundError):
                    sizes[int(file.name)] = file.stat().st_size
        return sizes


class _Joined(io.RawIOBase):
    """Several files, read one after the other."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if not self._rest:
            self._rest = next(self._blocks, b"")
        if size < 0:
            size = len(self._rest)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def _joined(files: Sequence[Path]) -> BinaryIO:
    def blocks() -> Iterator[bytes]:
        for file in files:
            with file.open("rb") as part:
                while block := part.read(CHUNK_BYTES):
                    yield block

    return cast("BinaryIO", _Joined(blocks()))


def _write(target: Path, body: BinaryIO) -> None:
    """Write a file whole or not at all."""
    fresh = target.with_name(f".{uuid4().hex}")
    try:
        with fresh.open("xb") as sink:
            while block := body.read(CHUNK_BYTES):
                sink.write(block)
        fresh.replace(target)
    except OSError as error:
        raise TransientFailure(
            f"cannot keep an upload's part: {error.strerror or error}",
            hint="free some disk space, then send the part again",
            code="storage_failed",
        ) from error
    finally:
        fresh.unlink(missing_ok=True)
