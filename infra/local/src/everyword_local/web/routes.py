"""Routes of the pages: the archive, search without scripts, an episode, and their files."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from everyword_events import EpisodeInfo, EverywordError, NotFound
from everyword_http import status_of
from everyword_local.house import House
from everyword_transcripts import read_transcript
from search.pages import CONTENT_SECURITY_POLICY, render_message, render_results, render_transcript
from search.widget_files import widget_path

HERE = Path(__file__).parent
PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
FILE_HEADERS = {
    # Other sites embed the widget: a module script is fetched as CORS asks.
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def web_routes(house: House) -> list[BaseRoute]:
    """Return the routes of everything a person sees in a browser."""

    def index(_: Request) -> Response:
        return FileResponse(HERE / "index.html", headers=PAGE_HEADERS)

    def results(request: Request) -> Response:
        return _results(house, request)

    def episode(request: Request) -> Response:
        try:
            return _episode(house, request.path_params["episode_id"], request.query_params)
        except NotFound as error:
            return _page(render_message("There is no such episode", error.message), 404)

    return [
        Route("/", index),
        Route("/search", results),
        Route("/episodes/{episode_id}", episode),
        Mount("/static", _Files(directory=HERE)),
        Mount("/widget", _Files(directory=widget_path())),
    ]


_NARROWS = ("show", "speaker", "from", "to", "exact")


class _Wishes(TypedDict):
    """What narrows a search down."""

    show: str | None
    speaker: str | None
    exact: bool


class _Files(StaticFiles):
    """Serves the files that browsers load, and nothing else of the folder."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not path.endswith((".js", ".css")):
            return Response(status_code=404)
        response = await super().get_response(path, scope)
        response.headers.update(FILE_HEADERS)
        return response


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, headers=PAGE_HEADERS)


def _results(house: House, request: Request) -> Response:
    asked = request.query_params
    query = asked.get("q", "").strip()
    if not query:
        return _page(render_results(None, query=""))
    narrowed = {name: value for name in _NARROWS if (value := asked.get(name))}
    wishes = _Wishes(
        show=asked.get("show"), speaker=asked.get("speaker"), exact=asked.get("exact") == "true"
    )
    try:
        house.search.admit(request.client.host if request.client else "", request.headers)
        reply = house.search.search(
            query,
            **wishes,
            date_from=asked.get("from"),
            date_to=asked.get("to"),
            cursor=asked.get("cursor"),
        )
        # The chart shows all times, and marks those asked for.
        is_said = reply["hits"] or "from" in narrowed or "to" in narrowed
        timeline = house.search.timeline(query, **wishes) if is_said else None
    except EverywordError as error:
        problem = f"{error.message}: {error.hint}" if error.hint else error.message
        return _page(render_results(None, query=query, problem=problem), status_of(error))
    return _page(render_results(reply, query=query, narrowed=narrowed, timeline=timeline))


def _episode(house: House, episode_id: str, asked: Mapping[str, str]) -> Response:
    view = house.ingest.get(episode_id)
    if view.state == "removed":
        raise NotFound("it was removed", code="episode_removed")
    if view.transcript is None or view.state != "ready":
        return FileResponse(HERE / "episode.html", headers=PAGE_HEADERS)
    return _page(
        render_transcript(
            read_transcript(house.blobs.get(view.transcript)),
            EpisodeInfo(
                show=view.show,
                title=view.title,
                published_at=view.published_at,
                link=view.link,
                as_of=view.updated_at,
            ),
            episode_id=episode_id,
            at_s=_seconds(asked.get("t")),
        )
    )


def _seconds(text: str | None) -> float | None:
    """Read `?t=`; nothing where it is no finite time."""
    try:
        seconds = float(text) if text else -1.0
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
