"""With scripts off: a form, a page of results, a transcript that plays from the word."""

from collections.abc import Callable
from typing import Any

import pytest
from browser.canned_archive import HOSTILE, Archive

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


def test_from_the_form_to_the_marked_word(archive: Archive, open_page: Open) -> None:
    page = open_page(archive.url, java_script_enabled=False)
    page.get_by_role("searchbox", name="Search every spoken word").fill("foghorn")
    page.get_by_role("button", name="Search").click()
    assert page.get_by_text("8 times in 2 episodes").is_visible()
    hit = page.get_by_role("link", name="0:17")
    assert hit.locator("mark").inner_text() == "foghorn"
    hit.click()
    assert page.url == f"{archive.url}/episodes/interview?t=17.673#t=17.673"
    marked = page.locator("main mark")
    assert marked.inner_text() == "foghorn"
    assert marked.get_attribute("id") == "t=17.673"
    assert page.locator("audio").get_attribute("src") == "/media/interview#t=17.373"


def test_hostile_text_is_only_text(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/search?q=trouble", java_script_enabled=False)
    assert HOSTILE in page.locator("main").inner_text()
    page.goto(f"{archive.url}/episodes/hostile")
    assert HOSTILE in page.locator("main").inner_text()
    assert page.locator("main img").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0
