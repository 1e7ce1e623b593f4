"""<everyword-search> in every state: waiting, failing, offline, refused - and back again."""

from collections.abc import Callable
from typing import Any

import pytest
from browser.canned_archive import Archive

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


def box(page: Any) -> Any:
    return page.get_by_role("combobox", name="Search every spoken word")


def says(page: Any, text: str) -> None:
    page.locator("everyword-search [part=status]", has_text=text).wait_for()


def test_a_slow_answer_is_awaited_in_words(archive: Archive, open_page: Open) -> None:
    archive.held = "*"
    page = open_page(f"{archive.url}/host?q=foghorn")
    says(page, "Searching…")
    results = page.locator("everyword-search .results")
    assert results.get_attribute("aria-busy") == "true"
    archive.held = None
    says(page, "8 times in 2 episodes")
    assert results.get_attribute("aria-busy") == "false"


def test_old_results_stay_while_new_ones_come(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn")
    says(page, "8 times in 2 episodes")
    archive.held = "*"
    box(page).fill("potatoes")
    page.locator(".root.loading").wait_for()
    assert page.locator(".hit").count() == 6
    archive.held = None
    says(page, "1 time in 1 episode")


def test_a_failure_is_said_and_tried_again(archive: Archive, open_page: Open) -> None:
    archive.fail = 503
    page = open_page(f"{archive.url}/host?q=foghorn")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert alert.inner_text() == "the index is away"
    assert page.get_by_text("it comes back by itself").is_visible()
    archive.fail = 0
    page.get_by_role("button", name="Try again").click()
    says(page, "8 times in 2 episodes")
    assert page.get_by_role("alert").count() == 0


def test_an_answer_that_is_not_json_is_a_failure(archive: Archive, open_page: Open) -> None:
    page = open_page("about:blank")
    page.route("**/v1/search?*", lambda route: route.fulfill(body="<html>proxy</html>"))
    page.goto(f"{archive.url}/host?q=foghorn")
    page.get_by_text("The search did not answer.").wait_for()


def test_no_server_at_all_is_a_failure(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host")
    page.route("**/v1/search?*", lambda route: route.abort())
    box(page).fill("foghorn")
    page.get_by_text("The search did not answer.").wait_for()


def test_offline_waits_and_goes_on(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host")
    page.context.set_offline(True)
    box(page).fill("foghorn")
    page.get_by_text("You are offline.").wait_for()
    page.context.set_offline(False)
    says(page, "8 times in 2 episodes")


def test_a_half_typed_query_is_no_alarm(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host")
    archive.fail = 400
    box(page).fill("speaker:")
    says(page, "the index is away")
    assert page.get_by_role("alert").count() == 0
    box(page).press("Enter")
    page.get_by_role("alert").wait_for()


def test_more_episodes_failing_keeps_what_is_there(archive: Archive, open_page: Open) -> None:
    archive.host_page = archive.host_page.replace(
        "<everyword-search", '<everyword-search page-size="1"'
    )
    page = open_page(f"{archive.url}/host?q=foghorn")
    says(page, "8 times in 2 episodes")
    archive.fail = 503
    page.get_by_role("button", name="More episodes").click()
    page.get_by_role("alert").wait_for()
    assert page.locator("article").count() == 1
    archive.fail = 0
    page.get_by_role("button", name="Try again").click()
    page.locator("article").nth(1).wait_for()


def test_idle_is_only_the_box(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host")
    box(page).wait_for()
    assert page.locator("everyword-search [part=status]").inner_text() == ""
    assert page.locator("article").count() == 0
    assert not [each for each in archive.asked if each.startswith("/v1/")]


def test_strings_can_be_said_otherwise(
    archive: Archive, embed: Callable[[str], str], open_page: Open
) -> None:
    strings = (
        '{"label": "Sök", "found": "{times} i {episodes}", '
        '"times": {"one": "{n} gång", "other": "{n} gånger"}, '
        '"episodes": {"one": "{n} avsnitt", "other": "{n} avsnitt"}}'
    )
    body = f"<everyword-search lang=sv strings='{strings}'></everyword-search>"
    page = open_page(f"{embed(body)}?q=foghorn")
    says(page, "8 gånger i 2 avsnitt")
    assert page.get_by_role("combobox", name="Sök").count() == 1
    assert "3 feb. 2026" in page.locator("article").first.inner_text()


def test_it_can_be_moved_and_removed(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn")
    says(page, "8 times in 2 episodes")
    page.evaluate(
        """() => {
          const widget = document.querySelector('everyword-search');
          widget.remove();
          document.querySelector('main').prepend(widget);
        }"""
    )
    says(page, "8 times in 2 episodes")
    assert page.locator("everyword-search form").count() == 1
    page.keyboard.press("/")
    page.keyboard.type("potatoes")
    says(page, "1 time in 1 episode")
