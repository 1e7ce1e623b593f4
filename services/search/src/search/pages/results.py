"""Search results as a page: the shape of `GET /v1/search`'s reply, written out."""

from collections.abc import Mapping

from search.domain.reply import EpisodeHitsReply, MomentReply, SearchReply
from search.domain.timeline import Timeline
from search.pages.site import Site, page, search_form
from search.pages.text import attribute, clock, cut_word, day, joined, shown
from search.pages.timeline import render_timeline

_AS_WRITTEN = {"exact", "folded"}
_FILTERS = {"show", "speaker", "from", "to"}
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
    narrowed: Mapping[str, str] | None = None,
    timeline: Timeline | None = None,
    site: Site | None = None,
) -> str:
    """Render a search reply as a page.

    Args:
        reply: what `GET /v1/search` answers; None when nothing was asked or it was refused.
        query: the words as typed, put back into the box.
        problem: why the query was refused, in words for a person.
        narrowed: what else stands in the page's address: show, speaker, from, to, exact.
        timeline: what `GET /v1/timeline` answers for the same query at all times, by month.
        site: where things are; at the root of this origin unless said.
    """
    site = site or Site()
    narrowed = {name: value for name, value in (narrowed or {}).items() if value}
    said = "" if reply is None else _counted(reply)
    body = "" if reply is None else _body(reply, query, narrowed, site)
    chart = render_timeline(timeline, site, narrowed) if timeline else ""
    return page(
        site,
        title=f"{query} - {site.name}" if query else site.name,
        head='<meta name="robots" content="noindex">',
        scripts=("everyword-search.js", "everyword-timeline.js"),
        main=f"""<h1>Find any word</h1>
<everyword-search page="{attribute(site.path("episodes"))}/{{episode}}">
{search_form(site, query)}
<p class="meta" role="status">{shown(problem) or said}</p>
{body}
<everyword-timeline slot="chart">{chart}</everyword-timeline>
</everyword-search>""",
    )


def _body(reply: SearchReply, query: str, narrowed: Mapping[str, str], site: Site) -> str:
    def link(text: str, **asked: str) -> str:
        return f'<a href="{attribute(site.path("search", **asked))}">{text}</a>'

    ways = []
    if reply["suggestion"] and not reply["hits"]:
        ways.append("Did you mean " + link(shown(reply["suggestion"]), q=reply["suggestion"]) + "?")
    if reply["matched"] not in _AS_WRITTEN:
        literally = f"Search only for “<bdi>{shown(query)}</bdi>”"
        ways.append(link(literally, q=query, **{**narrowed, "exact": "true"}))
    elif "exact" in narrowed and not reply["hits"]:
        ways.append(link("Search for similar words", q=query, **_without(narrowed, {"exact"})))
    if narrowed.keys() & _FILTERS:
        ways.append(link("Search without filters", q=query, **_without(narrowed, _FILTERS)))
    parts = [f"<p>{' · '.join(ways)}</p>"] if ways else []
    parts += [_result(result, site) for result in reply["results"]]
    if reply["next"]:
        more = link("More results", q=query, **narrowed, cursor=reply["next"])
        parts.append(f"<p>{more}</p>")
    return "\n".join(parts)


def _without(narrowed: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {name: value for name, value in narrowed.items() if name not in names}


def _counted(reply: SearchReply) -> str:
    hits, episodes = reply["hits"], reply["episodes"]
    if not hits:
        return f"No one says “{shown(reply['query'])}” here."
    more = "+" if reply["capped"] else ""
    found = f"{_times(hits, more)} in {episodes:,} episode{'s' * (episodes != 1)}"
    if reply["suggestion"]:
        return f"Showing results for “<bdi>{shown(reply['suggestion'])}</bdi>”: {found}"
    return _LOOSELY.get(reply["matched"], "") + found


def _times(hits: int, more: str = "") -> str:
    return f"{hits:,}{more} time{'s' * (hits != 1)}"


def _result(result: EpisodeHitsReply, site: Site) -> str:
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
    words = joined((cut_word(word["text"]), word["match"]) for word in moment["snippet"])
    return (
        f'<li><a class="moment" href="{attribute(here)}?t={at}#t={at}">'
        f'<time>{clock(moment["start"])}</time> {who}<span dir="auto">{words}</span></a></li>'
    )
