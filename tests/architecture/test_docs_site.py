"""The documentation's site: it is built whole, and none of its pages asks anybody outside."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
OWN_ARCHIVE = "127.0.0.1:8080"
"""Where the page with the search box finds the reader's own archive."""
FETCHED = {"script": "src", "img": "src", "iframe": "src", "link": "href", "audio": "src"}
IN_STYLE = re.compile(r"""url\(\s*["']?((?:https?:)?//[^"')]+)|@import\s+["']([^"']+)""")


class Fetched(HTMLParser):
    """Collects what a browser fetches for a page by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.elements: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.addresses += [value for name, value in attrs if value and FETCHED.get(tag) == name]


def outside(address: str) -> bool:
    return urlsplit(address).netloc not in {"", OWN_ARCHIVE}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def parsed(page: Path) -> Fetched:
    parser = Fetched()
    parser.feed(page.read_text())
    return parser


@pytest.mark.slow
def test_every_page_is_on_the_site(site: Path) -> None:
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    named = [
        page.with_name("index.html") if page.name == "README.md" else page.with_suffix(".html")
        for page in pages
    ]
    assert [page for page in named if not (site / page).exists()] == []
    assert (site / "search/search_index.json").exists()


@pytest.mark.slow
def test_no_page_asks_anybody_outside(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    asked = {
        (str(page.relative_to(site)), address)
        for page in pages
        for address in parsed(page).addresses
        if outside(address)
    }
    styles = {
        (str(style.relative_to(site)), found)
        for style in [*site.rglob("*.css"), *pages]
        for match in IN_STYLE.findall(style.read_text())
        for found in match
        if found and outside(found)
    }
    assert asked | styles == set()


@pytest.mark.slow
def test_a_page_has_the_widget_and_a_form_for_when_no_archive_runs(site: Path) -> None:
    page = parsed(site / "search-box.html")
    assert f"http://{OWN_ARCHIVE}/widget/everyword-search.js" in page.addresses
    assert {"everyword-search", "form", "input"} <= page.elements


@pytest.mark.slow
def test_the_form_gives_way_to_the_widget_once_it_runs(site: Path) -> None:
    """A browser closes a paragraph before a form, which would leave it outside the widget."""
    text = (site / "search-box.html").read_text()
    assert re.search(r"<div><everyword-search>\s*<form ", text)
    assert not re.search(r"<p>\s*</?everyword-search", text)
