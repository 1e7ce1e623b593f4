"""Uploads in parts: one contract, on a directory and on S3."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
import requests
from botocore.config import Config

from everyword_events import InvalidInput, NotFound
from everyword_storage import (
    BlobStore,
    DirectoryBlobStore,
    DirectoryMultipartUploads,
    DirectoryUploadSigner,
    MultipartUploads,
    SignedParts,
)
from everyword_storage.parts import fitting_part_bytes, part_sizes
from everyword_storage.s3 import S3BlobStore
from everyword_storage.s3_parts import S3MultipartUploads
from support.aws import mocked_aws

KEY = "episodes/e1/upload/audio"
BUCKET = "everyword-test"
PART = 5 << 20
BODY = bytes(range(256)) * (46 << 10)  # 11.5 MiB: two parts and a rest


@dataclass
class Store:
    """A store and how a client puts a part to an address."""

    uploads: MultipartUploads
    blobs: BlobStore
    put: Callable[[str, bytes], None]

    def sign(self) -> SignedParts:
        return self.uploads.sign_parts(
            KEY, size=len(BODY), part_bytes=PART, media_type="audio/mpeg", expires_in_s=600
        )

    def put_parts(self, signed: SignedParts, *numbers: int) -> None:
        for number in numbers:
            start = (number - 1) * signed.part_bytes
            self.put(signed.urls[number - 1], BODY[start : start + signed.part_bytes])


def directory_store(tmp_path: Path) -> Store:
    blobs = DirectoryBlobStore(tmp_path / "blobs")
    signer = DirectoryUploadSigner("http://here", b"0123456789abcdef")
    uploads = DirectoryMultipartUploads(tmp_path / "uploads", blobs, signer)

    def put(url: str, body: bytes) -> None:
        uploads.put_part(signer.verify(url.rpartition("/")[2]), io.BytesIO(body))

    return Store(uploads, blobs, put)


def s3_store() -> Store:
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
        config=Config(signature_version="s3v4"),
    )
    client.create_bucket(Bucket=BUCKET)
    blobs = S3BlobStore(client, BUCKET)

    def put(url: str, body: bytes) -> None:
        requests.put(url, data=body, timeout=60).raise_for_status()

    return Store(S3MultipartUploads(client, BUCKET, blobs), blobs, put)


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "directory":
        yield directory_store(tmp_path)
        return
    with mocked_aws():
        yield s3_store()


def test_parts_become_one_blob_in_their_order(store: Store) -> None:
    signed = store.sign()
    assert (len(signed.urls), signed.part_bytes, signed.stored) == (3, PART, ())
    store.put_parts(signed, 3, 1, 2)
    ref = store.uploads.complete(KEY, size=len(BODY))
    assert (ref.bytes, ref.media_type) == (len(BODY), "audio/mpeg")
    assert store.blobs.get(ref) == BODY
    again = store.uploads.complete(KEY, size=len(BODY))
    assert again.sha256 == ref.sha256


def test_what_is_there_is_told_when_the_upload_goes_on(store: Store) -> None:
    store.put_parts(store.sign(), 2)
    signed = store.sign()
    assert signed.stored == (2,)
    store.put_parts(signed, 1, 3)
    assert store.blobs.get(store.uploads.complete(KEY, size=len(BODY))) == BODY


def test_missing_parts_are_named_and_nothing_is_made(store: Store) -> None:
    signed = store.sign()
    store.put_parts(signed, 1)
    with pytest.raises(InvalidInput) as caught:
        store.uploads.complete(KEY, size=len(BODY))
    assert caught.value.code == "parts_missing"
    assert store.blobs.stat(KEY) is None
    store.put_parts(signed, 2, 3)
    store.uploads.complete(KEY, size=len(BODY))


def test_what_was_never_begun_or_was_aborted_cannot_be_completed(store: Store) -> None:
    with pytest.raises(NotFound) as caught:
        store.uploads.complete(KEY, size=len(BODY))
    assert caught.value.code == "upload_missing"
    store.put_parts(store.sign(), 1)
    store.uploads.abort(KEY)
    store.uploads.abort(KEY)
    with pytest.raises(NotFound):
        store.uploads.complete(KEY, size=len(BODY))
    assert store.sign().stored == ()


def test_a_part_put_twice_counts_once(store: Store) -> None:
    signed = store.sign()
    store.put_parts(signed, 1, 1, 2, 3, 2)
    assert store.blobs.get(store.uploads.complete(KEY, size=len(BODY))) == BODY


def test_an_upload_to_a_key_that_was_taken_meanwhile_changes_nothing(store: Store) -> None:
    store.put_parts(store.sign(), 1, 2, 3)
    first = store.blobs.put(KEY, b"first", media_type="audio/mpeg")
    done = store.uploads.complete(KEY, size=len(BODY))
    if isinstance(store.uploads, S3MultipartUploads):
        assert store.blobs.get(done) == b"first"
        assert done.sha256 == first.sha256


@pytest.mark.parametrize(
    ("size", "sizes"), [(0, []), (1, [1]), (10, [10]), (11, [10, 1]), (30, [10, 10, 10])]
)
def test_sizes_of_parts(size: int, sizes: list[int]) -> None:
    assert part_sizes(size, 10) == sizes


def test_a_file_is_cut_into_no_more_parts_than_s3_takes() -> None:
    part_bytes = fitting_part_bytes(5 * 10**12, PART)
    assert len(part_sizes(5 * 10**12, part_bytes)) <= 10_000
