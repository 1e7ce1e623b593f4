"""A blob store in one S3 bucket.

An object's digest is kept with it: in the metadata `sha256` of what is put here, in S3's own
SHA-256 of the whole object where it has one (a single PUT that stated it), else in the tag
`sha256`, which the first reading writes (S3 has no SHA-256 of a whole object that was uploaded in
parts).
"""

import base64
import hashlib
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

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

from everyword_events import (
    BlobRef,
    Conflict,
    InvalidInput,
    Misconfigured,
    NotFound,
    TransientFailure,
)
from everyword_storage.clock import utc_now
from everyword_storage.keys import key_of, plain_key
from everyword_storage.ports import SignedUpload
from everyword_storage.scratch import must_have_room

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MEMORY_BYTES: Final = 8 << 20
"""Up to here a blob is held in memory; a larger one goes through a temporary file."""

CHUNK_BYTES: Final = 1 << 20
LONGEST_PRESIGNED_S: Final = 7 * 24 * 3600
_TRANSFER: Final = TransferConfig(multipart_threshold=64 << 20, multipart_chunksize=64 << 20)
SINGLE_PUT_BYTES: Final = 64 << 20
PART_BYTES: Final = 64 << 20
_TRIES: Final = 5
_TAKEN: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
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
    """Keeps blobs in `bucket`: each owning service has one, or at least a prefix, of its own."""

    def __init__(
        self, client: "S3Client", bucket: str, *, single_put_bytes: int = SINGLE_PUT_BYTES
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._single_put_bytes = single_put_bytes

    def put(self, key: str, body: bytes | BinaryIO, *, media_type: str) -> BlobRef:
        """Store `body` under `key` unless something is there; S3 shows it whole or not at all."""
        plain_key(key)
        with _measured(body) as (stream, sha256, size):
            about: Any = {"ContentType": media_type, "Metadata": {"sha256": sha256}}
            for _ in range(_TRIES):
                try:
                    with translated(key):
                        if size > self._single_put_bytes:
                            self._put_parts(key, stream, about)
                        else:
                            self._client.put_object(
                                Bucket=self._bucket,
                                Key=key,
                                Body=cast("BinaryIO", _KeptOpen(stream)),
                                IfNoneMatch="*",
                                **about,
                            )
                except Conflict:
                    there = self.stat(key)
                    if there is not None:
                        return there
                    stream.seek(0)  # its writer gave up, or it was deleted since
                else:
                    return self._ref(key, sha256, size, media_type)
        raise TransientFailure(f"others write to {key} at the same time", code="storage_busy")

    def _put_parts(self, key: str, stream: BinaryIO, about: Any) -> None:
        where: Any = {"Bucket": self._bucket, "Key": key}
        upload_id = self._client.create_multipart_upload(**where, **about)["UploadId"]
        where["UploadId"] = upload_id
        parts: list[Any] = []
        try:
            while part := stream.read(PART_BYTES):
                number = len(parts) + 1
                reply = self._client.upload_part(**where, PartNumber=number, Body=part)
                parts.append({"PartNumber": number, "ETag": reply["ETag"]})
            self._client.complete_multipart_upload(
                **where, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
            )
        except BaseException:
            with suppress(ClientError, BotoCoreError):
                self._client.abort_multipart_upload(**where)
            raise

    def get(self, ref: BlobRef) -> bytes:
        """Return the bytes, after comparing their digest."""
        key = self._key(ref)
        with translated(ref.uri):
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        if hashlib.sha256(body).hexdigest() != ref.sha256:
            raise _mismatch(ref)
        return body

    def open(self, ref: BlobRef) -> BinaryIO:
        """Fetch the blob into a temporary file, for seekable reading; no digest is compared."""
        key = self._key(ref)
        if ref.bytes > MEMORY_BYTES:
            must_have_room(ref.bytes)
        spool = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 - the caller's
        try:
            with translated(ref.uri):
                self._client.download_fileobj(self._bucket, key, spool, Config=_TRANSFER)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return cast("BinaryIO", spool)

    @contextmanager
    def local_copy(self, ref: BlobRef) -> Iterator[Path]:
        """Fetch the blob into a file of its own, deleted at the end; its digest is compared."""
        key = self._key(ref)
        must_have_room(ref.bytes)
        with tempfile.TemporaryDirectory(prefix="everyword-") as folder:
            path = Path(folder) / PurePosixPath(key).name
            with translated(ref.uri):
                self._client.download_file(self._bucket, key, str(path), Config=_TRANSFER)
            with path.open("rb") as body:
                if _digest_of(body)[0] != ref.sha256:
                    raise _mismatch(ref)
            yield path

    def stat(self, key: str) -> BlobRef | None:
        """Return the claim check of what lies under `key`, or None.

        An object is read through at most once to find its digest.
        """
        plain_key(key)
        try:
            with translated(key):
                head = self._client.head_object(
                    Bucket=self._bucket, Key=key, ChecksumMode="ENABLED"
                )
                sha256 = head["Metadata"].get("sha256") or _whole_sha256(head)
                sha256 = sha256 or self._tagged(key) or self._digest(key)
        except NotFound:
            return None
        media_type = head.get("ContentType", "application/octet-stream")
        return self._ref(key, sha256, head["ContentLength"], media_type)

    def delete(self, prefix: str) -> int:
        """Delete every blob under `prefix` (ends in `/`); return how many.

        Of a bucket that keeps versions none is kept: what was removed is gone at once.
        """
        if not prefix.endswith("/"):
            raise InvalidInput(f"a prefix ends in a slash: {prefix!r}", code="key_invalid")
        plain_key(prefix.removesuffix("/"))
        count = 0
        with translated(prefix):
            while True:
                page = self._client.list_object_versions(Bucket=self._bucket, Prefix=prefix)
                versions, marks = page.get("Versions", []), page.get("DeleteMarkers", [])
                if not versions and not marks:
                    return count
                self._delete_batch([(each["Key"], each["VersionId"]) for each in versions])
                self._delete_batch([(each["Key"], each["VersionId"]) for each in marks])
                count += sum(each["IsLatest"] for each in versions)

    def _delete_batch(self, versions: list[tuple[str, str]]) -> None:
        if not versions:
            return
        reply = self._client.delete_objects(
            Bucket=self._bucket,
            Delete={
                "Objects": [{"Key": key, "VersionId": version} for key, version in versions],
                "Quiet": True,
            },
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
        self._client.put_object_tagging(
            Bucket=self._bucket,
            Key=key,
            Tagging={"TagSet": [{"Key": "sha256", "Value": digest.hexdigest()}]},
        )
        return digest.hexdigest()

    def _tagged(self, key: str) -> str | None:
        tags = self._client.get_object_tagging(Bucket=self._bucket, Key=key)["TagSet"]
        return next((tag["Value"] for tag in tags if tag["Key"] == "sha256"), None)

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
        self,
        key: str,
        *,
        size: int,
        media_type: str,
        expires_in_s: float,
        sha256: str | None = None,
    ) -> SignedUpload:
        """Return an address that accepts exactly one file of `size` bytes until it expires.

        With its `sha256` S3 refuses any other file, and knows its digest from then on.

        Raises:
            Misconfigured: a time that S3 does not sign for, or a client that signs the old way.
        """
        if expires_in_s > LONGEST_PRESIGNED_S:
            raise Misconfigured(
                f"S3 signs uploads for 7 days at most, not {expires_in_s:.0f} s",
                code="upload_expiry_too_long",
            )
        expires_at = self._clock() + timedelta(seconds=expires_in_s)
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode() if sha256 else ""
        with translated(key):
            url = self._client.generate_presigned_url(
                "put_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": plain_key(key),
                    "ContentType": media_type,
                    "ContentLength": size,
                    "IfNoneMatch": "*",
                    **({"ChecksumSHA256": checksum} if checksum else {}),
                },
                ExpiresIn=int(expires_in_s),
            )
        if "X-Amz-SignedHeaders" not in url:
            raise Misconfigured(
                "the S3 client signs addresses in a way that does not cover the file's size",
                hint='make it with botocore.config.Config(signature_version="s3v4")',
                code="s3_signature_version",
            )
        headers = {"content-type": media_type, "if-none-match": "*"}
        if checksum:
            headers["x-amz-checksum-sha256"] = checksum
        return SignedUpload(url=url, headers=headers, expires_at=expires_at)


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


def _whole_sha256(head: Any) -> str | None:
    """Return S3's SHA-256 of the whole object in hexadecimal; a composite one says nothing."""
    checksum = head.get("ChecksumSHA256")
    if not checksum or head.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT" or "-" in checksum:
        return None
    return base64.b64decode(checksum).hex()


def _mismatch(ref: BlobRef) -> InvalidInput:
    return InvalidInput(
        f"the bytes at {ref.uri} are not the ones that were meant",
        hint="they were damaged or replaced; process the episode again",
        code="digest_mismatch",
    )


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
        if code in _TAKEN:
            raise Conflict(words, code="storage_taken") from error
        if code in _MISCONFIGURED:
            raise Misconfigured(words, hint="check the bucket's name and policy") from error
        raise TransientFailure(words, code="storage_failed") from error
    except (NoCredentialsError, PartialCredentialsError, ParamValidationError) as error:
        raise Misconfigured(f"S3: {error}", hint="check the AWS credentials and region") from error
    except EndpointConnectionError as error:
        raise TransientFailure(f"S3: {error}", code="storage_unreachable") from error
    except (BotoCoreError, Boto3Error) as error:
        raise TransientFailure(f"S3: {error}", code="storage_failed") from error
