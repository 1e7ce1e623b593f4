"""Search over HTTP: GET /v1/search, /v1/suggest, /v1/shows, /v1/speakers."""

from typing import Annotated

from aws_lambda_powertools.event_handler import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
from typing_extensions import TypedDict

from search.domain.pages import Sort
from search.domain.reply import SearchReply
from search.service import FacetReply, SearchService


class Suggestions(TypedDict):
    """Completions of what is typed so far."""

    suggestions: list[str]


class Facets(TypedDict):
    """Names to filter by."""

    names: list[FacetReply]


def register(app: ApiGatewayResolver, service: SearchService) -> None:
    """Put search's routes on a resolver."""

    @app.get("/v1/search", summary="Find spoken words", tags=["search"])
    def search(  # noqa: PLR0917
        q: Annotated[str, Query(description='words, "a phrase", pre*, -word, speaker:, show:')],
        show: Annotated[str, Query()] = "",
        episode: Annotated[str, Query()] = "",
        speaker: Annotated[str, Query()] = "",
        date_from: Annotated[str, Query(alias="from", description="2024, 2024-05 or a day")] = "",
        date_to: Annotated[str, Query(alias="to", description="the last day, included")] = "",
        sort: Annotated[Sort, Query()] = "relevance",
        limit: Annotated[int, Query(description="episodes a page")] = 10,
        per_episode: Annotated[int, Query(description="first moments of each; 0: all")] = 0,
        cursor: Annotated[str, Query(description="`next` of the page before")] = "",
    ) -> SearchReply:
        return service.search(
            q,
            show=show or None,
            episode=episode or None,
            speaker=speaker or None,
            date_from=date_from or None,
            date_to=date_to or None,
            sort=sort,
            limit=limit,
            per_episode=per_episode or None,
            cursor=cursor or None,
        )

    @app.get("/v1/suggest", summary="Complete the word being typed", tags=["search"])
    def suggest(q: str, limit: int = 8) -> Suggestions:
        return Suggestions(suggestions=service.suggest(q, limit=limit))

    @app.get("/v1/shows", summary="The shows one can filter by", tags=["search"])
    def shows() -> Facets:
        return Facets(names=service.shows())

    @app.get("/v1/speakers", summary="The speakers one can filter by", tags=["search"])
    def speakers(show: str = "") -> Facets:
        return Facets(names=service.speakers(show=show or None))
