"""What everyone needs of every page: contrast, size, direction, modes, and no leak of styles."""

from collections.abc import Callable
from typing import Any

import pytest
from browser.canned_archive import Archive, state

from support.waiting import until

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
Axe = Callable[[Any], list[str]]
Embed = Callable[[str], str]

ADDRESSES = {
    "results": "/host?q=foghorn",
    "corrected": "/host?q=foghron",
    "nothing": "/host?q=zebra&speaker=Helen",
    "archive": "/",
    "status": "/status",
    "transcript": "/episodes/interview",
    "transcript right to left": "/episodes/hebrew",
    "results page": "/search?q=foghorn",
}
QUICK = ("results", "archive", "transcript")
"""One of each kind; the others are slow."""


def settled(page: Any) -> None:
    """Wait until a page that was opened asks for nothing any more; later it tells nothing."""
    page.wait_for_load_state("networkidle")


@pytest.fixture
def busy(archive: Archive) -> Archive:
    archive.states = [
        state("1", "At work", "transcribing", progress={"fraction": 0.4, "eta_s": 30}),
        state("2", "Failed", "failed", error={"code": "x", "message": "not audio", "hint": "ask"}),
        state("interview", "Ready", "ready", duration_s=90.0, speakers=["Helen"]),
    ]
    return archive


