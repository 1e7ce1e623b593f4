"""Search over HTTP: GET /v1/search, /v1/timeline, /v1/suggest, /v1/shows, /v1/speakers.

Every reply carries an ETag and is asked for again with `If-None-Match`; anybody may read it from
any page.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Header, Query, Response
from pydantic_core import to_json
from typing_extensions import TypedDict

from everyword_http import Client, PublicRouter, etag_of, is_fresh
from search.domain.pages import Sort
from search.domain.reply import SearchReply
from search.domain.timeline import Step, Timeline
from search.service import FacetReply, SearchService

_SUGGEST_FOR_S: Final = 60

Text = Annotated[str, Query()]
Words = Annotated[
    str, Query(description='words, "a phrase", pre*, -word, speaker:, show:, before:, after:')
]
From = Annotated[str, Query(alias="from", description="2024, 2024-05 or a day")]
To = Annotated[str, Query(alias="to", description="a year, month or day, included")]
Exact = Annotated[
    bool, Query(description="the words as written: no other forms, typing errors or sounds")
]
Perhaps = Annotated[
    bool, Query(description="also where it was perhaps said and something else was written")
]
Titles = Annotated[bool, Query(description="also the episodes with the words in their titles")]
IfNoneMatch = Annotated[str | None, Header()]


class SuggestionsReply(TypedDict):
    """Completions of what is typed so far."""

    suggestions: list[str]


class FacetsReply(TypedDict):
    """Names to filter by."""

    names: list[FacetReply]


def router(service: SearchService, *, answer: Callable[..., bytes] | None = None) -> PublicRouter:
    """Return search's routes.

    `answer` takes what `SearchService.search` takes and returns its reply as JSON; without it the
    service is asked, in this process.
    """
    routes = PublicRouter(tags=["search"])
    answer = answer or (lambda **asked: to_json(service.search(**asked)))

    @routes.get("/v1/search", summary="Find spoken words", responses=_of(SearchReply))
    def search(  # noqa: PLR0917
        client: Client,
        q: Words,
        show: Text = "",
        episode: Text = "",
        speaker: Text = "",
        date_from: From = "",
        date_to: To = "",
        exact: Exact = False,
        sort: Annotated[Sort, Query()] = "relevance",
        limit: Annotated[int, Query(description="episodes a page")] = 10,
        per_episode: Annotated[int, Query(description="first moments of each; 0: all")] = 0,
        cursor: Annotated[str, Query(description="`next` of the page before")] = "",
        perhaps: Perhaps = False,
        titles: Titles = False,
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        service.admit(client)
        found = answer(
            q=q,
            show=show or None,
            episode=episode or None,
            speaker=speaker or None,
            date_from=date_from or None,
            date_to=date_to or None,
            exact=exact,
            sort=sort,
            limit=limit,
            per_episode=per_episode or None,
            cursor=cursor or None,
            perhaps=perhaps,
            titles=titles,
        )
        return _json(found, if_none_match)

    @routes.get("/v1/timeline", summary="Count words over time", responses=_of(Timeline))
    def timeline(  # noqa: PLR0917
        client: Client,
        q: Words,
        step: Annotated[Step, Query(description="one bar each")] = "month",
        show: Text = "",
        episode: Text = "",
        speaker: Text = "",
        date_from: From = "",
        date_to: To = "",
        exact: Exact = False,
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        service.admit(client)
        counted = service.timeline(
            q,
            step=step,
            show=show or None,
            episode=episode or None,
            speaker=speaker or None,
            date_from=date_from or None,
            date_to=date_to or None,
            exact=exact,
        )
        return _reply(counted, if_none_match)

    @routes.get("/v1/suggest", summary="Complete a word", responses=_of(SuggestionsReply))
    def suggest(
        client: Client,
        q: Text,
        limit: Annotated[int, Query(ge=1, le=100)] = 8,
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        service.admit(client)
        completed = SuggestionsReply(suggestions=service.suggest(q, limit=limit))
        return _reply(completed, if_none_match, max_age_s=_SUGGEST_FOR_S)

    @routes.get("/v1/shows", summary="Shows to filter by", responses=_of(FacetsReply))
    def shows(if_none_match: IfNoneMatch = None) -> Response:
        return _reply(FacetsReply(names=service.shows()), if_none_match)

    @routes.get("/v1/speakers", summary="Speakers to filter by", responses=_of(FacetsReply))
    def speakers(show: Text = "", if_none_match: IfNoneMatch = None) -> Response:
        return _reply(FacetsReply(names=service.speakers(show=show or None)), if_none_match)

    return routes


def _of(model: Any) -> dict[int | str, dict[str, Any]]:
    """Describe a reply of JSON, which is written here rather than by the framework.

    It would look at each of a page's thousands of words once more.
    """
    return {200: {"description": "OK", "model": model}, 304: {"description": "Not modified"}}


def _reply(found: object, if_none_match: str | None, *, max_age_s: int = 0) -> Response:
    return _json(to_json(found), if_none_match, max_age_s=max_age_s)


def _json(body: bytes, if_none_match: str | None, *, max_age_s: int = 0) -> Response:
    etag = etag_of(body)
    headers = {
        "ETag": etag,
        "Cache-Control": f"public, max-age={max_age_s}" if max_age_s else "no-cache",
    }
    if is_fresh(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
