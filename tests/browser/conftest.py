"""A real Chromium, a canned archive to browse, and what every page must hold."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from browser.canned_archive import Archive, awkward, sample
from browser.canned_site import served
from browser.playing import STANDING_STILL

from support.stack import Everyword, fresh

try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
]
MISSING = (
    "needs Chromium and Playwright: apt-get install chromium;"
    " pip install playwright axe-playwright-python"
)
HOST = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Host</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/widget/pages.css">
<script type="module" src="/widget/everyword-search.js"></script>
<main>
<h1>Listen</h1>
{body}
</main>
</html>"""


def _unavailable(reason: str) -> None:
    if os.environ.get("EVERYWORD_REQUIRE_ALL_SUITES"):
        pytest.fail(reason)
    pytest.skip(reason)


class Held:
    """One Chromium for the files that follow each other; each page has a profile of its own."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._browser: Any = None

    def get(self) -> Any:
        if self._browser is None or not self._browser.is_connected():
            self.close()
            chromium = shutil.which("chromium") or shutil.which("chromium-browser")
            if sync_playwright is None or chromium is None:
                _unavailable(MISSING)
            driver = self._stack.enter_context(sync_playwright())
            self._browser = driver.chromium.launch(executable_path=chromium, args=SWITCHES)
            self._stack.callback(self._browser.close)
        return self._browser

    def close(self) -> None:
        self._stack.close()
        self._browser = None


HELD = Held()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Close Chromium before tests of other folders: Playwright's event loop stays in the thread."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        HELD.close()


@pytest.fixture
def browser() -> Any:
    """Chromium."""
    return HELD.get()


@pytest.fixture
def archive() -> Iterator[Archive]:
    """The canned archive, served: two real episodes and the awkward ones."""
    held = Archive()
    for episode in [sample("interview"), sample("archive"), *awkward()]:
        held.episodes[episode.episode_id] = episode
    held.host_page = HOST.format(body="<everyword-search></everyword-search>")
    with served(held):
        yield held


@pytest.fixture
def embed(archive: Archive) -> Callable[[str], str]:
    """Put HTML into the host page; returns the page's address."""

    def put(body: str) -> str:
        archive.host_page = HOST.format(body=body)
        return f"{archive.url}/host"

    return put


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page in a context of its own, and hold it to account at the end.

    `still` has recordings stand where they begin to play. Whatever a test does, no script error,
    policy violation or injected script may have occurred.
    """
    contexts: list[Any] = []
    scripted: list[Any] = []
    complaints: list[str] = []

    def opened(
        address: str, *, width: int = 900, height: int = 800, still: bool = False, **options: Any
    ) -> Any:
        options = {"timezone_id": "UTC", **options}
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        if still:
            context.add_init_script(STANDING_STILL)
        if options.get("java_script_enabled", True):
            scripted.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text) if "Content Security Policy" in said.text else None
            ),
        )
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        for page in context.pages:
            if page.url.startswith("http") and context in scripted:
                assert page.evaluate("window.hacked") is None
        context.close()
    assert complaints == []


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """Run axe-core on a page; returns what it finds serious or critical, in words."""

    def run(page: Any) -> list[str]:
        found = Axe().run(page).response["violations"]
        return [
            f"{each['id']}: {node['html']} {node['failureSummary']}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]

    return run


@pytest.fixture
def everyword(tmp_path: Path) -> Everyword:
    return fresh(tmp_path / "data")


@pytest.fixture
def stack(everyword: Everyword) -> Iterator[str]:
    """The running stack's address."""
    with everyword.up() as (url, _):
        yield url
