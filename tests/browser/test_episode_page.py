"""An episode's page on a real archive: what it tells, how it plays, and correcting it in place."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.real_archive import add_sample

from support.stack import Everyword, fresh

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
Axe = Callable[[Any], list[str]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Everyword, str]]:
    """One stack and its address: each test has an episode in a show of its own."""
    everyword = fresh(tmp_path_factory.mktemp("pages") / "data")
    with everyword.up() as (url, _):
        yield everyword, url


@pytest.fixture
def everyword(running: tuple[Everyword, str]) -> Everyword:
    return running[0]


@pytest.fixture
def stack(running: tuple[Everyword, str]) -> str:
    return running[1]


def lines(page: Any) -> Any:
    return page.locator(".lines .words")


def saved(page: Any) -> None:
    page.locator(".notice", has_text="Saved.").wait_for(timeout=60_000)


def correcting(page: Any) -> Any:
    page.get_by_role("button", name="Correct").click()
    lines(page).first.wait_for()
    return lines(page)


def test_words_are_corrected_where_they_are_read(
    everyword: Everyword, stack: str, open_page: Open, axe: Axe, tmp_path: Path
) -> None:
    episode_id = add_sample(everyword, tmp_path, "archive", show=tmp_path.name)
    page = open_page(f"{stack}/episodes/{episode_id}")
    text = correcting(page)
    assert axe(page) == []
    before = text.nth(1).inner_text()
    start = json.loads(everyword("transcript", episode_id, "--format", "json"))
    text.nth(1).fill(f"{before.rstrip('.')} exactly.")
    text.nth(1).press("Enter")
    saved(page)
    assert text.nth(1).inner_text().endswith("exactly.")
    now = json.loads(everyword("transcript", episode_id, "--format", "json"))
    assert now["segments"][1]["text"].endswith("exactly.")
    kept = [word["start"] for word in start["segments"][1]["words"]]
    assert [word["start"] for word in now["segments"][1]["words"]][: len(kept)] == kept
    found = everyword.json("search", "exactly")
    assert found["hits"] == 1

    page.get_by_role("button", name="Undo").click()
    page.wait_for_function(
        "(text) => document.querySelectorAll('.lines .words')[1]?.innerText === text", arg=before
    )
    page.get_by_role("button", name="History").click()
    history = page.get_by_role("dialog", name="History")
    assert "1 correction" in history.inner_text()
    assert history.get_by_text(f"Undone: {before} → ").is_visible()


def test_what_is_typed_while_the_line_before_is_saved_stays(
    everyword: Everyword, stack: str, open_page: Open, tmp_path: Path
) -> None:
    episode_id = add_sample(everyword, tmp_path, "archive", show=tmp_path.name)
    page = open_page(f"{stack}/episodes/{episode_id}")
    text = correcting(page)
    text.nth(0).fill("The first line.")
    text.nth(0).press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.type("The second ")
    saved(page)
    assert text.nth(0).inner_text() == "The first line."
    page.keyboard.type("line.")
    assert text.nth(1).inner_text() == "The second line."
    shown = page.locator("everyword-transcript").get_attribute("src")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "(was) => document.querySelector('everyword-transcript').getAttribute('src') !== was",
        arg=shown,
    )
    assert text.nth(2).evaluate("(line) => line.matches(':focus')")
    words = json.loads(everyword("transcript", episode_id, "--format", "json"))["segments"]
    assert [each["text"] for each in words[:2]] == ["The first line.", "The second line."]


def test_details_are_changed_undone_and_not_overwritten(
    everyword: Everyword, stack: str, open_page: Open, axe: Axe, tmp_path: Path
) -> None:
    episode_id = add_sample(everyword, tmp_path, "archive", show=tmp_path.name)
    page = open_page(f"{stack}/episodes/{episode_id}")
    title = page.locator("h1").inner_text()
    page.get_by_role("button", name="Details").click()
    assert axe(page) == []
    page.get_by_label("Title").fill("The storm")
    page.get_by_label("Show").fill("Tapes")
    page.get_by_label("Published").fill("2024-03-01")
    page.get_by_label("Language").select_option("sv")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved: title, show, date, language.").wait_for()
    assert (page.locator("h1").inner_text(), page.title()) == (
        "The storm",
        "The storm · Tapes · Everyword",
    )
    shown = everyword.json("status", episode_id)
    assert (shown["title"], shown["published_at"][:10]) == ("The storm", "2024-03-01")
    assert json.loads(everyword("transcript", episode_id, "--format", "json"))["language"] == "sv"

    page.get_by_role("button", name="Undo").click()
    page.wait_for_function("(t) => document.querySelector('h1').innerText === t", arg=title)
    page.get_by_text("Saved: title, show, date, language.").wait_for()

    page.get_by_role("button", name="Details").click()
    page.evaluate(
        """(path) => fetch(path, { method: 'PATCH', body: JSON.stringify({ title: 'Another' }),
          headers: { 'Content-Type': 'application/json' } }).then((answer) => answer.json())""",
        f"/v1/episodes/{episode_id}",
    )
    page.get_by_label("Title").fill("Mine")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Somebody changed this meanwhile: it is “Another”").wait_for()
    assert everyword.json("status", episode_id)["title"] == "Another"


def test_a_speaker_is_named_for_a_whole_episode(
    everyword: Everyword, stack: str, open_page: Open, axe: Axe, tmp_path: Path
) -> None:
    episode_id = add_sample(everyword, tmp_path, "interview", show=tmp_path.name)
    page = open_page(f"{stack}/episodes/{episode_id}")
    correcting(page)
    who = page.locator(".lines .speaker")
    names = who.all_inner_texts()
    who.first.click()
    assert axe(page) == []
    for choice in page.locator("dialog input[type=radio]").all():
        place = choice.bounding_box()
        assert place["width"] == place["height"] <= 24, "a choice stands beside its words"
    page.get_by_label("Name", exact=True).fill("Grace Hopper")
    page.get_by_role("button", name="Save").click()
    saved(page)
    expected = ["Grace Hopper" if name == names[0] else name for name in names]
    assert who.all_inner_texts() == expected
    assert "Grace Hopper" in page.locator(".meta .speakers").inner_text()
    page.reload()
    page.locator("[part=speaker]", has_text="Grace Hopper").first.wait_for()


def test_a_speaker_is_named_from_here_on_and_the_history_takes_it_back(
    everyword: Everyword, stack: str, open_page: Open, axe: Axe, tmp_path: Path
) -> None:
    episode_id = add_sample(everyword, tmp_path, "interview", show=tmp_path.name)
    page = open_page(f"{stack}/episodes/{episode_id}")
    correcting(page)
    who = page.locator(".lines .speaker")
    names = who.all_inner_texts()
    place = next(n for n in range(2, len(names)) if names[n] == names[0])
    who.nth(place).click()
    page.get_by_label("Name", exact=True).fill("A guest")
    page.get_by_label("From here on").check()
    page.get_by_role("button", name="Save").click()
    saved(page)
    changed = who.all_inner_texts()
    assert changed[:place] == names[:place]
    assert all(
        now == "A guest"
        for now, was in zip(changed[place:], names[place:], strict=True)
        if was == names[0]
    )
    page.get_by_role("button", name="History").click()
    history = page.get_by_role("dialog", name="History")
    assert axe(page) == []
    history.get_by_role("button", name="Undo").click()
    page.wait_for_function(
        "(wanted) => JSON.stringify([...document.querySelectorAll('.lines .speaker')]"
        ".map((each) => each.innerText)) === JSON.stringify(wanted)",
        arg=names,
        timeout=60_000,
    )


def test_somebody_else_s_correction_is_shown_and_not_overwritten(
    everyword: Everyword, stack: str, open_page: Open, tmp_path: Path
) -> None:
    episode_id = add_sample(everyword, tmp_path, "archive", show=tmp_path.name)
    page = open_page(f"{stack}/episodes/{episode_id}")
    text = correcting(page)
    everyword("edit", episode_id, "--at", "0.5", "--text", "It was another voice.", "--wait")
    text.nth(0).fill("My own words.")
    text.nth(0).press("Enter")
    page.locator(".notice", has_text="Somebody changed this meanwhile").wait_for(timeout=60_000)
    assert text.nth(0).inner_text() == "It was another voice."


def test_escape_leaves_a_line_as_it_was(
    everyword: Everyword, stack: str, open_page: Open, tmp_path: Path
) -> None:
    episode_id = add_sample(everyword, tmp_path, "archive", show=tmp_path.name)
    page = open_page(f"{stack}/episodes/{episode_id}")
    text = correcting(page)
    before = text.nth(0).inner_text()
    text.nth(0).fill("Nonsense")
    text.nth(0).press("Escape")
    assert text.nth(0).inner_text() == before
    assert page.locator(".notice").is_hidden()


def test_the_player_steps_keeps_its_speed_and_its_place(
    everyword: Everyword, stack: str, open_page: Open, tmp_path: Path
) -> None:
    episode_id = add_sample(everyword, tmp_path, "interview", show=tmp_path.name)
    page = open_page(f"{stack}/episodes/{episode_id}")
    player = "document.querySelector('#player')"
    page.wait_for_function(f"() => {player}.readyState >= 1")
    for _ in range(2):
        page.get_by_role("button", name="15 seconds on").click()
    page.get_by_role("button", name="15 seconds back").click()
    page.wait_for_function(f"() => Math.abs({player}.currentTime - 15) < 0.5")
    page.get_by_label("Speed").select_option("1.5")
    page.locator("h1").click()
    page.keyboard.press(" ")
    page.wait_for_function(
        f"() => !{player}.paused && {player}.currentTime > 15.2", polling=100, timeout=60_000
    )
    page.keyboard.press(" ")
    assert page.evaluate(f"{player}.paused")
    page.get_by_role("button", name="15 seconds on").click()
    page.wait_for_function(
        "() => Object.entries(localStorage)"
        ".some(([key, at]) => key.includes('place') && Number(at) > 20)"
    )
    page.reload()
    page.wait_for_function(f"() => {player}.currentTime > 15")
    assert page.evaluate(f"{player}.playbackRate") == 1.5


def test_text_alone_has_no_player(
    everyword: Everyword, stack: str, open_page: Open, tmp_path: Path
) -> None:
    captions = tmp_path / "text.vtt"
    captions.write_text("WEBVTT\n\n00:01.000 --> 00:03.000\nOnly the words were kept.\n")
    added = everyword.json("add", "--transcript", str(captions), "--wait")
    page = open_page(f"{stack}/episodes/{added['episode_id']}")
    page.get_by_text("This transcript was imported as it is.").wait_for()
    page.locator("[part=paragraph]", has_text="Only the words were kept.").wait_for()
    assert page.locator("audio").count() == 0
