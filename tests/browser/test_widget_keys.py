"""<everyword-search> by keyboard alone: it helps everywhere and steals nowhere."""

from collections.abc import Callable
from typing import Any

import pytest
from browser.canned_archive import Archive

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
FOCUSED = "document.querySelector('everyword-search').shadowRoot.activeElement"


def focused(page: Any) -> str:
    text: str = page.evaluate(f"(({FOCUSED})?.textContent || ({FOCUSED})?.name || '').slice(0, 4)")
    return text


def plays(page: Any, clock: str) -> None:
    page.locator(".hit[aria-current]", has_text=clock).wait_for()


def test_from_typing_to_playing_and_back(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host", still=True)
    page.get_by_role("combobox").wait_for()
    page.keyboard.press("/")
    page.keyboard.insert_text("foghorn")  # at once: no letters before it are searched for
    page.keyboard.press("Enter")
    page.get_by_text("8 times in 2 episodes").wait_for()
    page.keyboard.press("ArrowDown")
    assert focused(page) == "0:17"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "0:34"
    page.keyboard.press("Enter")
    plays(page, "0:34")
    page.keyboard.press("n")
    plays(page, "0:36")
    assert focused(page) == "0:36"
    page.keyboard.press("p")
    page.keyboard.press("p")
    assert focused(page) == "0:17"
    page.keyboard.press("ArrowUp")
    assert focused(page) == "q"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert focused(page) == "q"


def test_tab_reaches_every_hit_and_button(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn")
    page.locator(".hit").first.wait_for()
    page.keyboard.press("/")
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        seen.append(focused(page))
    for wanted in ("Filt", "Ten ", "0:17", "0:34", "0:36", "2 mo", "Marg", "0:20", "0:28", "1:07"):
        assert wanted in seen


def test_slash_is_typed_where_one_types(
    archive: Archive, embed: Callable[[str], str], open_page: Open
) -> None:
    page = open_page(embed("<input id=other><everyword-search></everyword-search>"))
    page.focus("#other")
    page.keyboard.type("a/b n p")
    assert page.input_value("#other") == "a/b n p"


def test_slash_can_be_switched_off(
    archive: Archive, embed: Callable[[str], str], open_page: Open
) -> None:
    page = open_page(embed('<everyword-search shortcut="off"></everyword-search>'))
    page.keyboard.press("/")
    assert page.evaluate(FOCUSED) is None


def test_chords_are_left_to_the_browser(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn")
    page.locator(".hit").first.focus()
    page.keyboard.press("Control+n")
    page.keyboard.press("Alt+p")
    assert page.locator(".hit[aria-current]").count() == 0
