"""Said over time: a bar a month, each a link that keeps to its month."""

from datetime import date

from search.domain.timeline import Period, Timeline
from search.pages.site import Site
from search.pages.text import attribute, shown

_MOST_BARS = 36
_FEWEST_BARS = 2


def render_timeline(timeline: Timeline, site: Site) -> str:
    """Render the months in which a query is said; nothing where they are fewer than two.

    The bars are `meter` elements: read out as numbers, and drawn without any style of their own.
    """
    months = timeline["periods"][-_MOST_BARS:]
    if len(months) < _FEWEST_BARS:
        return ""
    most = max(month["hits"] for month in months)
    bars = "\n".join(_bar(month, most, timeline["query"], site) for month in months)
    undated = timeline["undated_hits"]
    note = f'<p class="meta">{undated:,} more without a date</p>' if undated else ""
    return f"""<section class="timeline" aria-labelledby="timeline-title">
<h2 id="timeline-title">“<bdi>{shown(timeline["query"])}</bdi>” over time</h2>
<ol>
{bars}
</ol>
{note}
</section>"""


def _bar(month: Period, most: int, query: str, site: Site) -> str:
    period, hits = month["period"], month["hits"]
    here = attribute(site.path("search", **{"q": query, "from": period, "to": period}))
    name = date.fromisoformat(f"{period}-01").strftime("%b %Y")
    times = f"{hits:,} time{'s' * (hits != 1)}"
    return (
        f'<li><a href="{here}">{shown(name)}</a> '
        f'<meter min="0" max="{most}" value="{hits}" aria-label="{name}: {times}">{times}</meter> '
        f"<span>{times}</span></li>"
    )
