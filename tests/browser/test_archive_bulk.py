"""Acting on several episodes of the archive's page at once."""

from collections.abc import Callable
from typing import Any

import pytest
from browser.canned_archive import Archive, state

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
Axe = Callable[[Any], list[str]]


@pytest.fixture
def shelf(archive: Archive) -> Archive:
    archive.states = [
        state(str(number), f"Tape {number}", "ready", show="Old", duration_s=60.0)
        for number in range(1, 5)
    ]
    return archive


def selecting(page: Any, *titles: str) -> Any:
    page.get_by_role("button", name="Select", exact=True).press("Enter")
    for title in titles:
        page.get_by_role("checkbox", name=f"Select {title}").press(" ")
    bar = page.get_by_role("group", name="Selected episodes")
    many = f"{len(titles)} episode{'s' * (len(titles) != 1)} selected"
    bar.get_by_text(many, exact=True).wait_for()
    return bar


def told(bar: Any, head: str) -> list[str]:
    bar.get_by_text(head, exact=True).wait_for()
    lines: list[str] = bar.locator(".outcome li").all_inner_texts()
    return lines


def test_several_are_removed_after_asking(shelf: Archive, open_page: Open, axe: Axe) -> None:
    page = open_page(shelf.url)
    assert page.get_by_role("checkbox").count() == 0, "until one asks for it"
    bar = selecting(page, "Tape 1", "Tape 3")
    assert axe(page) == []
    bar.get_by_role("button", name="Remove…").click()
    dialog = page.get_by_role("dialog", name="Remove 2 episodes?")
    assert dialog.locator("li").all_inner_texts() == ["Tape 1", "Tape 3"]
    assert axe(page) == []
    page.keyboard.press("Escape")
    assert len(shelf.states) == 4
    bar.get_by_role("button", name="Remove…").click()
    dialog.get_by_role("button", name="Remove").click()
    assert told(bar, "2 episodes removed.") == ["Tape 1: removed.", "Tape 3: removed."]
    assert page.locator(".episode h3").all_inner_texts() == ["Tape 2", "Tape 4"]
    assert [each["episode_id"] for each in shelf.states] == ["2", "4"]


def test_what_cannot_be_done_is_told_one_by_one_and_stays_selected(
    shelf: Archive, open_page: Open
) -> None:
    page = open_page(shelf.url)
    refusal = '{"detail": "its audio was deleted", "hint": "replay it from TranscriptReady"}'
    page.route("**/v1/episodes/2/replays", lambda route: route.fulfill(status=400, body=refusal))
    bar = selecting(page, "Tape 1", "Tape 2")
    bar.get_by_role("button", name="Process again…").click()
    page.get_by_role("dialog").get_by_role("button", name="Process again").click()
    assert told(bar, "1 episode queued again, 1 not.") == [
        "Tape 1: queued again.",
        "Tape 2: not queued again. its audio was deleted - replay it from TranscriptReady",
    ]
    page.locator(".episode", has_text="Tape 1").get_by_text("Queued").wait_for()
    assert not page.get_by_role("checkbox", name="Select Tape 1").is_checked()
    assert page.get_by_role("checkbox", name="Select Tape 2").is_checked()


def test_all_move_to_a_show_and_another_s_move_is_not_overwritten(
    shelf: Archive, open_page: Open
) -> None:
    page = open_page(shelf.url)
    bar = selecting(page)
    bar.get_by_role("button", name="Select all").click()
    bar.get_by_text("4 episodes selected").wait_for()
    page.route("**/v1/episodes?*", lambda route: route.abort())
    shelf.states[3]["show"] = "Elsewhere"
    bar.get_by_role("button", name="Move to a show…").click()
    page.get_by_role("dialog").get_by_label("Show").fill("New")
    page.keyboard.press("Enter")
    lines = told(bar, "3 episodes moved, 1 not.")
    assert lines[0] == "Tape 1: moved."
    assert lines[3] == "Tape 4: not moved. it is another now - read it again"
    assert [each["show"] for each in shelf.states] == ["New", "New", "New", "Elsewhere"]


@pytest.mark.parametrize(
    ("engine", "start"),
    [({"name": "import"}, "TranscriptReady"), ({"name": "whisper"}, "AudioUploaded")],
)
def test_a_text_that_was_imported_is_not_recognised(
    shelf: Archive, open_page: Open, engine: dict[str, str], start: str
) -> None:
    shelf.states[0]["engine"] = engine
    page = open_page(shelf.url)
    bar = selecting(page, "Tape 1")
    bar.get_by_role("button", name="Process again…").click()
    with page.expect_request("**/replays") as asked:
        page.get_by_role("dialog").get_by_role("button", name="Process again").click()
    assert asked.value.post_data_json["from"] == start
