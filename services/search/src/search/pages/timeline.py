"""Said over time: a bar a month, each a link that keeps to its month.

`<everyword-timeline>` takes the place of what is written here where scripts run.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date

from search.domain.query import after_last_moment, first_moment
from search.domain.timeline import Period, Timeline
from search.pages.site import Site
from search.pages.text import attribute, shown

_MOST_BARS = 36
_FEWEST_BARS = 2
_MONTH_CHARS = len("2026-02")


def render_timeline(timeline: Timeline, site: Site, narrowed: Mapping[str, str]) -> str:
    """Render the months in which a query is said, or the years of very many.

    Nothing where they are fewer than two. `narrowed` is what the page's address has beside the
    query; a bar keeps it, but for the dates, and those mark the bars they fall on. The bars are
    `meter` elements: read out as numbers, and drawn without any style of their own.
    """
    periods = _merged(timeline["periods"])
    if len(periods) < _FEWEST_BARS:
        return ""
    most = max(period["hits"] for period in periods)
    kept = {"q": timeline["query"], **_without_dates(narrowed)}
    bars = "\n".join(_bar(period, most, kept, narrowed, site) for period in periods)
    undated = timeline["undated_hits"]
    notes = []
    if kept.keys() != {"q", *narrowed}:
        notes.append(f'<a href="{attribute(site.path("search", **kept))}">All dates</a>')
    if undated:
        notes.append(f"{undated:,} more without a date")
    note = f'<p class="meta">{" · ".join(notes)}</p>' if notes else ""
    return f"""<section class="timeline" aria-labelledby="timeline-title">
<h2 id="timeline-title">“<bdi>{shown(timeline["query"])}</bdi>” over time</h2>
<ol>
{bars}
</ol>
{note}
</section>"""


def _merged(months: list[Period]) -> list[Period]:
    """Return the months, or their years where there are too many."""
    if len(months) <= _MOST_BARS:
        return months
    years: dict[str, Period] = {}
    for month in months:
        name = month["period"][:4]
        year = years.setdefault(name, Period(period=name, hits=0, episodes=0))
        year["hits"] += month["hits"]
        year["episodes"] += month["episodes"]
    return [*years.values()]


def _without_dates(narrowed: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in narrowed.items() if name not in {"from", "to"}}


def _bar(
    period: Period, most: int, kept: Mapping[str, str], narrowed: Mapping[str, str], site: Site
) -> str:
    hits = period["hits"]
    first, last = _days(period["period"])
    here = site.path("search", **kept, **{"from": first.isoformat(), "to": last.isoformat()})
    name = first.strftime("%b %Y" if len(period["period"]) == _MONTH_CHARS else "%Y")
    times = f"{hits:,} time{'s' * (hits != 1)}"
    current = ' aria-current="true"' if _is_current(first, last, narrowed) else ""
    return (
        f'<li><a href="{attribute(here)}"{current}>{shown(name)}</a> '
        f'<meter min="0" max="{most}" value="{hits}" aria-label="{name}: {times}">{times}</meter> '
        f"<span>{times}</span></li>"
    )


def _days(period: str) -> tuple[date, date]:
    """Return the first and the last day: full dates are what a date field takes."""
    if len(period) != _MONTH_CHARS:
        return date(int(period), 1, 1), date(int(period), 12, 31)
    year, month = int(period[:4]), int(period[5:])
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _is_current(first: date, last: date, narrowed: Mapping[str, str]) -> bool:
    since, until = narrowed.get("from"), narrowed.get("to")
    if not (since or until):
        return False
    return (not since or first_moment(since) < after_last_moment(last.isoformat())) and (
        not until or after_last_moment(until) > first_moment(first.isoformat())
    )