SMALL = """() => {
  const found = [];
  const look = (root) => {
    for (const each of root.querySelectorAll('*')) {
      if (each.shadowRoot) look(each.shadowRoot);
      if (!each.matches('a,button,input,select,summary')) continue;
      const inText = getComputedStyle(each).display === 'inline';
      const { width, height } = each.getBoundingClientRect();
      const shown = each.checkVisibility() && width && !each.matches('.skip');
      if (shown && !inText && (width < 24 || height < 24)) found.push(each.outerHTML);
    }
  };
  look(document);
  return found;
}"""
STYLED = """() => {
  const look = (root) => [...root.querySelectorAll('*')].flatMap((each) => [
    ...(each.hasAttribute('style') || each.localName === 'style' ? [each.outerHTML] : []),
    ...(each.shadowRoot ? look(each.shadowRoot) : []),
  ]);
  return look(document);
}"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(address, id=name, marks=() if name in QUICK else pytest.mark.slow)
        for name, address in ADDRESSES.items()
    ],
)
def test_every_page_is_for_everyone(busy: Archive, open_page: Open, axe: Axe, address: str) -> None:
    page = open_page(f"{busy.url}{address}", color_scheme="light")
    settled(page)
    assert axe(page) == []
    assert page.evaluate(STYLED) == [], "a strict policy takes no style in line"
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("[data-light=light]", state="detached")  # widgets follow an event
    assert axe(page) == []
    assert page.evaluate(WIDER) == 0, "320 px are enough"
    assert page.evaluate(SMALL) == [], "every target is 24 px or more each way"


def test_axe_finds_nothing_serious_in_what_opens(busy: Archive, open_page: Open, axe: Axe) -> None:
    page = open_page(f"{busy.url}/host?q=foghorn")
    page.get_by_text("Filters", exact=True).click()
    page.locator(".hit").first.click()
    page.get_by_role("combobox", name="Search every").fill("fo")
    page.get_by_role("option").first.wait_for()
    until(lambda: any("q=fo&" in asked for asked in busy.asked if "/v1/search" in asked))
    page.locator(".root:not(.loading)").wait_for()
    assert axe(page) == []
    busy.fail = 503
    page.get_by_role("combobox", name="Search every").fill("storm")
    page.get_by_role("alert").wait_for()
    assert axe(page) == []
    busy.fail = 0
    page.goto(busy.url)
    page.get_by_role("button", name="Remove Ready").click()
    assert axe(page) == []
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Add episodes").click()
    assert axe(page) == []
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Add a feed").click()
    assert axe(page) == []


def colours(page: Any) -> tuple[str, str]:
    text: tuple[str, str] = page.evaluate(
        """() => {
          const style = getComputedStyle(document.querySelector('everyword-search').shadowRoot
            .querySelector('.box'));
          return [style.color, style.backgroundColor];
        }"""
    )
    return text


def test_the_scheme_follows_the_page_and_can_be_fixed(
    archive: Archive, embed: Embed, open_page: Open
) -> None:
    dark = open_page(embed("<everyword-search></everyword-search>"), color_scheme="dark")
    fixed = open_page(
        embed('<everyword-search theme="light"></everyword-search>'), color_scheme="dark"
    )
    widget = "<everyword-search></everyword-search>"
    archive.host_page = (
        "<!doctype html><title>x</title>"
        '<script type="module" src="/widget/everyword-search.js"></script>' + widget
    )
    old = open_page(f"{archive.url}/host", color_scheme="dark")
    for page in (dark, fixed, old):
        page.get_by_role("combobox").wait_for()
    assert colours(dark) == ["rgb(237, 234, 228)", "rgb(32, 30, 27)"]
    assert colours(old) == ["rgb(29, 27, 24)", "rgb(255, 255, 255)"], "a page that is always light"
    assert (
        fixed.evaluate("getComputedStyle(document.querySelector('everyword-search')).colorScheme")
        == "light"
    )


def test_properties_and_parts_theme_it(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn")
    page.locator(".hit").first.wait_for()
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(`everyword-search { --ew-mark: rgb(1, 2, 3); --ew-size: 20px }
            everyword-search::part(hit) { border: 3px solid rgb(4, 5, 6) }`);
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    style = "(element, name) => getComputedStyle(element)[name]"
    assert page.locator("mark").first.evaluate(style, "backgroundColor") == "rgb(1, 2, 3)"
    assert page.locator("mark").first.evaluate(style, "fontSize") == "20px"
    assert page.locator(".hit").first.evaluate(style, "borderTopColor") == "rgb(4, 5, 6)"


def test_a_hostile_page_changes_nothing_inside(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn")
    hit = page.locator(".hit").first
    hit.wait_for()
    before = hit.bounding_box()
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(`* { letter-spacing: 9px !important; line-height: 4 !important;
            text-transform: uppercase !important; text-align: right !important; float: right;
            color: red !important; word-spacing: 2em; text-indent: 50px !important;
            white-space: pre !important; visibility: visible; }
            a, mark, button, input, li, ol, svg, h3 { display: none !important }
            #words, .hit, .box { opacity: 0 !important }
            main * { float: none }`);
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    after = hit.bounding_box()
    assert (after["width"], after["height"]) == (before["width"], before["height"])
    style = "(element, name) => getComputedStyle(element)[name]"
    assert hit.evaluate(style, "letterSpacing") == "normal"
    assert hit.evaluate(style, "textTransform") == "none"
    assert hit.evaluate(style, "color") != "rgb(255, 0, 0)"


def test_a_page_from_right_to_left_mirrors_it(archive: Archive, open_page: Open) -> None:
    archive.host_page = archive.host_page.replace('<html lang="en">', '<html lang="he" dir="rtl">')
    page = open_page(f"{archive.url}/host?q=המגדלור")
    hit = page.locator(".hit").first
    hit.wait_for()
    time = hit.locator(".time").bounding_box()
    snippet = hit.locator("[part=snippet]").bounding_box()
    assert time["x"] > snippet["x"] + snippet["width"] - 1
    button = page.locator("everyword-search [part=button]").bounding_box()
    assert button["x"] > page.get_by_role("combobox").bounding_box()["x"]


def test_forced_colours_keep_marks_and_places(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn", forced_colors="active")
    page.locator(".hit").first.click()
    style = "(element, name) => getComputedStyle(element)[name]"
    mark = page.locator("mark").first
    around = page.locator("[part=snippet]").first
    assert mark.evaluate(style, "backgroundColor") != around.evaluate(style, "backgroundColor")
    assert page.locator(".hit[aria-current]").evaluate(style, "outlineStyle") == "solid"


def test_reduced_motion_holds_still(archive: Archive, open_page: Open) -> None:
    archive.held = "*"
    page = open_page(f"{archive.url}/host?q=foghorn", reduced_motion="reduce")
    page.locator(".root.loading").wait_for()
    assert page.evaluate("document.getAnimations({ subtree: true }).length") == 0
    page.goto(f"{archive.url}/host?q=storm")
    still = page.locator(".root.loading")
    still.wait_for()
    assert (
        page.evaluate(
            "document.querySelector('everyword-search').shadowRoot.getAnimations().length"
        )
        == 0
    )
