"""The months of a query as bars that are links; hostile queries stay text."""

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
    page = render_timeline(timeline(3, 1, undated=2), Site())
    assert page.count("<meter") == 2
    assert 'max="3" value="1"' in page
    assert "/search?q=storm&amp;from=2026-02&amp;to=2026-02" in page
    assert "Feb 2026" in page
    assert "2 more without a date" in page


def test_one_month_is_no_chart() -> None:
    assert render_timeline(timeline(3), Site()) == ""


def test_a_hostile_query_stays_text() -> None:
    page = render_timeline(timeline(1, 1, query='"><img onerror=x>'), Site())
    assert "<img" not in page
