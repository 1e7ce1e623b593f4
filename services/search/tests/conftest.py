"""Indices of its own for each test on the real OpenSearch (see the conftest at the root)."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from search.adapters.opensearch.client import driver_for


@pytest.fixture
def opensearch_prefix(opensearch_url: str) -> Iterator[str]:
    """Give names of its own to one test's indices, and delete them after it."""
    prefix = f"t{uuid4().hex[:12]}"
    yield prefix
    driver = driver_for(opensearch_url)
    driver.indices.delete(index=f"{prefix}-*")
    driver.close()
