"""<everyword-transcript> and the episode's page around it."""

from collections.abc import Callable
from typing import Any

import pytest
from browser.canned_archive import HOSTILE, Archive, crowded, spoken
from browser.playing import PLAIN_DRAWING, jump, note_starts, plays_from

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
PAINTED = "[...CSS.highlights.get('everyword-{}') ?? []].map(String).join('|')"
PLAYER = "document.querySelector('#player')"


def word_box(page: Any, word: str) -> dict[str, float]:
    """Where a word stands on the screen."""
    box: dict[str, float] = page.evaluate(
        """(word) => {
          const root = document.querySelector('everyword-transcript').shadowRoot;
          for (const { firstChild: node } of root.querySelectorAll('[part=paragraph]')) {
            const at = node.data.indexOf(word);
            if (at < 0) continue;
            const range = new Range();
            range.setStart(node, at);
            range.setEnd(node, at + word.length);
            node.parentElement.scrollIntoView({ block: 'center' });
            const { x, y, width, height } = range.getBoundingClientRect();
            return { x: x + width / 2, y: y + height / 2 };
          }
        }""",
        word,
    )
    return box


def opened(open_page: Open, address: str, **options: Any) -> Any:
    page = open_page(address, **options)
    page.locator("everyword-transcript [part=paragraph]").first.wait_for()
    return page


def said(page: Any, text: str) -> None:
    page.locator("everyword-transcript .sr[role=status]", has_text=text).wait_for(state="attached")


def start_of(archive: Archive, word: str) -> float:
    words = archive.episodes["interview"].transcript.words()
    return next(each.start for each in words if each.word.startswith(word))


def test_a_click_on_a_word_plays_it(archive: Archive, open_page: Open) -> None:
    page = opened(open_page, f"{archive.url}/episodes/interview", still=True)
    note_starts(page)
    box = word_box(page, "conversation")
    page.mouse.click(box["x"], box["y"])
    word = start_of(archive, "conversation")
    plays_from(page, word - 0.35, word)
    jump(page, PLAYER, word + 0.01)
    page.wait_for_function(f"() => {PAINTED.format('spoken')} === 'conversation?'")
    page.get_by_role("button", name="Copy link to 0:24").wait_for()


def test_selecting_text_does_not_play(archive: Archive, open_page: Open) -> None:
    page = opened(open_page, f"{archive.url}/episodes/interview")
    box = word_box(page, "welcome")
    page.mouse.move(box["x"], box["y"])
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"], steps=4)
    page.mouse.up()
    assert "to the" in page.evaluate("String(getSelection())")
    page.wait_for_timeout(300)
    assert page.evaluate(f"{PLAYER}.currentTime") == 0


def test_it_follows_playback_until_the_reader_scrolls(archive: Archive, open_page: Open) -> None:
    # Without smooth scrolling: it comes to rest at once.
    page = opened(
        open_page, f"{archive.url}/episodes/interview", height=500, reduced_motion="reduce"
    )
    follow = page.get_by_role("button", name="Follow along")
    assert follow.get_attribute("aria-pressed") == "true"
    page.evaluate(f"{PLAYER}.currentTime = 80")
    page.wait_for_function("() => scrollY > 300")
    page.mouse.move(300, 250)
    page.mouse.wheel(0, -2000)
    page.wait_for_function("() => scrollY === 0")
    assert follow.get_attribute("aria-pressed") == "false"
    page.evaluate(f"{PLAYER}.currentTime = 85")
    page.wait_for_function(f"() => {PAINTED.format('spoken')} !== ''")
    page.wait_for_timeout(500)
    assert page.evaluate("scrollY") == 0
    follow.click()
    page.wait_for_function("() => scrollY > 300")


