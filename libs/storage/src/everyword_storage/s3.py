"""A blob store in one S3 bucket; the digest is the object's metadata `sha256`."""

import hashlib
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from everyword_events import BlobRef, InvalidInput, Misconfigured, NotFound, TransientFailure
from everyword_storage.keys import key_of, plain_key
from everyword_storage.ports import SignedUpload
from everyword_storage.signing import utc_now

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MEMORY_BYTES: Final = 8 << 20
"""Up to here a blob is held in memory; a larger one goes through a temporary file."""

CHUNK_BYTES: Final = 1 << 20
LONGEST_PRESIGNED_S: Final = 7 * 24 * 3600
_DELETE_BATCH: Final = 1000
_TRANSFER: Final = TransferConfig(multipart_threshold=64 << 20, multipart_chunksize=64 << 20)
_GONE: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_MISCONFIGURED: Final = frozenset(
    {
        "NoSuchBucket",
        "AccessDenied",
        "403",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "PermanentRedirect",
    }
)


class S3BlobStore:
    """Keeps blobs in `bucket`. Give each owning service a bucket, or at least a prefix, of its own.

    An object that a client put through a presigned address has no digest of ours: `stat` reads it
    once through to find it.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, body: bytes | BinaryIO, *, media_type: str) -> BlobRef:
        """Store `body` under `key`; S3 shows it whole or not at all."""
        plain_key(key)
        with _measured(body) as (stream, sha256, size), translated():
            self._client.upload_fileobj(
                cast("BinaryIO", _KeptOpen(stream)),
                self._bucket,
                key,
                ExtraArgs={"ContentType": media_type, "Metadata": {"sha256": sha256}},
                Config=_TRANSFER,
            )
        return self._ref(key, sha256, size, media_type)

    def get(self, ref: BlobRef) -> bytes:
        """Return the bytes, after comparing their digest."""
        key = self._key(ref)
        with translated(ref.uri):
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        if hashlib.sha256(body).hexdigest() != ref.sha256:
            raise InvalidInput(
                f"the bytes at {ref.uri} are not the ones that were meant",
                hint="they were damaged or replaced; process the episode again",
                code="digest_mismatch",
            )
        return body

    def open(self, ref: BlobRef) -> BinaryIO:
        """Fetch the blob into a temporary file, for seekable reading; no digest is compared."""
        key = self._key(ref)
        spool = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 - the caller's
        try:
            with translated(ref.uri):
                self._client.download_fileobj(self._bucket, key, spool, Config=_TRANSFER)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return cast("BinaryIO", spool)

    def stat(self, key: str) -> BlobRef | None:
        """Return the claim check of what lies under `key`, or None."""
        plain_key(key)
        try:
            with translated(key):
                head = self._client.head_object(Bucket=self._bucket, Key=key)
                sha256 = head["Metadata"].get("sha256") or self._digest(key)
        except NotFound:
            return None
        media_type = head.get("ContentType", "application/octet-stream")
        return self._ref(key, sha256, head["ContentLength"], media_type)

    def delete(self, prefix: str) -> int:
        """Delete every blob under `prefix` (ends in `/`); return how many."""
        if not prefix.endswith("/"):
            raise InvalidInput(f"a prefix ends in a slash: {prefix!r}", code="key_invalid")
        plain_key(prefix.removesuffix("/"))
        count = 0
        with translated(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix, PaginationConfig={"PageSize": _DELETE_BATCH}
            )
            for page in pages:
                keys = [item["Key"] for item in page.get("Contents", [])]
                if keys:
                    self._delete_batch(keys)
                count += len(keys)
        return count

    def _delete_batch(self, keys: list[str]) -> None:
        reply = self._client.delete_objects(
            Bucket=self._bucket,
            Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
        )
        for failure in reply.get("Errors", []):
            raise TransientFailure(
                f"S3 did not delete {failure.get('Key')}: {failure.get('Message')}",
                code="storage_failed",
            )

    def _digest(self, key: str) -> str:
        digest = hashlib.sha256()
        body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        for chunk in body.iter_chunks(CHUNK_BYTES):
            digest.update(chunk)
        return digest.hexdigest()

    def _key(self, ref: BlobRef) -> str:
        return key_of(ref.uri, scheme="s3", bucket=self._bucket)

    def _ref(self, key: str, sha256: str, size: int, media_type: str) -> BlobRef:
        return BlobRef(
            uri=f"s3://{self._bucket}/{key}", sha256=sha256, bytes=size, media_type=media_type
        )


class S3UploadSigner:
    """Hands out presigned PUT addresses; size and media type are part of the signature.

    An address ends earlier than it says when the credentials that signed it do.

    The client needs `Config(signature_version="s3v4")`: boto3 otherwise signs addresses the old
    way, which covers neither size nor headers.
    """

    def __init__(
        self, client: "S3Client", bucket: str, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._clock = clock

    def sign_put(
        self, key: str, *, size: int, media_type: str, expires_in_s: float
    ) -> SignedUpload:
        """Return an address that accepts exactly one file of `size` bytes until it expires.

        Raises:
            Misconfigured: a time that S3 does not sign for, or a client that signs the old way.
        """
        if expires_in_s > LONGEST_PRESIGNED_S:
            raise Misconfigured(
                f"S3 signs uploads for 7 days at most, not {expires_in_s:.0f} s",
                code="upload_expiry_too_long",
            )
        expires_at = self._clock() + timedelta(seconds=expires_in_s)
        with translated(key):
            url = self._client.generate_presigned_url(
                "put_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": plain_key(key),
                    "ContentType": media_type,
                    "ContentLength": size,
                },
                ExpiresIn=int(expires_in_s),
            )
        if "X-Amz-SignedHeaders" not in url:
            raise Misconfigured(
                "the S3 client signs addresses in a way that does not cover the file's size",
                hint='make it with botocore.config.Config(signature_version="s3v4")',
                code="s3_signature_version",
            )
        return SignedUpload(url=url, headers={"content-type": media_type}, expires_at=expires_at)


class _KeptOpen(io.RawIOBase):
    """A view of a stream that boto3 may close without closing the caller's."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


