"""<everyword-timeline> follows the search on its page, and filters it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from browser.canned_archive import Archive, spoken

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
Axe = Callable[[Any], list[str]]
Embed = Callable[[str], str]
BOTH = """<script type="module" src="/widget/everyword-timeline.js"></script>
<everyword-search {about}>
  <everyword-timeline slot="chart"></everyword-timeline>
</everyword-search>"""
SMALL = """() => [...document.querySelector('everyword-timeline').shadowRoot
  .querySelectorAll('a, button')].filter((each) => {
    const { width, height } = each.getBoundingClientRect();
    return width < 24 || height < 24;
  }).length"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(name="dated")
def _dated(archive: Archive) -> Archive:
    """Add episodes of many months: a storm in some of them, more and more often."""
    for number, month in enumerate([(2023, 2), (2023, 3), (2023, 11), (2024, 2)]):
        add(archive, datetime(*month, 3, tzinfo=UTC), times=number + 1)
    return archive


def add(archive: Archive, published: datetime, *, times: int) -> None:
    text = " ".join(["gale"] * times + ["and", "sea"])
    made = spoken(f"tape-{published:%Y-%m}", f"Tape of {published:%B %Y}", ("Ann", text))
    about = made.info.model_copy(update={"published_at": published})
    archive.episodes[made.episode_id] = replace(made, info=about)


def bars(page: Any) -> Any:
    return page.get_by_role("region", name="over time").get_by_role("link")


def says(page: Any, text: str) -> None:
    page.locator("everyword-search [part=status]", has_text=text).wait_for()


def timelines(archive: Archive) -> list[dict[str, list[str]]]:
    asked = [urlsplit(each) for each in archive.asked]
    return [parse_qs(each.query) for each in asked if each.path == "/v1/timeline"]


def names(page: Any) -> list[str]:
    bars(page).first.wait_for()
    return [bar.get_attribute("aria-label") for bar in bars(page).all()]


EVERY = ["February 2023: 1 time", "March 2023: 2 times", "November 2023: 3 times"]
EVERY = [*EVERY, "February 2024: 4 times"]


def test_it_counts_the_months_and_follows_the_query(
    dated: Archive, embed: Embed, open_page: Open
) -> None:
    page = open_page(f"{embed(BOTH.format(about=''))}?q=gale")
    assert names(page) == EVERY
    chart = page.get_by_role("region", name="“gale” over time")
    assert chart.get_by_role("listitem").count() == 13, "months without it are there, too"
    page.get_by_role("combobox").fill("gale and")
    page.get_by_role("region", name="“gale and” over time").wait_for()
    assert len(names(page)) == 4
    page.get_by_role("combobox").fill("zebra")
    says(page, "No one says “zebra” here.")
    page.locator("everyword-timeline section").wait_for(state="detached")
    assert [asked["q"] for asked in timelines(dated)] == [["gale"], ["gale and"]]


def test_a_bar_filters_by_its_month_and_the_others_stay(
    dated: Archive, embed: Embed, open_page: Open
) -> None:
    page = open_page(f"{embed(BOTH.format(about=''))}?q=gale")
    bars(page).nth(2).click()
    says(page, "3 times in 1 episode")
    assert names(page) == EVERY
    current = page.locator("everyword-timeline a[aria-current]")
    assert current.get_attribute("aria-label") == "November 2023: 3 times"
    assert "from=2023-11-01&to=2023-11-30" in page.url
    assert len(timelines(dated)) == 1, "nothing new to ask"
    page.go_back()
    says(page, "10 times in 4 episodes")
    current.wait_for(state="detached")
    page.go_forward()
    says(page, "3 times in 1 episode")
    page.get_by_role("button", name="All dates").click()
    says(page, "10 times in 4 episodes")
    assert "from=" not in page.url
    bars(page).nth(0).click()
    says(page, "1 time in 1 episode")
    bars(page).nth(0).click()
    says(page, "10 times in 4 episodes")


def test_keys_are_enough(dated: Archive, embed: Embed, open_page: Open) -> None:
    page = open_page(f"{embed(BOTH.format(about=''))}?q=gale")
    bars(page).first.focus()
    page.keyboard.press("Tab")
    assert page.locator("everyword-timeline .now").inner_text() == "March 2023: 2 times"
    page.keyboard.press("Enter")
    says(page, "2 times in 1 episode")
    focused = "document.querySelector('everyword-timeline').shadowRoot.activeElement?.ariaLabel"
    page.wait_for_function(f"() => {focused} === 'March 2023: 2 times'")  # where it was


def test_filters_narrow_it_but_for_the_dates(dated: Archive, embed: Embed, open_page: Open) -> None:
    address = embed(BOTH.format(about='show="Awkward"'))
    page = open_page(f"{address}?q=gale&exact=true&from=2023-03-01&to=2023-12-31")
    says(page, "5 times in 2 episodes")
    bars(page).first.wait_for()
    assert timelines(dated) == [{"q": ["gale"], "show": ["Awkward"], "exact": ["true"]}]
    assert page.locator("everyword-timeline a[aria-current]").count() == 2


