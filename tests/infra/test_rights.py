"""The rights that the deployed-template tests ask for are the templates', and can be lacking."""

from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from everyword_aws.show_access import PUBLIC_SHOWS

from support.aws import mocked_aws
from support.lowering import ACCOUNT, REGION
from support.rights import WORKER, Rights, rights_of

KEYS = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/everyword-keys"
RECOGNISED = f"arn:aws:s3:::everyword-transcribe-gpu-{ACCOUNT}-{REGION}/episodes/a/b/voices/c.json"
BUCKET = f"arn:aws:s3:::everyword-refine-{ACCOUNT}-{REGION}"


@pytest.fixture
def rights(templates: Mapping[str, Any]) -> Rights:
    return rights_of(templates)


def may(rights: Rights, role: str, action: str, resource: str, *rows: str) -> bool:
    asked = frozenset(rows)
    return any(each.allows(action, resource, asked) for each in rights.roles[role])


def test_every_function_and_the_worker_have_a_role(rights: Rights) -> None:
    assert WORKER in rights.roles
    assert len(rights.roles) > 20
    assert all(rights.roles.values())


@pytest.mark.parametrize(
    ("role", "action", "resource", "rows", "allowed"),
    [
        ("everyword-search-api", "dynamodb:UpdateItem", KEYS, (PUBLIC_SHOWS,), True),
        ("everyword-search-api", "dynamodb:UpdateItem", KEYS, ("0123456789ab",), False),
        ("everyword-search-api", "dynamodb:PutItem", KEYS, (PUBLIC_SHOWS,), False),
        ("everyword-captions-api", "dynamodb:UpdateItem", KEYS, (PUBLIC_SHOWS,), False),
        ("everyword-captions-api", "dynamodb:GetItem", KEYS, (PUBLIC_SHOWS,), True),
        ("everyword-refine-durable", "s3:PutObject", f"{BUCKET}/shows/a/renames/1.json", (), True),
        ("everyword-refine-api", "s3:DeleteObject", f"{BUCKET}/shows/a/renames/1.json", (), False),
        ("everyword-captions-events", "s3:GetObject", f"{BUCKET}/episodes/a/b.json", (), True),
        ("everyword-captions-events", "s3:ListBucket", BUCKET, (), True),
        ("everyword-captions-events", "s3:PutObject", f"{BUCKET}/episodes/a/b.json", (), False),
        ("everyword-transcribe-gpu-removals", "s3:DeleteObjectVersion", RECOGNISED, (), True),
        ("everyword-refine-durable", "s3:GetObject", RECOGNISED, (), True),
        ("everyword-refine-durable", "s3:DeleteObjectVersion", RECOGNISED, (), False),
        ("everyword-refine-api", "s3:DeleteObjectVersion", RECOGNISED, (), False),
        ("everyword-refine-voices", "s3:DeleteObjectVersion", RECOGNISED, (), False),
        ("everyword-refine-voices", "s3:PutObject", f"{BUCKET}/episodes/a/b.json", (), False),
        (WORKER, "s3:GetObject", f"{BUCKET}/episodes/a/b.json", (), False),
    ],
)
def test_a_role_may_what_its_service_needs_and_no_more(
    rights: Rights, *, role: str, action: str, resource: str, rows: tuple[str, ...], allowed: bool
) -> None:
    assert may(rights, role, action, resource, *rows) is allowed


def test_a_call_without_the_right_to_it_is_refused_and_noted(
    rights: Rights, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mocked_aws(), rights.enforced():
        s3 = boto3.client("s3", region_name=REGION)
        bucket = f"everyword-refine-{ACCOUNT}-{REGION}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=bucket, Key="episodes/a/b", Body=b"x")
        with rights.as_role("everyword-captions-events"):
            assert s3.get_object(Bucket=bucket, Key="episodes/a/b")["Body"].read() == b"x"
            with pytest.raises(ClientError, match="NoSuchKey"):
                s3.get_object(Bucket=bucket, Key="episodes/a/gone")
            assert rights.denied == []
            with pytest.raises(ClientError, match="AccessDenied"):
                s3.put_object(Bucket=bucket, Key="episodes/a/b", Body=b"y")
        with rights.as_role("everyword-relay"), pytest.raises(ClientError, match="AccessDenied"):
            s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "episodes/a/b"})
    assert [each.partition(" on ")[0] for each in rights.denied] == [
        "everyword-captions-events may not s3:PutObject",
        "everyword-relay may not s3:GetObject",
    ]
