"""The whole thread in a browser: add a recording, see it work, find a word, hear it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser.canned_archive import SAMPLES
from browser.playing import jump, note_starts, plays_from
from browser.real_archive import add_sample, static_files

from support.clips import clip
from support.stack import Everyword

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
READY_MS = 90_000
README = Path(__file__).parents[2] / "README.md"


def test_find_a_word_hear_it_and_read_on(
    everyword: Everyword, stack: str, open_page: Open, tmp_path: Path
) -> None:
    episode_id = add_sample(everyword, tmp_path, "interview")
    add_sample(everyword, tmp_path, "archive")
    truth = json.loads((SAMPLES / "interview.json").read_text())
    words = [word for sentence in truth["sentences"] for word in sentence["words"]]
    start = next(word["start"] for word in words if word["word"] == "foghorn")

    page = open_page(stack, still=True)
    note_starts(page)
    page.get_by_role("combobox", name="Search every spoken word").fill("foghorn")
    page.get_by_text("8 times in 2 episodes").wait_for()
    hit = page.locator(".hit", has_text="0:17")
    hit.click()
    plays_from(page, start - 0.35, start)

    page.goto(hit.get_attribute("href"))
    assert page.url == f"{stack}/episodes/{episode_id}#t={start:g}"
    player = "document.querySelector('#player')"
    page.wait_for_function(f"() => Math.abs({player}.currentTime - {start - 0.3}) < 0.05")
    page.wait_for_function("() => [...CSS.highlights.get('everyword-cursor')][0] == 'foghorn'")
    page.evaluate(f"{player}.play()")
    jump(page, player, start + 0.01)
    page.locator(".caption", has_text="the foghorn was so loud").wait_for()


def test_two_lines_of_the_readme_find_and_play_a_phrase_on_any_page(
    everyword: Everyword, stack: str, open_page: Open, tmp_path: Path
) -> None:
    add_sample(everyword, tmp_path, "archive")
    example = re.search(r"```html\n(.*?)```", README.read_text(), re.DOTALL)
    assert example is not None
    lines = example[1].replace("http://127.0.0.1:8080", stack)
    assert len(lines.splitlines()) == 2
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(f"<!doctype html>\n<title>My show</title>\n{lines}")
    with static_files(site) as address:
        page = open_page(address)
        box = page.get_by_role("combobox", name="Search every spoken word")
        box.wait_for()
        note_starts(page)
        box.fill('"nothing but potatoes"')
        page.get_by_text("1 time in 1 episode").wait_for()
        hit = page.locator(".hit")
        assert hit.locator("mark").inner_text() == "nothing but potatoes."
        hit.click()
        plays_from(page, 38, 41)
        audio = "document.querySelector('everyword-search').shadowRoot.querySelector('audio')"
        page.wait_for_function(f"() => !{audio}.paused && {audio}.currentTime > 41")
        assert hit.get_attribute("href").startswith(f"{stack}/episodes/")
        page.set_viewport_size({"width": 320, "height": 640})
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") == 0, "nothing sticks out"


@pytest.mark.slow
def test_a_recording_dropped_on_the_page_is_soon_found(
    stack: str, open_page: Open, tmp_path: Path
) -> None:
    recording = clip("archive.opus", tmp_path / "storm.wav", start=2.5, seconds=4.2)
    page = open_page(stack)
    page.get_by_role("button", name="Choose files").click()
    page.set_input_files("#files", [recording])
    page.get_by_role("button", name="Add", exact=True).click()
    row = page.locator(".episode[data-state=ready]", has_text="storm")
    row.wait_for(timeout=READY_MS)
    page.get_by_role("combobox", name="Search every spoken word").fill("terrible storm")
    page.get_by_text("1 time in 1 episode").wait_for()
    assert page.locator(".hit mark").first.inner_text() == "terrible storm"


@pytest.mark.slow
def test_captions_dropped_on_the_page_are_found_and_warned_of(
    stack: str, open_page: Open, tmp_path: Path
) -> None:
    captions = tmp_path / "harbour.srt"
    cue = "1\n00:00:01,000 --> 00:00:03,000\nPelicans nest here, {}\n\n"
    captions.write_bytes(cue.format("señor").encode("latin-1"))
    page = open_page(stack)
    page.get_by_role("button", name="Choose files").click()
    page.set_input_files("#files", [captions])
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator(".episode[data-state=ready]", has_text="harbour").wait_for(timeout=READY_MS)
    assert "harbour.srt: " in page.locator("#note").inner_text()
    page.get_by_role("combobox", name="Search every spoken word").fill("pelicans nest")
    page.get_by_text("1 time in 1 episode").wait_for()


@pytest.mark.slow
def test_what_is_not_audio_fails_in_words(stack: str, open_page: Open, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp3"
    text.write_text("these are notes, not a recording\n" * 50)
    page = open_page(stack)
    page.get_by_role("button", name="Choose files").click()
    page.set_input_files("#files", [text])
    page.get_by_role("button", name="Add", exact=True).click()
    row = page.locator(".episode[data-state=failed]", has_text="notes")
    row.wait_for(timeout=READY_MS)
    assert "audio" in row.locator(".failure").inner_text()
    assert row.get_by_role("button", name="Try again").count() == 0
    row.get_by_role("button", name="Remove notes").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_text("Nothing here yet.").wait_for()


def test_pages_without_scripts_come_from_the_real_archive(
    everyword: Everyword, stack: str, open_page: Open, tmp_path: Path
) -> None:
    add_sample(everyword, tmp_path, "archive")
    page = open_page(f"{stack}/search?q=potatoes", java_script_enabled=False)
    page.get_by_role("link", name="potatoes").click()
    assert page.locator("main mark").inner_text().startswith("potatoes")
    page.goto(f"{stack}/search?q=%22open")
    assert page.get_by_text("a quotation mark is not closed").is_visible()
    page.goto(f"{stack}/episodes/none")
    assert page.get_by_role("heading", name="There is no such episode").is_visible()
