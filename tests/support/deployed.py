"""Fixtures: the whole deployment under moto, a key of its, a few seconds of speech."""

import asyncio
import os
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from everyword_aws.clients import client, forget_clients
from everyword_aws.keys import DynamoKeyStore

from everyword_http.keys import Keys
from support.aws import mocked_aws
from support.clips import clip
from support.cloud import Cloud
from support.lowering import REGION
from support.rights import rights_of


@pytest.fixture(scope="module")
def cloud(
    templates: Any, opensearch_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    """Deploy everything once; the tests add episodes of their own."""
    before = dict(os.environ)
    os.environ.update(
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_DEFAULT_REGION=REGION,
        AWS_REGION=REGION,
        POWERTOOLS_TRACE_DISABLED="1",
        POWERTOOLS_SERVICE_NAME="test",
    )
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)  # the handlers of the APIs run on this thread's
    rights = rights_of(templates)
    with mocked_aws(), rights.enforced():
        forget()
        yield Cloud(templates, opensearch_url, tmp_path_factory.mktemp("cloud"), rights)
    asyncio.set_event_loop(None)
    loop.close()
    forget()
    os.environ.clear()
    os.environ.update(before)
    httpx.delete(f"{opensearch_url}/everyword-*", timeout=60)
    assert not rights.denied, "\n".join(dict.fromkeys(rights.denied))


@pytest.fixture(scope="module")
def key(cloud: Cloud) -> str:
    return Keys(DynamoKeyStore(client("dynamodb"), "everyword-keys")).create("test", ["admin"])[1]


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = clip("interview.opus", tmp_path_factory.mktemp("a") / "talk.wav", start=1, seconds=5)
    return file.read_bytes()


def forget() -> None:
    """Make everything anew that handlers keep between two calls, as a new function would."""
    forget_clients()
    kept = [module for name, module in sys.modules.items() if name.startswith("everyword_aws.")]
    for each in (each for module in kept for each in vars(module).values()):
        if hasattr(each, "cache_clear"):
            each.cache_clear()
