"""What only S3 has to answer for: presigned uploads, objects without our digest, its errors."""

import base64
import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests
from botocore.config import Config

from everyword_events import Misconfigured, TransientFailure
from everyword_storage.s3 import S3BlobStore, S3UploadSigner
from support.aws import mocked_aws

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "everyword-test"


def make_client(
    endpoint_url: str | None = None, signature_version: str | None = "s3v4"
) -> "S3Client":
    return boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
        endpoint_url=endpoint_url,
        config=Config(
            signature_version=signature_version,
            retries={"total_max_attempts": 1},
            connect_timeout=1,
        ),
    )


@pytest.fixture
def client() -> Iterator["S3Client"]:
    with mocked_aws():
        client = make_client()
        client.create_bucket(Bucket=BUCKET)
        yield client


def test_a_presigned_upload_is_found_with_its_digest(client: "S3Client") -> None:
    upload = S3UploadSigner(client, BUCKET).sign_put(
        "e/audio", size=5, media_type="audio/mpeg", expires_in_s=600
    )
    reply = requests.put(upload.url, data=b"hello", headers=upload.headers, timeout=60)
    assert reply.status_code == 200
    ref = S3BlobStore(client, BUCKET).stat("e/audio")
    assert ref is not None
    assert ref.sha256 == hashlib.sha256(b"hello").hexdigest()
    assert (ref.bytes, ref.media_type) == (5, "audio/mpeg")


def test_size_and_type_are_part_of_the_signature(client: "S3Client") -> None:
    upload = S3UploadSigner(client, BUCKET).sign_put(
        "e/audio", size=5, media_type="audio/mpeg", expires_in_s=600
    )
    query = parse_qs(urlsplit(upload.url).query)
    signed = query["X-Amz-SignedHeaders"][0].split(";")
    assert {"content-length", "content-type"} <= set(signed)
    assert query["X-Amz-Expires"] == ["600"]


def test_a_client_with_the_old_signature_is_misconfigured() -> None:
    with pytest.raises(Misconfigured):
        S3UploadSigner(make_client(signature_version=None), BUCKET).sign_put(
            "a", size=1, media_type="x/y", expires_in_s=60
        )


def test_an_address_for_longer_than_s3_signs_is_refused(client: "S3Client") -> None:
    with pytest.raises(Misconfigured):
        S3UploadSigner(client, BUCKET).sign_put(
            "a", size=1, media_type="x/y", expires_in_s=8 * 24 * 3600
        )


def test_a_bucket_that_is_not_there_is_misconfigured(client: "S3Client") -> None:
    store = S3BlobStore(client, "everyword-other")
    with pytest.raises(Misconfigured):
        store.put("a", b"x", media_type="text/plain")
    with pytest.raises(Misconfigured):
        store.delete("a/")


def test_an_unreachable_s3_may_work_later() -> None:
    store = S3BlobStore(make_client("http://127.0.0.1:9"), BUCKET)
    with pytest.raises(TransientFailure):
        store.put("a", b"x", media_type="text/plain")
    with pytest.raises(TransientFailure):
        store.stat("a")


@pytest.mark.slow
def test_more_than_a_page_is_deleted(client: "S3Client") -> None:
    for index in range(1005):
        client.put_object(Bucket=BUCKET, Key=f"e/{index}", Body=b"")
    assert S3BlobStore(client, BUCKET).delete("e/") == 1005


def test_the_digest_lies_in_the_metadata(client: "S3Client") -> None:
    S3BlobStore(client, BUCKET).put("a.json", b"x", media_type="application/json")
    head = client.head_object(Bucket=BUCKET, Key="a.json")
    assert head["Metadata"] == {"sha256": hashlib.sha256(b"x").hexdigest()}
    assert head["ContentType"] == "application/json"


def test_the_digest_of_an_upload_in_parts_is_found_once_and_kept(client: "S3Client") -> None:
    begun = client.create_multipart_upload(Bucket=BUCKET, Key="e/audio")
    where = {"Bucket": BUCKET, "Key": "e/audio", "UploadId": begun["UploadId"]}
    bodies = [b"a" * (5 << 20), b"b"]
    parts = [
        {"PartNumber": n, "ETag": client.upload_part(**where, PartNumber=n, Body=body)["ETag"]}  # type: ignore[arg-type]
        for n, body in enumerate(bodies, start=1)
    ]
    client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})  # type: ignore[arg-type, typeddict-item]
    reads: list[str] = []
    client.meta.events.register("before-call.s3.GetObject", lambda **_: reads.append("read"))
    store = S3BlobStore(client, BUCKET)
    refs = [store.stat("e/audio") for _ in range(3)]
    assert refs[0] is not None
    assert refs[0].sha256 == hashlib.sha256(b"".join(bodies)).hexdigest()
    assert refs == [refs[0]] * 3
    assert reads == ["read"]


def test_a_digest_that_was_stated_is_never_computed(client: "S3Client") -> None:
    sha256 = hashlib.sha256(b"hello").hexdigest()
    upload = S3UploadSigner(client, BUCKET).sign_put(
        "e/audio", size=5, media_type="audio/mpeg", expires_in_s=600, sha256=sha256
    )
    assert {"x-amz-checksum-sha256", "if-none-match"} <= set(upload.headers)
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    client.put_object(
        Bucket=BUCKET,
        Key="e/audio",
        Body=b"hello",
        ChecksumSHA256=digest,
        ChecksumAlgorithm="SHA256",
    )
    reads: list[str] = []
    client.meta.events.register("before-call.s3.GetObject", lambda **_: reads.append("read"))
    ref = S3BlobStore(client, BUCKET).stat("e/audio")
    assert ref is not None
    assert (ref.sha256, reads) == (sha256, [])


def test_a_large_blob_goes_in_parts_and_never_over_another(
    client: "S3Client",
) -> None:
    store = S3BlobStore(client, BUCKET, single_put_bytes=1 << 20)
    large = bytes(6 << 20)
    first = store.put("e/a", large, media_type="x/y")
    assert store.get(first) == large
    assert store.put("e/a", large + b"!", media_type="x/y") == first
    assert "Uploads" not in client.list_multipart_uploads(Bucket=BUCKET)


def test_what_is_deleted_leaves_no_version(client: "S3Client") -> None:
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key, body in (("e/1/a", b"kakapo"), ("e/1/a", b"kakapo again"), ("e/1/b", b"gone before")):
        client.put_object(Bucket=BUCKET, Key=key, Body=body)
    client.put_object(Bucket=BUCKET, Key="e/10/a", Body=b"another episode's")
    client.delete_object(Bucket=BUCKET, Key="e/1/b")
    assert S3BlobStore(client, BUCKET).delete("e/1/") == 1
    left = client.list_object_versions(Bucket=BUCKET)
    assert [each["Key"] for each in left["Versions"]] == ["e/10/a"]
    assert "DeleteMarkers" not in left