def test_words_can_be_reached_by_keys(archive: Archive, open_page: Open) -> None:
    page = opened(open_page, f"{archive.url}/episodes/interview", still=True)
    note_starts(page)
    page.locator("everyword-transcript [part=text]").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(PAINTED.format("cursor")) == "welcome"
    spoken_aloud = page.locator("everyword-transcript .sr[role=status]")
    assert spoken_aloud.inner_text() == "welcome, 0:00"
    page.keyboard.press("Enter")
    word = start_of(archive, "welcome")
    plays_from(page, max(0, word - 0.35), word)


def test_arrows_go_the_way_of_the_script(archive: Archive, open_page: Open) -> None:
    page = opened(open_page, f"{archive.url}/episodes/hebrew")
    page.locator("everyword-transcript [part=text]").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(PAINTED.format("cursor")) == "לכולם"


def test_finding_counts_steps_and_marks(archive: Archive, open_page: Open) -> None:
    page = opened(open_page, f"{archive.url}/episodes/interview")
    find = page.get_by_role("searchbox", name="Find in this transcript")
    find.fill("FOGHORN")
    place = page.locator("everyword-transcript .place")
    assert place.inner_text() == "1 of 5"
    assert page.evaluate(PAINTED.format("find")).count("foghorn") == 5
    find.press("Enter")
    assert place.inner_text() == "2 of 5"
    find.press("Shift+Enter")
    find.press("Shift+Enter")
    assert place.inner_text() == "5 of 5"
    page.get_by_role("button", name="Next match").click()
    assert place.inner_text() == "1 of 5"
    find.fill("lighthouse keep")
    assert page.evaluate(PAINTED.format("find")) == "lighthouse keeper,|lighthouse keeper."
    find.fill("house")
    assert page.evaluate(PAINTED.format("find")) == "house", "words, not parts of words"
    find.fill("zebra")
    assert place.inner_text() == "Not found"
    find.press("Escape")
    assert page.evaluate(PAINTED.format("find")) == ""


def test_finding_folds_accents_and_needs_no_spaces(archive: Archive, open_page: Open) -> None:
    archive.episodes["e"] = spoken("e", "E", ("Ann", "Café Škoda naïve it\u2019s 10,000"))
    page = opened(open_page, f"{archive.url}/episodes/e")
    find = page.get_by_role("searchbox", name="Find in this transcript")
    for typed, found in [("cafe", "Café"), ("skoda NAIVE", "Škoda naïve"), ("its", "it\u2019s")]:
        find.fill(typed)
        assert page.evaluate(PAINTED.format("find")) == found
    page = opened(open_page, f"{archive.url}/episodes/japanese")
    page.get_by_role("searchbox", name="Find in this transcript").fill("霧笛")
    assert page.evaluate(PAINTED.format("find")) == "霧笛"


def test_a_link_to_a_moment_goes_there(archive: Archive, open_page: Open) -> None:
    at = start_of(archive, "difficult")
    page = opened(open_page, f"{archive.url}/episodes/interview#t={at:g}", height=500, still=True)
    page.wait_for_function(f"() => Math.abs({PLAYER}.currentTime - {at - 0.3}) < 0.01")
    assert page.evaluate(f"{PLAYER}.paused"), "nobody asked for sound"
    assert page.evaluate(PAINTED.format("cursor")) == "difficult"
    page.wait_for_function("() => scrollY > 300")
    page.evaluate("location.hash = 't=0.42'")
    page.wait_for_function(f"() => !{PLAYER}.paused && {PLAYER}.currentTime < 5")


def test_a_hit_leads_to_its_word_and_plays(archive: Archive, open_page: Open) -> None:
    archive.host_page = archive.host_page.replace(
        "<everyword-search", '<everyword-search player="none"'
    )
    page = open_page(f"{archive.url}/host?q=difficult", still=True)
    page.locator(".hit").first.click()
    page.wait_for_url("**/episodes/interview#t=*")
    page.wait_for_function(f"() => !{PLAYER}.paused && {PLAYER}.currentTime")
    jump(page, PLAYER, start_of(archive, "difficult") + 0.01)
    page.wait_for_function(f"() => {PAINTED.format('spoken')} === 'difficult'")


