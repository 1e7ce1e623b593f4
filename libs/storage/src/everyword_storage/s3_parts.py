"""Uploads in parts straight to S3, by presigned addresses.

Nothing is remembered here: S3 itself lists the uploads of a key, and their parts.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from everyword_events import BlobRef, TransientFailure
from everyword_storage.clock import utc_now
from everyword_storage.keys import plain_key
from everyword_storage.parts import check_parts, fitting_part_bytes, not_begun, part_sizes
from everyword_storage.ports import BlobStore, SignedParts
from everyword_storage.s3 import translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LEAST_PART_BYTES: Final = 5 << 20
"""S3 takes no smaller part but the last (EntityTooSmall)."""

_EXISTS: Final = frozenset({"PreconditionFailed", "NoSuchUpload", "ConditionalRequestConflict"})


class S3MultipartUploads:
    """The MultipartUploads port over one bucket.

    The client needs `Config(signature_version="s3v4")`. The bucket should abort uploads that were
    never completed by a lifecycle rule, and expose ETag to browsers.
    """

    def __init__(self, client: "S3Client", bucket: str, blobs: BlobStore) -> None:
        self._client = client
        self._bucket = bucket
        self._blobs = blobs

    def sign_parts(
        self, key: str, *, size: int, part_bytes: int, media_type: str, expires_in_s: float
    ) -> SignedParts:
        """Begin or go on with an upload; see the port."""
        part_bytes = max(fitting_part_bytes(size, part_bytes), LEAST_PART_BYTES)
        with translated(key):
            upload_id = next(self._uploads(plain_key(key)), None)
            if upload_id is None:
                begun = self._client.create_multipart_upload(
                    Bucket=self._bucket, Key=key, ContentType=media_type
                )
                upload_id = begun["UploadId"]
            there = {number: length for number, length, _ in self._parts(key, upload_id)}
            sizes = part_sizes(size, part_bytes)
            urls = [
                self._client.generate_presigned_url(
                    "upload_part",
                    Params={
                        "Bucket": self._bucket,
                        "Key": key,
                        "UploadId": upload_id,
                        "PartNumber": number,
                        "ContentLength": length,
                    },
                    ExpiresIn=int(expires_in_s),
                )
                for number, length in enumerate(sizes, start=1)
            ]
        return SignedParts(
            urls=tuple(urls),
            part_bytes=part_bytes,
            stored=tuple(n for n, each in enumerate(sizes, start=1) if there.get(n) == each),
            headers={},
            expires_at=utc_now() + timedelta(seconds=expires_in_s),
        )

    def complete(self, key: str, *, size: int) -> BlobRef:
        """Make the object of its parts, unless there is one; see the port."""
        with translated(key):
            upload_id = next(self._uploads(plain_key(key)), None)
            if upload_id is not None:
                self._complete(key, upload_id, size)
        done = self._blobs.stat(key)
        if done is None:
            raise not_begun()
        return done

    def abort(self, key: str) -> None:
        """Forget the parts, if there are any."""
        with translated(key):
            for upload_id in self._uploads(plain_key(key)):
                self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=key, UploadId=upload_id
                )

    def _complete(self, key: str, upload_id: str, size: int) -> None:
        parts = sorted(self._parts(key, upload_id))
        # Every part but the last is as large as the first.
        part_bytes = parts[0][1] if parts else size
        check_parts({n: length for n, length, _ in parts}, part_sizes(size, part_bytes))
        try:
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=key,
                UploadId=upload_id,
                MultipartUpload={"Parts": [{"PartNumber": n, "ETag": tag} for n, _, tag in parts]},
                MpuObjectSize=size,
                IfNoneMatch="*",
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code not in _EXISTS:
                raise
            if self._blobs.stat(key) is None:
                raise TransientFailure(
                    "another upload to this key is being completed", code="storage_busy"
                ) from error

    def _uploads(self, key: str) -> Iterator[str]:
        """Yield the key's unfinished uploads, oldest first."""
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self._bucket, Prefix=key
        )
        found = [each for page in pages for each in page.get("Uploads", []) if each["Key"] == key]
        for upload in sorted(found, key=lambda each: (each["Initiated"], each["UploadId"])):
            yield upload["UploadId"]

    def _parts(self, key: str, upload_id: str) -> Iterator[tuple[int, int, str]]:
        """Yield each stored part's number, size and ETag."""
        pages = self._client.get_paginator("list_parts").paginate(
            Bucket=self._bucket, Key=key, UploadId=upload_id
        )
        for page in pages:
            for each in page.get("Parts", []):
                yield each["PartNumber"], each["Size"], each["ETag"]
