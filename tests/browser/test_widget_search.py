"""<everyword-search>: asking, answering, deep links, awkward text."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from browser.canned_archive import HOSTILE, HOSTILE_END, Archive, crowded, spoken
from browser.playing import PLAIN_DRAWING

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


def box(page: Any) -> Any:
    return page.get_by_role("combobox", name="Search every spoken word")


def says(page: Any, text: str) -> None:
    page.locator("everyword-search [part=status]", has_text=text).wait_for()


def hits(page: Any) -> Any:
    return page.locator("everyword-search .hit")


def searches(archive: Archive) -> list[dict[str, list[str]]]:
    """What was asked for, but for the second request: where it was perhaps said."""
    asked = [urlsplit(each) for each in archive.asked]
    found = [parse_qs(each.query) for each in asked if each.path == "/v1/search"]
    return [each for each in found if "perhaps" not in each]


def test_typing_finds_words_and_counts_them(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host")
    box(page).wait_for()
    page.clock.install(time=0)
    page.clock.pause_at(1)  # quickly, however slow the machine is
    box(page).press_sequentially("foghorn")
    page.clock.run_for(1_000)
    says(page, "8 times in 2 episodes")
    assert len(searches(archive)) == 1, "one search for one word typed quickly"
    titles = page.locator("everyword-search h3").all_inner_texts()
    assert titles == ["Ten thousand hours of tape", "Margaret, daughter of the lighthouse keeper"]
    first = hits(page).first
    assert first.locator("mark").inner_text() == "foghorn"
    assert "0:17" in first.inner_text()
    assert "Thomas" in first.inner_text()
    assert first.get_attribute("href") == f"{archive.url}/episodes/interview#t=17.673"


def test_a_phrase_is_marked_as_one(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=lighthouse+keeper")
    assert hits(page).first.locator("mark").inner_text() == "lighthouse keeper,"


def test_a_quote_still_open_is_closed(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host")
    box(page).fill('"lighthouse keeper')
    hits(page).first.wait_for()
    assert searches(archive)[-1]["q"] == ['"lighthouse keeper"']


def test_a_slow_reply_never_replaces_a_later_one(archive: Archive, open_page: Open) -> None:
    archive.held = "storm"
    page = open_page(f"{archive.url}/host")
    box(page).fill("storm")
    page.wait_for_function(
        "() => document.querySelector('everyword-search').shadowRoot"
        ".querySelector('.root').classList.contains('loading')"
    )
    box(page).fill("potatoes")
    says(page, "1 time in 1 episode")
    archive.held = None
    page.wait_for_timeout(300)
    assert hits(page).first.locator("mark").inner_text() == "potatoes."


def test_an_input_method_is_left_alone_until_it_is_done(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host")
    box(page).focus()
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "灯", "selectionStart": 1, "selectionEnd": 1})
    page.wait_for_timeout(500)
    assert searches(archive) == []
    keyboard.send("Input.insertText", {"text": "灯"})
    says(page, "2 times in 1 episode")


def test_unspaced_text_gets_no_spaces(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=灯")
    snippet = hits(page).first.locator("[part=snippet]")
    assert snippet.inner_text() == "灯台の霧笛が聞こえた。灯台"


def test_suggestions_are_a_combobox(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host")
    box(page).press_sequentially("fo")
    options = page.get_by_role("option")
    options.first.wait_for()
    assert options.first.inner_text().split() == ["foghorn", "8", "times"]
    assert box(page).get_attribute("aria-expanded") == "true"
    box(page).press("ArrowDown")
    active = box(page).get_attribute("aria-activedescendant")
    assert options.first.get_attribute("id") == active
    assert options.first.get_attribute("aria-selected") == "true"
    box(page).press("ArrowUp")
    assert box(page).get_attribute("aria-activedescendant") is None
    box(page).press("ArrowDown")
    box(page).press("Enter")
    says(page, "8 times in 2 episodes")
    assert box(page).input_value() == "foghorn"
    assert page.locator("li[role=option]").count() == 0
    assert box(page).get_attribute("aria-expanded") == "false"


def test_escape_closes_the_suggestions_then_clears(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=storm")
    hits(page).first.wait_for()
    box(page).fill("fo")
    page.locator("li[role=option]").first.wait_for()
    box(page).press("Escape")
    assert page.locator("li[role=option]").count() == 0
    assert box(page).input_value() == "fo"
    box(page).press("Escape")
    assert box(page).input_value() == ""
    assert hits(page).count() == 0
    assert "q=" not in page.url


def test_a_typo_is_corrected_and_can_be_undone(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghron")
    page.get_by_text("Showing results for “foghorn”").wait_for()
    assert hits(page).count() == 6
    page.get_by_role("button", name="Search only for “foghron”").click()
    says(page, "No one says “foghron” here.")
    assert hits(page).count() == 0
    assert parse_qs(urlsplit(page.url).query) == {"q": ["foghron"], "exact": ["true"]}
    page.go_back()
    says(page, "8 times in 2 episodes")
    assert "exact" not in page.url


def test_words_taken_exactly_come_back_by_deep_link(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghron&exact=true")
    says(page, "No one says “foghron” here.")
    assert searches(archive)[-1]["exact"] == ["true"]
    page.get_by_role("button", name="Search for similar words").click()
    says(page, "8 times in 2 episodes")
    page.go_back()
    says(page, "No one says “foghron” here.")
    box(page).fill("foghrons")
    says(page, "No one says “foghrons” here.")
    assert "exact" not in searches(archive)[-1], "other words are not taken exactly"
    assert "exact" not in page.url


def test_nothing_found_offers_a_way_on(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=potatoes&speaker=Helen")
    says(page, "No one says “potatoes” here.")
    page.get_by_role("button", name="Search without filters").click()
    says(page, "1 time in 1 episode")
    assert "speaker" not in page.url


def test_a_deep_link_restores_words_and_filters(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?keep=1&q=foghorn&speaker=Helen#here")
    says(page, "2 times in 1 episode")
    assert box(page).input_value() == "foghorn"
    page.get_by_role("button", name="Remove filter: Speaker: Helen").click()
    says(page, "8 times in 2 episodes")
    page.go_back()
    says(page, "2 times in 1 episode")
    address = urlsplit(page.url)
    assert parse_qs(address.query) == {"keep": ["1"], "q": ["foghorn"], "speaker": ["Helen"]}
    assert address.fragment == "here"


def test_filters_offer_what_is_there(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Show").select_option("Island Voices")
    says(page, "3 times in 1 episode")
    assert "show=Island+Voices" in page.url


def test_attributes_fix_what_is_searched(
    archive: Archive, embed: Callable[[str], str], open_page: Open
) -> None:
    body = '<everyword-search show="Island Voices" page-size="3" param="find"></everyword-search>'
    page = open_page(f"{embed(body)}?find=foghorn&q=other")
    says(page, "3 times in 1 episode")
    assert searches(archive)[-1]["show"] == ["Island Voices"]
    assert searches(archive)[-1]["limit"] == ["3"]
    page.get_by_text("Filters", exact=True).click()
    assert page.get_by_label("Show").count() == 0
    assert page.url.endswith("?find=foghorn&q=other")


def test_the_first_hits_then_more_on_demand(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn")
    article = page.locator("article[data-episode=interview]")
    article.wait_for()
    assert article.locator(".hit").count() == 3
    article.get_by_role("button", name="2 more").click()
    article.locator(".hit").nth(4).wait_for()
    assert article.get_by_role("button").count() == 0
    focused = page.evaluate(
        "document.querySelector('everyword-search').shadowRoot.activeElement.textContent"
    )
    assert focused.startswith("1:08")


@pytest.mark.slow
def test_ten_thousand_hits_stay_quick(archive: Archive, open_page: Open) -> None:
    for episode in crowded(20, 10_000):
        archive.episodes[episode.episode_id] = episode
    page = open_page(f"{archive.url}/host")
    box(page).fill("crowd")
    says(page, "10,000 times in 20 episodes")
    assert page.locator("article").count() == 10
    assert hits(page).count() == 30
    first = page.locator("article").first
    first.get_by_role("button", name="497 more").click()
    first.locator(".hit").nth(52).wait_for()
    first.get_by_role("button", name="447 more").click()
    first.locator(".hit").nth(102).wait_for()
    page.get_by_role("button", name="More episodes").click()
    page.locator("article").nth(19).wait_for()
    assert page.get_by_role("button", name="More episodes").count() == 0
    plain_ms, drawn_ms = page.evaluate(
        f"""async () => {{
          const plain = {PLAIN_DRAWING};
          const widget = document.querySelector('everyword-search');
          const reply = await (await fetch('/v1/search?q=crowd&limit=50')).text();
          const real = window.fetch;
          let started = 0;
          window.fetch = async () => {{
            started ||= performance.now();  // it asks once more, for titles
            return new Response(reply);
          }};
          const shown = new Promise((done) =>
            widget.addEventListener('everyword:results', () => done(performance.now())));
          widget.value = 'Crowd';
          const took = (await shown) - started;
          window.fetch = real;
          return [Math.min(plain(), plain(), plain()), took];
        }}"""
    )
    # 10,000 moments in one reply, of which a few of each of 20 episodes are drawn first
    assert drawn_ms < plain_ms, (drawn_ms, plain_ms)


def test_hostile_text_is_only_text(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=trouble")
    says(page, "4 times in 1 episode")
    article = page.locator("article[data-episode=hostile]")
    article.get_by_role("button", name="1 more").click()
    text = article.inner_text()
    assert HOSTILE in text
    assert HOSTILE_END in text
    assert "<i>Show</i>" in text
    assert "& <b>bold</b>" in text
    assert "\u202e" not in article.evaluate("(element) => element.textContent")
    for link in article.locator("a").all():
        assert link.get_attribute("href").startswith("http://127.0.0.1")
    assert article.locator("img,script,b,i").count() == 0


def test_the_query_itself_is_only_text(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=%3Cimg+src%3Dx+onerror%3Dhacked%3D1%3E&speaker=%3Cb%3E")
    says(page, "No one says “<img src=x onerror=hacked=1>” here.")
    page.get_by_role("button", name="Remove filter: Speaker: <b>").wait_for()


def test_right_to_left_text_reads_right(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=המגדלור")
    snippet = hits(page).first.locator("[part=snippet]")
    assert snippet.evaluate("(element) => getComputedStyle(element).direction") == "rtl"
    title = page.locator("everyword-search h3 a")
    assert title.evaluate("(element) => getComputedStyle(element).direction") == "rtl"


def test_the_strip_shows_where_the_hits_lie(archive: Archive, open_page: Open) -> None:
    page = open_page(f"{archive.url}/host?q=foghorn")
    drawn = page.locator("article[data-episode=archive] .strip path").get_attribute("d")
    length = archive.episodes["archive"].transcript.duration_s
    places = [float(x) / 1000 * length for x in re.findall(r"M(\d+)", drawn)]
    assert places == pytest.approx([20.7, 28.5, 67.3], abs=1.0)


def test_two_words_apart_are_marked_apart(archive: Archive, open_page: Open) -> None:
    archive.episodes["apart"] = spoken("apart", "Apart", ("Ann", "one two three two one"))
    page = open_page(f"{archive.url}/host?q=two")
    marks = page.locator("article[data-episode=apart] .hit").first.locator("mark")
    marks.first.wait_for()
    assert marks.all_inner_texts() == ["two"]