def test_a_link_can_be_copied(archive: Archive, open_page: Open) -> None:
    page = opened(
        open_page,
        f"{archive.url}/episodes/interview?t=3#t=26.32",
        permissions=["clipboard-read", "clipboard-write"],
    )
    page.get_by_role("button", name="Copy link to 0:26").click()
    said(page, "Link to 0:26 copied")  # the button says so for a moment only
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{archive.url}/episodes/interview#t=26.32"


def test_without_a_clipboard_the_address_bar_has_it(archive: Archive, open_page: Open) -> None:
    page = opened(open_page, f"{archive.url}/episodes/interview")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    page.get_by_role("button", name="Copy link to 0:00").click()
    said(page, "The address bar now holds the link to 0:00")
    assert page.url.endswith("#t=0.42")


def test_the_caption_spoken_now_stands_above_the_player(archive: Archive, open_page: Open) -> None:
    page = opened(open_page, f"{archive.url}/episodes/interview", still=True)
    box = word_box(page, "conversation")
    page.mouse.click(box["x"], box["y"])
    page.wait_for_function(f"() => !{PLAYER}.paused && {PLAYER}.currentTime")
    jump(page, PLAYER, start_of(archive, "conversation") + 0.01)
    caption = page.locator(".caption", has_text="one sentence in ten thousand hours")
    caption.wait_for()


def test_the_text_stays_when_the_words_do_not_come(archive: Archive, open_page: Open) -> None:
    archive.fail = 503
    page = open_page(f"{archive.url}/episodes/interview")
    page.get_by_role("alert").wait_for()
    assert page.get_by_text("every window in the house would shake").is_visible()
    archive.fail = 0
    page.get_by_role("button", name="Try again").click()
    page.locator("everyword-transcript [part=paragraph]").first.wait_for()


def test_silence_is_said(archive: Archive, open_page: Open) -> None:
    archive.episodes["silent"] = spoken("silent", "Silence")
    page = open_page(f"{archive.url}/episodes/silent")
    page.locator("everyword-transcript [role=status]").wait_for()
    said = page.locator("everyword-transcript [role=status]").inner_text()
    assert said == "Nothing was said in this recording."


def test_hostile_text_is_only_text(archive: Archive, open_page: Open) -> None:
    page = opened(open_page, f"{archive.url}/episodes/hostile")
    text = page.locator("everyword-transcript [part=text]").inner_text()
    assert f"Mallory {HOSTILE}" in text
    assert "& <b>bold</b>" in text
    assert page.locator("main img, main b, main i").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0
    assert HOSTILE in page.title()


@pytest.mark.slow
def test_a_hundred_thousand_words_stay_light(archive: Archive, open_page: Open) -> None:
    archive.episodes["long"] = crowded(1, 200_000)[0]
    page = open_page(f"{archive.url}/host")
    plain_ms, took_ms = page.evaluate(
        f"""async () => {{
          const plain = {PLAIN_DRAWING};
          await import('/widget/everyword-transcript.js');
          const form = await (await fetch('/v1/episodes/long/transcript')).text();
          window.fetch = async () => new Response(form);
          const element = document.createElement('everyword-transcript');
          element.setAttribute('src', '/x');
          document.querySelector('main').append(element);
          const started = performance.now();
          while (!element.shadowRoot.querySelector('.turn')) {{
            await new Promise((next) => setTimeout(next));
          }}
          element.shadowRoot.querySelector('.text').getBoundingClientRect();
          const took = performance.now() - started;
          return [Math.min(plain(), plain(), plain()), took];
        }}"""
    )
    assert page.locator("everyword-transcript .turn").count() > 1000
    assert took_ms < 20 * plain_ms, (took_ms, plain_ms)
