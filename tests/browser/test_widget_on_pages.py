"""<everyword-search> on other people's pages: their light, language, policy, and other widgets."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from browser.canned_archive import Archive

from search.widget_files import widget_path

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
Axe = Callable[[Any], list[str]]

PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A page of somebody else</title>
<style>{style}</style>
<script type="module" src="/widget/everyword-search.js"></script>
<script type="module" src="/widget/everyword-transcript.js"></script>
</head>
<body><main><h1>Listen</h1>{body}</main></body>
</html>"""
BOX = "<everyword-search></everyword-search>"
SPOKEN_COLOR = """() => getComputedStyle(document.querySelector('everyword-search')
  .shadowRoot.querySelector('[part=root]')).color"""
DARK_TEXT, LIGHT_TEXT = "rgb(29, 27, 24)", "rgb(237, 234, 228)"


@pytest.fixture
def page_of(archive: Archive) -> Callable[..., str]:
    """Write a page without any of the archive's own looks; returns its address."""

    def put(body: str = BOX, style: str = "", lang: str = "en") -> str:
        archive.policy = "default-src 'self'; style-src 'self' 'unsafe-inline'"
        archive.host_page = PAGE.format(body=body, style=style, lang=lang)
        return f"{archive.url}/host"

    return put


def box(page: Any, index: int = 0) -> Any:
    return page.locator("everyword-search [part=input]").nth(index)


def says(page: Any, text: str) -> None:
    page.locator("everyword-search [part=status]", has_text=text).wait_for()


PAINTED = {
    "dark": ("body{background:#101418;color:#ddd}", "light", LIGHT_TEXT),
    "dark oklch": ("body{background:oklch(0.2 0.02 250);color:#ddd}", "light", LIGHT_TEXT),
    "light in a dark system": ("body{background:#fff}", "dark", DARK_TEXT),
    "dark part": ("main{background:rgb(20 20 20 / .95);color:#fff}", "light", LIGHT_TEXT),
    "gradient": ("main{background:linear-gradient(#112,#000);color:#eee}", "light", LIGHT_TEXT),
    "plain": ("", "light", DARK_TEXT),
    "own": (":root{color-scheme:light dark;background:Canvas}", "dark", LIGHT_TEXT),
}
QUICK = ("dark", "light in a dark system")
"""One of each kind; the others are slow."""


@pytest.mark.parametrize(
    ("style", "prefers", "color"),
    [
        pytest.param(*painted, id=name, marks=() if name in QUICK else pytest.mark.slow)
        for name, painted in PAINTED.items()
    ],
)
def test_it_reads_on_what_the_page_paints(  # noqa: PLR0917 - fixtures and cases
    page_of: Callable[..., str], open_page: Open, axe: Axe, style: str, prefers: str, color: str
) -> None:
    page = open_page(page_of(style=style) + "?q=foghorn", color_scheme=prefers)
    says(page, "8 times in 2 episodes")
    assert page.evaluate(SPOKEN_COLOR) == color
    assert axe(page) == []


def test_it_follows_a_switch_of_the_page(page_of: Callable[..., str], open_page: Open) -> None:
    style = "body{background:#fff} .night body{background:#111}"
    page = open_page(page_of(style=style), color_scheme="light")
    box(page).wait_for()
    assert page.evaluate(SPOKEN_COLOR) == DARK_TEXT
    page.evaluate("document.documentElement.classList.add('night')")
    page.wait_for_function(f"({SPOKEN_COLOR})() === '{LIGHT_TEXT}'")


def test_a_stated_theme_wins(page_of: Callable[..., str], open_page: Open) -> None:
    body = '<everyword-search theme="light"></everyword-search>'
    page = open_page(page_of(body=body, style="body{background:#111}"))
    box(page).wait_for()
    assert page.evaluate(SPOKEN_COLOR) == DARK_TEXT


def test_a_transcript_reads_on_a_dark_page_too(
    page_of: Callable[..., str], open_page: Open
) -> None:
    body = '<everyword-transcript src="/v1/episodes/interview/transcript"></everyword-transcript>'
    page = open_page(page_of(body=body, style="body{background:#101418}"), color_scheme="light")
    text = page.locator("everyword-transcript [part=text]")
    text.wait_for()
    assert text.evaluate("each => getComputedStyle(each).color") == LIGHT_TEXT


@pytest.mark.parametrize("element", ["search", "transcript"])
def test_a_page_s_frame_for_the_focus_is_not_drawn_around_all_of_it(
    page_of: Callable[..., str], open_page: Open, element: str
) -> None:
    """An element has the focus where anything within it has; many themes outline that."""
    body = (
        BOX
        + '<everyword-transcript src="/v1/episodes/interview/transcript"></everyword-transcript>'
    )
    page = open_page(page_of(body=body, style="body *:focus{outline:2px solid red}"))
    box(page).focus()
    host = page.locator(f"everyword-{element}")
    if element == "transcript":
        host.locator("[part=text]").wait_for()
        host.evaluate("each => each.shadowRoot.querySelector('a,button,input').focus()")
    assert host.evaluate("each => each.matches(':focus')")
    assert host.evaluate("each => getComputedStyle(each).outlineStyle") == "none"


