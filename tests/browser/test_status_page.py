"""The status page, and following a feed on the archive's page."""

from collections.abc import Callable
from typing import Any

import pytest
from browser.canned_archive import Archive, state

from support.waiting import until

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
NOTHING = {"waiting": 0, "in_flight": 0, "delayed": 0, "dead": 0}


def health(**more: Any) -> dict[str, Any]:
    return {"ok": True, "pending": 0, "depths": {"refine": NOTHING}, "paused": {}, **more}


def dead_letter() -> dict[str, Any]:
    return {
        "dead_letter_id": "7", "service": "refine", "message": "the model talks nonsense",
        "hint": "try another", "event": {"type": "TranscriptReady"},
    }  # fmt: skip


def test_what_waits_runs_and_stands_still_is_said(archive: Archive, open_page: Open) -> None:
    archive.states = [
        state("1", "Harbour", "transcribing", progress={"fraction": 0.43, "eta_s": 150}),
        state("2", "Done", "ready"),
    ]
    archive.work = {
        "health": health(
            pending=3,
            depths={"refine": {**NOTHING, "waiting": 2, "in_flight": 1}},
            paused={"refine": {"message": "the key is refused", "hint": "set another"}},
        ),
        "feed-imports": {"imports": [
            {"show": "Slow Radio", "done": 12, "total": 1000, "state": "running"},
            {"show": "Old", "done": 3, "total": 3, "state": "done"},
        ]},
        "dead-letters": {"dead_letters": [dead_letter()]},
    }  # fmt: skip
    page = open_page(f"{archive.url}/status")
    page.get_by_text("3 pieces of work are left. 1 of the services stand still.").wait_for()
    assert "refine: the key is refused - set another" in page.locator("#paused").inner_text()
    at_work = page.locator("#steps").inner_text()
    assert "Harbour" in at_work
    assert "Transcribing 43 %, about 3 min left" in at_work
    assert "Done" not in at_work
    assert "12 of 1000 items" in page.locator("#beside").inner_text()
    assert "Old" not in page.locator("#beside").inner_text()
    row = page.get_by_role("row", name="refine").inner_text().split()
    assert row == ["refine", "2", "1", "0", "0"]
    page.get_by_role("button", name="Try again: refine").click()
    archive.work["dead-letters"] = {"dead_letters": []}
    archive.states = []
    until(lambda: "asked dead-letters:redrive" in archive.work)
    archive.work["health"] = health()
    page.get_by_text("Nothing is left to do.").wait_for()
    assert archive.work["asked dead-letters:redrive"] == {"dead_letters": ["7"]}
    assert page.locator("#paused, #steps, #dead").filter(visible=True).count() == 0


def test_it_is_reached_from_the_archive(archive: Archive, open_page: Open) -> None:
    archive.work = {"health": health()}
    page = open_page(archive.url)
    page.get_by_role("link", name="Status").click()
    page.get_by_text("Nothing is left to do.").wait_for()


def test_a_feed_is_looked_at_and_then_followed(archive: Archive, open_page: Open) -> None:
    items = [{"action": "added", "title": f"Day {n}", "message": ""} for n in range(3)]
    archive.work = {
        "health": health(),
        "POST episodes:import": {"status": 400, "code": "is_feed", "detail": "a feed"},
        "POST feeds": {
            "show": "Slow Radio", "items": items, "state": "running", "import_id": "i",
            "done": 1, "total": 3, "error": "", "hint": "",
            "estimate": {"hours": 2.5, "processing_hours": 1.0, "cost_usd": None},
        },
        "feed-imports/i": {
            "show": "Slow Radio", "state": "done", "done": 3, "total": 3, "error": "", "hint": "",
            "items": [*items[:2], {"action": "failed", "title": "Day 2", "message": "it is full"}],
        },
    }  # fmt: skip
    page = open_page(archive.url)
    page.get_by_role("button", name="Add a feed").click()
    page.get_by_label("The address of a podcast").fill("https://example.org/feed.xml")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("Slow Radio: 3 new of 3 episodes, 2.5 hours of audio.").wait_for()
    page.get_by_role("button", name="Follow it").click()
    page.get_by_text("Slow Radio: 2 episodes taken in.").wait_for()
    assert "Day 2: it is full" in page.locator("#following").inner_text()
    assert archive.work["asked feeds"]["url"] == "https://example.org/feed.xml"