def test_it_stands_anywhere_on_the_page_and_may_come_late(
    dated: Archive, embed: Embed, open_page: Open
) -> None:
    body = (
        '<everyword-search id="one" param="one"></everyword-search>'
        '<everyword-search id="two" param="two"></everyword-search>'
    )
    page = open_page(f"{embed(body)}?one=sea&two=gale")
    page.locator("#two .hit").first.wait_for()
    page.evaluate(
        """async () => {
          await import('/widget/everyword-timeline.js');
          const chart = document.createElement('everyword-timeline');
          chart.setAttribute('for', '#two');
          document.body.prepend(chart);
        }"""
    )
    assert names(page) == EVERY
    bars(page).nth(3).click()
    page.locator("#two [part=status]", has_text="4 times in 1 episode").wait_for()
    assert page.locator("#one [part=status]").inner_text() == "4 times in 4 episodes"


def test_without_a_search_its_bars_lead_to_the_results(
    dated: Archive, embed: Embed, open_page: Open
) -> None:
    body = (
        '<script type="module" src="/widget/everyword-timeline.js"></script>'
        '<everyword-timeline q="gale" show="Awkward"></everyword-timeline>'
    )
    page = open_page(embed(body))
    assert names(page) == EVERY
    bars(page).nth(2).click()
    page.wait_for_url(f"{dated.url}/search?q=gale&show=Awkward&from=2023-11-01&to=2023-11-30")


def test_very_many_months_become_years(dated: Archive, embed: Embed, open_page: Open) -> None:
    add(dated, datetime(2020, 7, 3, tzinfo=UTC), times=5)
    page = open_page(f"{embed(BOTH.format(about=''))}?q=gale")
    assert names(page) == ["2020: 5 times", "2023: 6 times", "2024: 4 times"]
    bars(page).nth(1).click()
    says(page, "6 times in 3 episodes")
    assert "from=2023-01-01&to=2023-12-31" in page.url


def test_trouble_leaves_the_words_alone(dated: Archive, embed: Embed, open_page: Open) -> None:
    page = open_page("about:blank")
    page.route("**/v1/timeline**", lambda route: route.fulfill(status=503, body="{}"))
    page.goto(f"{embed(BOTH.format(about=''))}?q=gale")
    says(page, "10 times in 4 episodes")
    page.wait_for_load_state("networkidle")
    assert page.locator("everyword-timeline section").count() == 0
    page.unroute("**/v1/timeline**")
    page.get_by_role("combobox").fill("gale and")
    assert len(names(page)) == 4


def test_a_hostile_query_is_only_text(dated: Archive, embed: Embed, open_page: Open) -> None:
    for month in (2, 3):
        made = spoken(f"bad-{month}", "Bad", ("Ann", "<img src=x onerror=window.hacked=1>"))
        about = made.info.model_copy(update={"published_at": datetime(2024, month, 1, tzinfo=UTC)})
        dated.episodes[made.episode_id] = replace(made, info=about)
    page = open_page(
        f"{embed(BOTH.format(about=''))}?q=%3Cimg+src%3Dx+onerror%3Dwindow.hacked%3D1%3E"
    )
    page.get_by_role("heading", name="“<img src=x onerror=window.hacked=1>” over time").wait_for()
    assert page.locator("everyword-timeline img").count() == 0


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_it_is_for_everyone(
    dated: Archive, embed: Embed, open_page: Open, axe: Axe, scheme: str
) -> None:
    page = open_page(f"{embed(BOTH.format(about=''))}?q=gale", color_scheme=scheme)
    bars(page).nth(2).click()
    says(page, "3 times in 1 episode")
    assert axe(page) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert axe(page) == []
    assert page.evaluate(WIDER) == 0, "it scrolls inside itself"
    assert page.evaluate(SMALL) == 0


def test_forced_colours_keep_the_bars(dated: Archive, embed: Embed, open_page: Open) -> None:
    page = open_page(f"{embed(BOTH.format(about=''))}?q=gale", forced_colors="active")
    bars(page).nth(2).click()
    says(page, "3 times in 1 episode")
    style = "(element, name) => getComputedStyle(element)[name]"
    fills = [bar.locator("svg").evaluate(style, "fill") for bar in bars(page).all()]
    page_colour = page.locator("body").evaluate(style, "backgroundColor")
    assert page_colour not in fills
    assert len(set(fills)) == 2, "the chosen one is told apart"


def test_the_results_page_has_one(dated: Archive, open_page: Open) -> None:
    page = open_page(f"{dated.url}/search?q=gale")
    assert names(page) == EVERY
    bars(page).nth(2).click()
    says(page, "3 times in 1 episode")
    still = open_page(f"{dated.url}/search?q=gale", java_script_enabled=False)
    still.get_by_role("link", name="Nov 2023").click()
    assert still.get_by_text("3 times in 1 episode").is_visible()
    assert still.get_by_role("meter").count() == 4
    still.get_by_role("link", name="All dates").click()
    assert still.get_by_text("10 times in 4 episodes").is_visible()