def test_a_half_typed_word_finds_what_begins_so(
    page_of: Callable[..., str], open_page: Open
) -> None:
    page = open_page(page_of())
    box(page).press_sequentially("fogho")
    says(page, "8 times in 2 episodes")
    assert page.get_by_text("Not said exactly so").count() == 0
    box(page).press("Enter")
    says(page, "No one says “fogho” here.")


def test_widgets_on_one_page_have_addresses_of_their_own(
    page_of: Callable[..., str], open_page: Open
) -> None:
    page = open_page(page_of(body=BOX + BOX) + "?q=foghorn&q2=potatoes")
    page.wait_for_function(
        "() => [...document.querySelectorAll('everyword-search')].every((each) => each.found?.hits)"
    )
    assert [box(page, each).input_value() for each in (0, 1)] == ["foghorn", "potatoes"]
    box(page, 1).fill("storm")
    box(page, 1).press("Enter")
    page.wait_for_url("**/host?q=foghorn&q2=storm")
    assert box(page, 0).input_value() == "foghorn"


@pytest.mark.parametrize(
    "keys", ["Control+k", *(pytest.param(each, marks=pytest.mark.slow) for each in ("Meta+k", "/"))]
)
def test_a_search_behind_a_button(
    page_of: Callable[..., str], open_page: Open, axe: Axe, keys: str
) -> None:
    body = '<everyword-search modal></everyword-search><p><input aria-label="Other"></p>'
    page = open_page(page_of(body=body))
    page.get_by_role("button", name="Search", exact=True).wait_for()
    assert not box(page).is_visible()
    page.keyboard.press(keys)
    box(page).fill("foghorn")
    says(page, "8 times in 2 episodes")
    assert axe(page) == []
    page.keyboard.press("Escape")
    assert box(page).input_value() == ""
    page.keyboard.press("Escape")
    box(page).wait_for(state="hidden")
    page.get_by_role("button", name="Search", exact=True).click()
    assert box(page).is_visible()


def test_recent_searches_are_offered_and_stay_here(
    archive: Archive, page_of: Callable[..., str], open_page: Open
) -> None:
    page = open_page(page_of())
    for query in ("foghorn", "potatoes"):
        box(page).fill(query)
        box(page).press("Enter")
        page.locator(".hit").first.wait_for()
        page.wait_for_function(
            "(query) => localStorage.getItem('everyword-recent')?.includes(query)", arg=query
        )
    page.goto(f"{archive.url}/host")
    box(page).click()
    offered = page.get_by_role("listbox", name="Recent searches").get_by_role("option")
    assert offered.all_inner_texts() == ["potatoes", "foghorn"]
    offered.nth(1).click()
    says(page, "8 times in 2 episodes")


def test_recent_searches_can_be_left_out(page_of: Callable[..., str], open_page: Open) -> None:
    page = open_page(page_of(body='<everyword-search recent="off"></everyword-search>'))
    box(page).fill("foghorn")
    box(page).press("Enter")
    says(page, "8 times in 2 episodes")
    assert page.evaluate("localStorage.length") == 0


def test_a_policy_that_blocks_it_is_named(archive: Archive, browser: Any) -> None:
    archive.host_page = PAGE.format(body=BOX, style="", lang="en")
    archive.policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'none'"
    page = browser.new_page()
    page.goto(f"{archive.url}/host?q=foghorn")
    alert = page.get_by_role("alert", name="")
    page.get_by_text(f"forbids asking {archive.url}: add it to connect-src").wait_for()
    assert alert.count() == 1
    page.close()


def test_what_was_perhaps_said_stands_apart(
    archive: Archive, page_of: Callable[..., str], open_page: Open, axe: Axe
) -> None:
    archive.misheard = {"foghorn": "storm"}
    page = open_page(page_of() + "?q=foghorn")
    says(page, "8 times in 2 episodes")
    perhaps = page.locator("everyword-search [part=perhaps]")
    perhaps.get_by_role("heading", name="Perhaps also here").wait_for()
    assert perhaps.locator("mark").first.inner_text().lower().startswith("storm")
    assert axe(page) == []
    box(page).fill("potatoes")
    says(page, "1 time in 1 episode")
    assert perhaps.count() == 0


def test_titles_are_a_group_of_their_own(
    page_of: Callable[..., str], open_page: Open, axe: Axe
) -> None:
    page = open_page(page_of() + "?q=lighthouse")
    titles = page.locator("everyword-search [part=titles]")
    titles.get_by_role("heading", name="In titles").wait_for()
    link = titles.get_by_role("link", name="Margaret, daughter of the lighthouse keeper")
    assert link.get_attribute("href").endswith("/episodes/archive")
    assert axe(page) == []


LANGUAGES = sorted(each.stem for each in (widget_path() / "strings").glob("*.json"))


@pytest.mark.parametrize(
    "language",
    [LANGUAGES[0], *(pytest.param(each, marks=pytest.mark.slow) for each in LANGUAGES[1:])],
)
def test_it_speaks_the_page_s_language(
    page_of: Callable[..., str], open_page: Open, language: str
) -> None:
    words = json.loads((widget_path() / "strings" / f"{language}.json").read_text())
    page = open_page(page_of(lang=language) + "?q=foghorn")
    page.locator(".hit").first.wait_for()
    assert box(page).get_attribute("aria-label") == words["search"]["label"]
    status = page.locator("everyword-search [part=status]").inner_text()
    assert "{" not in status
    assert "episodes" not in status
