"""Search results as a page: the shape of `GET /v1/search`'s reply, written out."""

from search.domain.reply import EpisodeReply, MomentReply, SearchReply
from search.domain.timeline import Timeline
from search.pages.site import Site, page, search_form
from search.pages.text import attribute, clock, day, joined, shown
from search.pages.timeline import render_timeline

_LOOSELY = {
    "folded": "Not said exactly so. With other accents: ",
    "stemmed": "Not said exactly so. In other forms: ",
    "fuzzy": "Not said exactly so. Spelled nearly so: ",
    "sounds_like": "Nothing is spelled so. What sounds like it: ",
}


def render_results(
    reply: SearchReply | None,
    *,
    query: str,
    problem: str = "",
    timeline: Timeline | None = None,
    site: Site | None = None,
) -> str:
    """Render a search reply as a page.

    Args:
        reply: what `GET /v1/search` answers; None when nothing was asked or it was refused.
        query: the words as typed, put back into the box.
        problem: why the query was refused, in words for a person.
        timeline: what `GET /v1/timeline` answers for the same query, by month.
        site: where things are; at the root of this origin unless said.
    """
    site = site or Site()
    said = "" if reply is None else _counted(reply)
    body = "" if reply is None else _body(reply, query, site)
    return page(
        site,
        title=f"{query} - {site.name}" if query else site.name,
        head='<meta name="robots" content="noindex">',
        scripts=("everyword-search.js",),
        main=f"""<h1>Find any word</h1>
<everyword-search page="{attribute(site.path("episodes"))}/{{episode}}">
{search_form(site, query)}
<p class="meta" role="status">{shown(problem) or said}</p>
{body}
</everyword-search>
{render_timeline(timeline, site) if timeline else ""}""",
    )


def _body(reply: SearchReply, query: str, site: Site) -> str:
    parts = []
    if reply["suggestion"]:
        address = attribute(site.path("search", q=reply["suggestion"]))
        parts.append(f'<p>Did you mean <a href="{address}">{shown(reply["suggestion"])}</a>?</p>')
    parts += [_result(result, site) for result in reply["results"]]
    if reply["next"]:
        address = attribute(site.path("search", q=query, cursor=reply["next"]))
        parts.append(f'<p><a href="{address}">More results</a></p>')
    return "\n".join(parts)


def _counted(reply: SearchReply) -> str:
    hits, episodes = reply["hits"], reply["episodes"]
    if not hits:
        return f"No one says “{shown(reply['query'])}” here."
    more = "+" if reply["capped"] else ""
    found = f"{_times(hits, more)} in {episodes:,} episode{'s' * (episodes != 1)}"
    return _LOOSELY.get(reply["matched"], "") + found


def _times(hits: int, more: str = "") -> str:
    return f"{hits:,}{more} time{'s' * (hits != 1)}"


def _result(result: EpisodeReply, site: Site) -> str:
    here = site.path("episodes", result["episode_id"])
    moments = "\n".join(_moment(moment, here) for moment in result["moments"])
    show = f"<bdi>{shown(result['show'])}</bdi>" if result["show"] else ""
    lines = (show, day(result["published_at"]), _times(result["hits"]))
    return f"""<section class="result">
<h2><a dir="auto" href="{attribute(here)}">{shown(result["title"])}</a></h2>
<p class="meta">{" · ".join(line for line in lines if line)}</p>
<ol>
{moments}
</ol>
</section>"""


def _moment(moment: MomentReply, here: str) -> str:
    """Write one hit; a reader without scripts is sent to `?t=`, where the server marks the word."""
    at = f"{moment['start']:g}"
    who = f'<bdi class="who">{shown(moment["speaker"])}</bdi> ' if moment["speaker"] else ""
    words = joined((word["text"], word["match"]) for word in moment["snippet"])
    return (
        f'<li><a class="moment" href="{attribute(here)}?t={at}#t={at}">'
        f'<time>{clock(moment["start"])}</time> {who}<span dir="auto">{words}</span></a></li>'
    )
