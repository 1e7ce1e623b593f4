"""The months of a query as bars that are links; hostile queries stay text."""

import pytest

from search.domain.timeline import Period, Timeline
from search.pages.site import Site
from search.pages.timeline import render_timeline


def timeline(*hits: int, query: str = "storm", undated: int = 0) -> Timeline:
    months = [
        Period(period=f"2026-{number:02d}", hits=count, episodes=1)
        for number, count in enumerate(hits, start=1)
    ]
    return Timeline(
        query=query,
        matched="exact",
        hits=sum(hits) + undated,
        episodes=len(hits),
        capped=False,
        undated_hits=undated,
        periods=months,
        by_episode=[],
    )


def test_a_bar_a_month_leads_to_that_month() -> None:
    page = render_timeline(timeline(3, 1, undated=2), Site(), {})
    assert page.count("<meter") == 2
    assert 'max="3" value="1"' in page
    assert "/search?q=storm&amp;from=2026-02-01&amp;to=2026-02-28" in page
    assert "Feb 2026" in page
    assert "2 more without a date" in page


def test_one_month_is_no_chart() -> None:
    assert render_timeline(timeline(3), Site(), {}) == ""


def test_a_hostile_query_stays_text() -> None:
    page = render_timeline(timeline(1, 1, query='"><img onerror=x>'), Site(), {})
    assert "<img" not in page


def test_a_chosen_month_is_marked_and_the_others_stay() -> None:
    narrowed = {"show": "One", "from": "2026-02-01", "to": "2026-02-28"}
    page = render_timeline(timeline(3, 1, 2), Site(), narrowed)
    assert page.count("<meter") == 3
    assert page.count('aria-current="true"') == 1
    assert 'to=2026-02-28" aria-current="true">Feb 2026' in page
    assert '<a href="/search?q=storm&amp;show=One">All dates</a>' in page
    assert "show=One&amp;from=2026-01-01&amp;to=2026-01-31" in page


@pytest.mark.parametrize(
    ("narrowed", "marked"),
    [({"from": "2026-02"}, 2), ({"to": "2026-02-01"}, 2), ({"from": "2025", "to": "2025"}, 0)],
)
def test_dates_mark_the_months_they_fall_on(narrowed: dict[str, str], marked: int) -> None:
    page = render_timeline(timeline(3, 1, 2), Site(), narrowed)
    assert page.count('aria-current="true"') == marked


def test_very_many_months_become_years() -> None:
    months = [
        Period(period=f"{year}-{month:02d}", hits=1, episodes=1)
        for year in range(2020, 2024)
        for month in range(1, 13)
    ]
    page = render_timeline({**timeline(1), "periods": months}, Site(), {})
    assert page.count("<meter") == 4
    assert "from=2023-01-01&amp;to=2023-12-31" in page
    assert "12 times" in page
