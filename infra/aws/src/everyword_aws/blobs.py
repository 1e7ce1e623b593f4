"""A service's bucket, which it writes, and others' buckets, which it reads by reference."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from everyword_events import BlobRef
from everyword_storage.s3 import S3BlobStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ServiceBlobs(S3BlobStore):
    """A BlobStore in one bucket that also reads what an event references in another's.

    Whether it may is IAM's to say; a digest that does not match is refused as everywhere.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        super().__init__(client, bucket)
        self._name = bucket
        self._s3 = client

    def get(self, ref: BlobRef) -> bytes:
        """Return the bytes, from whichever bucket holds them."""
        other = self._other(ref)
        return super().get(ref) if other is None else other.get(ref)

    def open(self, ref: BlobRef) -> BinaryIO:
        """Open the blob, from whichever bucket holds it."""
        other = self._other(ref)
        return super().open(ref) if other is None else other.open(ref)

    @contextmanager
    def local_copy(self, ref: BlobRef) -> Iterator[Path]:
        """Give a named file with the bytes, from whichever bucket holds them."""
        other = self._other(ref)
        with super().local_copy(ref) if other is None else other.local_copy(ref) as path:
            yield path

    def _other(self, ref: BlobRef) -> S3BlobStore | None:
        address = urlsplit(ref.uri)
        foreign = address.scheme == "s3" and address.netloc not in {"", self._name}
        return S3BlobStore(self._s3, address.netloc) if foreign else None
