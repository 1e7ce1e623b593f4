"""A real OpenSearch, started once for all tests that are marked so."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from everyword_events import Misconfigured
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