@contextmanager
def _measured(body: bytes | BinaryIO) -> Iterator[tuple[BinaryIO, str, int]]:
    """Yield a seekable stream of the body with its digest and size, which S3 wants beforehand."""
    if isinstance(body, bytes):
        yield io.BytesIO(body), hashlib.sha256(body).hexdigest(), len(body)
        return
    if body.seekable():
        start = body.tell()
        sha256, size = _digest_of(body)
        body.seek(start)
        if start == 0:
            yield body, sha256, size
            return
    with tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES) as spool:
        shutil.copyfileobj(body, spool, CHUNK_BYTES)
        spool.seek(0)
        copy = cast("BinaryIO", spool)
        sha256, size = _digest_of(copy)
        spool.seek(0)
        yield copy, sha256, size


def _digest_of(stream: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


@contextmanager
def translated(what: str = "") -> Iterator[None]:
    """Raise our errors for those of S3 and its client; `what` is the blob that was meant."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        words = f"S3: {error.response.get('Error', {}).get('Message') or code}"
        if code in _GONE:
            raise NotFound(f"nothing is stored at {what}", code="blob_not_found") from error
        if code in _MISCONFIGURED:
            raise Misconfigured(words, hint="check the bucket's name and policy") from error
        raise TransientFailure(words, code="storage_failed") from error
    except (NoCredentialsError, PartialCredentialsError, ParamValidationError) as error:
        raise Misconfigured(f"S3: {error}", hint="check the AWS credentials and region") from error
    except EndpointConnectionError as error:
        raise TransientFailure(f"S3: {error}", code="storage_unreachable") from error
    except (BotoCoreError, Boto3Error) as error:
        raise TransientFailure(f"S3: {error}", code="storage_failed") from error
