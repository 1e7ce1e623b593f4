"""AWS clients, made once a process and shared: importing nothing makes none."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config


@cache
def client(service: str) -> Any:
    """Return the client of a service; S3's signs addresses so that they cover size and headers."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 4},
        connect_timeout=5,
        read_timeout=60,
        signature_version="s3v4" if service == "s3" else None,
    )
    return boto3.client(service, config=config)  # type: ignore[call-overload]


def forget_clients() -> None:
    """Make clients anew: after a snapshot was restored, or between tests."""
    client.cache_clear()


def credentials() -> Any:
    """Return the credentials that requests to OpenSearch Serverless are signed with."""
    return boto3.Session().get_credentials()


def region() -> str:
    """Return the region this runs in."""
    return boto3.Session().region_name or ""
