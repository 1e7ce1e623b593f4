"""<everyword-search> plays what it found, in its own player or the page's."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from browser.canned_archive import Archive
from browser.playing import jump, note_starts, plays_from

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
Embed = Callable[[str], str]
OWN_PLAYER = "document.querySelector('everyword-search').shadowRoot.querySelector('audio')"
PAINTED = "[...CSS.highlights.get('{}') ?? []].map(String).join('|')"


def word_at(archive: Archive, episode: str, seconds: float) -> str:
    words = list(archive.episodes[episode].transcript.words())
    return next(w.word for w in reversed(words) if w.start <= seconds)


def start_of(archive: Archive, episode: str, word: str, *, after: float = 0.0) -> float:
    words = archive.episodes[episode].transcript.words()
    return next(w.start for w in words if w.word.startswith(word) and w.start >= after)


def test_a_hit_plays_from_just_before_its_word(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn", still=True)
    note_starts(page)
    page.locator(".hit").first.click()
    word = start_of(archive, "interview", "foghorn")
    plays_from(page, word - 0.35, word)
    page.locator(".hit").nth(3).click()
    word = start_of(archive, "archive", "foghorn")
    plays_from(page, word - 0.35, word)
    assert page.url.endswith("/host?q=foghorn"), "it played here, it did not follow the link"
    assert any(each.startswith("/media/interview?") for each in archive.asked)


def test_the_word_being_spoken_is_painted(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn", still=True)
    note_starts(page)
    page.locator(".hit").first.click()
    at = start_of(archive, "interview", "foghorn")
    plays_from(page, at - 0.35, at)
    painted = PAINTED.format("everyword-now")
    for word in ("foghorn", "was"):
        at = start_of(archive, "interview", word, after=at)
        jump(page, OWN_PLAYER, at + 0.01)
        page.wait_for_function(f"(word) => {painted} === word", arg=word)
    page.evaluate(f"{OWN_PLAYER}.pause()")
    jump(page, OWN_PLAYER, 36.9)
    page.locator(".hit[aria-current]", has_text="0:36").wait_for()
    head = page.locator("article[data-episode=interview] .strip line")
    assert float(head.get_attribute("x1")) == pytest.approx(37.2 / 90.331 * 1000, abs=5)


def strip_of(page: Any, episode: str) -> Any:
    return page.locator(f"article[data-episode={episode}]").get_by_role(
        "slider", name="Where it is said"
    )


def test_a_mark_on_the_strip_plays_its_hit(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn", still=True)
    note_starts(page)
    strip = strip_of(page, "interview")
    wide = strip.bounding_box()["width"]
    length = archive.episodes["interview"].transcript.duration_s
    # Between two marks the nearer one is meant. 36.6 s is the third hit, 68.8 s the fourth.
    strip.click(position={"x": 38.5 / length * wide, "y": 12})
    plays_from(page, 35.9, 36.7)
    third = page.locator("article[data-episode=interview] .hit").nth(2)
    assert third.get_attribute("aria-current") == "true"
    strip.click(position={"x": 68.5 / length * wide, "y": 12})
    plays_from(page, 68.1, 68.9)  # not in the list yet
    assert page.locator(".hit[aria-current]").count() == 0
    page.wait_for_function(
        "() => document.querySelector('everyword-search').shadowRoot"
        ".querySelector('.strip line').getAttribute('x1') > 750"
    )
    page.get_by_role("button", name="2 more").click()
    jump(page, OWN_PLAYER, start_of(archive, "interview", "foghorn", after=68) + 0.01)
    page.locator(".hit[aria-current]", has_text="1:08").wait_for()


def test_the_strip_is_walked_by_keys(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn", still=True)
    note_starts(page)
    strip = strip_of(page, "interview")
    strip.focus()
    assert strip.get_attribute("aria-valuetext") == "1 of 5, 0:17"
    page.keyboard.press("ArrowRight")
    plays_from(page, 33.8, 34.6)
    assert strip.get_attribute("aria-valuenow") == "2"
    page.keyboard.press("End")
    plays_from(page, 69, 80)
    assert strip.get_attribute("aria-valuetext").startswith("5 of 5, 1:1")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    plays_from(page, 17, 18)
    assert strip.get_attribute("aria-valuenow") == "1", "there is nothing before the first"
    page.keyboard.press("ArrowDown")
    focused = "document.querySelector('everyword-search').shadowRoot.activeElement.className"
    assert page.evaluate(focused) == "hit"


def test_the_strip_leads_to_the_page_where_nothing_plays(
    archive: Archive, embed: Embed, open_page: Open
) -> None:
    page = open_page(f"{embed('<everyword-search player=none></everyword-search>')}?q=foghorn")
    strip_of(page, "interview").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{archive.url}/episodes/interview#t=17.673")


def test_the_page_may_play_it_itself(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn")
    page.evaluate(
        """document.addEventListener('everyword:seek', (event) => {
          event.preventDefault();
          window.asked = event.detail;
        })"""
    )
    page.locator(".hit").first.click()
    asked = page.evaluate("window.asked")
    assert asked["episode"] == "interview"
    assert asked["word"] == "foghorn"
    assert asked["start"] == start_of(archive, "interview", "foghorn")
    assert asked["end"] > asked["start"]
    assert page.evaluate(f"{OWN_PLAYER}") is None
    assert page.locator(".hit[aria-current]").count() == 1


def test_a_player_on_the_page_is_used(archive: Archive, embed: Embed, open_page: Open) -> None:
    body = '<audio id=p></audio><everyword-search player="#p"></everyword-search>'
    page = open_page(f"{embed(body)}?q=potatoes", still=True)
    note_starts(page)
    page.locator(".hit").first.click()
    word = start_of(archive, "archive", "potatoes")
    plays_from(page, word - 0.35, word)
    assert page.evaluate("p.currentSrc").endswith("/media/archive")


def test_a_recording_of_the_page_own_is_kept(
    archive: Archive, embed: Embed, open_page: Open
) -> None:
    body = (
        '<audio id=p src="/media/archive?own"></audio>'
        '<everyword-search player="#p" episode="archive"></everyword-search>'
    )
    page = open_page(f"{embed(body)}?q=foghorn")
    page.locator(".hit").first.click()
    page.wait_for_function("() => !p.paused && p.currentTime > 1")
    assert page.evaluate("p.currentSrc").endswith("/media/archive?own")


def test_without_a_player_hits_are_links(archive: Archive, embed: Embed, open_page: Open) -> None:
    address = embed('<everyword-search player="none"></everyword-search>')
    page = open_page(f"{address}?q=foghorn")
    page.locator(".hit").first.click()
    page.wait_for_url(f"{archive.url}/episodes/interview#t=17.673")


def test_a_click_with_ctrl_opens_the_link(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn")
    with page.context.expect_page() as opened:
        page.locator(".hit").first.click(modifiers=["Control"])
    assert opened.value.url == f"{archive.url}/episodes/interview#t=17.673"
    assert page.evaluate(OWN_PLAYER) is None


def test_a_recording_that_is_not_there_leaves_a_link(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=灯")
    page.locator(".hit").first.click()
    page.get_by_text("This cannot be played here.").wait_for()
    link = page.get_by_role("link", name="Open the episode")
    address = link.get_attribute("href")
    assert address.startswith(f"{archive.url}/episodes/japanese#t=")
    page.wait_for_function(f"{OWN_PLAYER}.hidden")
    page.locator(".hit").last.click()
    page.get_by_text("This cannot be played here.").wait_for()
    page.wait_for_function(f"{OWN_PLAYER}.hidden")


def test_youtube_is_steered_by_messages_alone(
    archive: Archive, embed: Embed, open_page: Open
) -> None:
    archive.policy = "frame-src https://www.youtube-nocookie.com"
    body = (
        '<iframe id=yt src="https://www.youtube-nocookie.com/embed/x?enablejsapi=1"></iframe>'
        '<everyword-search player="#yt"></everyword-search>'
    )
    address = embed(body)
    page = open_page("about:blank")
    page.route(
        "https://www.youtube-nocookie.com/**",
        lambda route: route.fulfill(
            content_type="text/html",
            body="""<script>
              window.heard = [];
              addEventListener('message', ({ data, source, origin }) => {
                const message = JSON.parse(data);
                heard.push(message);
                const at = { event: 'infoDelivery', info: { currentTime: 18.0 } };
                if (message.event === 'listening') source.postMessage(JSON.stringify(at), origin);
              });
            </script>""",
        ),
    )
    page.goto(f"{address}?q=foghorn")
    page.locator(".hit").first.click()
    page.wait_for_function(f"() => {PAINTED.format('everyword-now')} === 'foghorn'")
    frame = next(each for each in page.frames if "youtube" in each.url)
    heard = frame.evaluate("window.heard")
    seek = next(each for each in heard if each.get("func") == "seekTo")
    assert seek["args"] == [pytest.approx(17.373), True]
    assert "playVideo" in [each.get("func") for each in heard]


def test_podlove_is_steered_through_its_store(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn")
    page.evaluate(
        """() => {
          const tell = [];
          window.actions = [];
          document.querySelector('everyword-search').player = {
            dispatch: (action) => window.actions.push(action),
            subscribe: (callback) => { tell.push(callback); return () => {}; },
            getState: () => ({ timepiece: { playtime: 18000 } }),
          };
          window.play = () => tell.forEach((callback) => callback());
        }"""
    )
    page.locator(".hit").first.click()
    page.wait_for_function("() => window.actions.length === 2")
    assert page.evaluate("JSON.stringify(window.actions)") == json.dumps(
        [
            {"type": "PLAYER_REQUEST_PLAYTIME", "payload": 17373},
            {"type": "PLAYER_REQUEST_PLAY"},
        ],
        separators=(",", ":"),
    )
    page.evaluate("window.play()")
    assert page.evaluate(PAINTED.format("everyword-now")) == word_at(archive, "interview", 18.0)
