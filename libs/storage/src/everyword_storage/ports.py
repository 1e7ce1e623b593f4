"""The blob store, as services see it: bytes under keys, read back by claim check."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from everyword_events import BlobRef


class BlobStore(Protocol):
    """Keeps immutable bytes under keys such as `episodes/{episode_id}/{run_id}/transcript.json`.

    A put is atomic, and only if the key is free: a reader sees the whole blob or none, the first
    writer wins, and what lies under a key never changes until it is deleted.
    """

    def put(self, key: str, body: bytes | BinaryIO, *, media_type: str) -> BlobRef:
        """Store `body` under `key` durably, unless something is there, and return its claim check.

        Whoever comes second gets the claim check of what was first: compare digests to know.

        Raises:
            InvalidInput: the key leaves the store (`../`, absolute) or has characters it cannot.
            TransientFailure: the store did not take it; try again.
        """

    def get(self, ref: BlobRef) -> bytes:
        """Return the bytes, after comparing their digest.

        Raises:
            NotFound: nothing is stored there.
            InvalidInput: the bytes do not match the claim check (code `digest_mismatch`).
        """

    def open(self, ref: BlobRef) -> BinaryIO:
        """Open a large blob for seekable reading without loading it; the digest is not compared."""

    def local_copy(self, ref: BlobRef) -> AbstractContextManager[Path]:
        """Give a large blob as a named file while the block runs, for a child process to open.

        The file must not be changed.
        """

    def stat(self, key: str) -> BlobRef | None:
        """Return the claim check of what lies under `key`, or None."""

    def delete(self, prefix: str) -> int:
        """Delete every blob whose key starts with `prefix` (ends in `/`); return how many."""


@dataclass(frozen=True)
class SignedUpload:
    """Where and how a client puts a file's bytes, straight to the store."""

    url: str
    headers: dict[str, str]
    expires_at: datetime


class UploadSigner(Protocol):
    """Hands out upload addresses that need no other authority."""

    def sign_put(
        self,
        key: str,
        *,
        size: int,
        media_type: str,
        expires_in_s: float,
        sha256: str | None = None,
    ) -> SignedUpload:
        """Return an address that accepts exactly one file of `size` bytes until it expires.

        A `sha256` that is known beforehand saves reading the file for it afterwards.
        """


@dataclass(frozen=True)
class SignedParts:
    """Where a client puts a large file's parts: `part_bytes` each, the last one what is left.

    `urls` are in the parts' order; `stored` are the numbers, from 1, of parts that are there
    already, from before a connection broke.
    """

    urls: tuple[str, ...]
    part_bytes: int
    stored: tuple[int, ...]
    headers: dict[str, str]
    expires_at: datetime


class MultipartUploads(Protocol):
    """Uploads of large files in parts, each put by itself, and again where it failed."""

    def sign_parts(
        self, key: str, *, size: int, part_bytes: int, media_type: str, expires_in_s: float
    ) -> SignedParts:
        """Begin the upload of a file, or go on with it: return an address for every part."""

    def complete(self, key: str, *, size: int) -> BlobRef:
        """Make the blob of its parts, once all are there; done twice, it is done once.

        Raises:
            NotFound: no upload was begun (code `upload_missing`).
            InvalidInput: parts are missing, or have the wrong size (code `parts_missing`).
        """

    def abort(self, key: str) -> None:
        """Forget the parts, if there are any."""
