"""AWS as moto plays it."""

from contextlib import AbstractContextManager

from moto import mock_aws


def mocked_aws() -> AbstractContextManager[None]:
    """Play AWS for the while, on one boto3 session: it parses a service's model only once."""
    played: AbstractContextManager[None] = mock_aws(config={"core": {"reset_boto3_session": False}})
    return played
