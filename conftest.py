"""Options of every test suite of the project."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import hypothesis
import pytest

from everyword_events import Misconfigured
from everyword_http.testing import SERVED_BY, Serve, serving
from search.testing.opensearch_node import opensearch_node

# The same examples every time, so that a change is judged by what it changes; many of them in
# `make test-all`. `make explore` draws new ones: what it finds is mended and kept as a test.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, max_examples=40)
hypothesis.settings.register_profile("many", derandomize=True, deadline=None, max_examples=250)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=250)
hypothesis.settings.load_profile("same")

ON_OPENSEARCH = (
    "infra/test_pipeline.py",
    "infra/test_world.py",
    "infra/test_scenario.py",
    "tests/test_phonetic_search.py",
)
"""Files whose tests need OpenSearch and do not say so in their names: others start one more."""

SLOW_TIMEOUT_S = 900
"""What takes a minute may take ten on a busy machine; what hangs is ended all the same."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden files be written anew, which nothing else does."""
    parser.addoption(
        "--update-golden", action="store_true", help="write golden files instead of comparing"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register what only this file reads."""
    _heed_ctrl_c()
    config.addinivalue_line(
        "markers", "slow_on_opensearch: slow where the engine is OpenSearch, quick on the embedded"
    )


def _heed_ctrl_c() -> None:
    """Take SIGINT as Python does, here and in every process that a test starts.

    A shell without job control has what it starts in the background ignore it.
    """
    here = threading.current_thread() is threading.main_thread()
    if here and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep a file's tests in one process of a parallel run, and one OpenSearch for all of them."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - only in a parallel run

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group_of(nodeid)

    return ByFile(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes long begin first: no process waits for another's last file."""
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        if {"opensearch", "slow_on_opensearch"} <= marks:
            item.add_marker("slow")
        if "timeout" not in marks and item.get_closest_marker("slow") is not None:
            item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT_S))
    items.sort(key=_kind_of)


def _group_of(nodeid: str) -> str:
    """Return the group of a test, by its name: the controller of a parallel run has no marks."""
    file = nodeid.partition("::")[0]
    on_opensearch = "opensearch" in nodeid or file.endswith(ON_OPENSEARCH)
    return "opensearch" if on_opensearch else file


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
