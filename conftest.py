"""Options of every test suite of the house."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import hypothesis
import pytest

from everyword_events import Misconfigured
from everyword_http.testing import SERVED_BY, Serve, serving
from search.testing.opensearch_node import opensearch_node

# The same examples every time, so that a change is judged by what it changes. `make explore` draws
# new ones: what it finds is mended and kept as a test of its own.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden files be written anew, which nothing else does."""
    parser.addoption(
        "--update-golden", action="store_true", help="write golden files instead of comparing"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests in one process of a parallel run, and one OpenSearch for all of them.

    What takes long begins first, so that no process has to wait for another's last file.
    """
    items.sort(key=_kind_of)
    for item in items:
        shared = item.get_closest_marker("opensearch") is not None
        group = "opensearch" if shared else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))


def _kind_of(item: pytest.Item) -> int:
    """Tell how long a file of this kind takes: 0 is the longest."""
    if item.get_closest_marker("opensearch") is not None:
        return 0
    folders = item.path.relative_to(item.config.rootpath).parts
    return {"tests": 1, "infra": 2}.get(folders[0], 3)


@pytest.fixture(params=SERVED_BY)
def serve(request: pytest.FixtureRequest) -> Iterator[Serve]:
    """Serve applications until the test is over: once by uvicorn, once as on Lambda."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app, request.param))


@pytest.fixture(scope="session")
def opensearch_url() -> Iterator[str]:
    """Start one real OpenSearch for all tests that are marked so, or use OPENSEARCH_URL's."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(opensearch_node())
        except Misconfigured as missing:
            if os.environ.get("EVERYWORD_REQUIRE_ALL_SUITES"):
                raise
            pytest.skip(f"{missing.message}: {missing.hint}")
        yield url
