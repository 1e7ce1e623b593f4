"""A real OpenSearch, started once for all tests that are marked so."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from everyword_events import Misconfigured
from search.adapters.opensearch_client import driver_for
from search.testing.opensearch_node import opensearch_node


@pytest.fixture(scope="session", name="opensearch_url")
def _opensearch_url() -> Iterator[str]:
    with ExitStack() as stack:
        try:
            url = stack.enter_context(opensearch_node())
        except Misconfigured as missing:
            if os.environ.get("EVERYWORD_REQUIRE_ALL_SUITES"):
                raise
            pytest.skip(f"{missing.message}: {missing.hint}")
        yield url


@pytest.fixture
def opensearch_prefix(opensearch_url: str) -> Iterator[str]:
    """Give names of its own to one test's indices, and delete them after it."""
    prefix = f"t{uuid4().hex[:12]}"
    yield prefix
    driver = driver_for(opensearch_url)
    driver.indices.delete(index=f"{prefix}-*")
    driver.close()
