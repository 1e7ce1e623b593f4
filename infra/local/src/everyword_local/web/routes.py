"""Routes of the pages: the archive, search without scripts, an episode, and their files."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypedDict

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from everyword_events import EpisodeInfo, EverywordError, NotFound
from everyword_http import AccessDenied, client_identity, key_of, status_of
from everyword_http.access import check_read
from everyword_local.composition import Composition
from everyword_local.web.files import BrowserFiles
from everyword_local.web.policy import PAGE_HEADERS
from everyword_transcripts import read_transcript
from ingest.domain import trust_notes
from search.pages import render_message, render_results, render_transcript
from search.widget_files import widget_path

HERE = Path(__file__).parent


def web_routes(composition: Composition) -> list[BaseRoute]:
    """Return the routes of everything a person sees in a browser."""

    async def index(request: Request) -> Response:
        if not await _may_read(request, public=False):
            return RedirectResponse("/sign-in", 303)
        return FileResponse(HERE / "index.html", headers=PAGE_HEADERS)

    async def status(request: Request) -> Response:
        if not await _may_read(request, public=False):
            return RedirectResponse("/sign-in", 303)
        return FileResponse(HERE / "status.html", headers=PAGE_HEADERS)

    async def results(request: Request) -> Response:
        return await _worked(request, partial(_results, composition, request))

    async def episode(request: Request) -> Response:
        episode_id = request.path_params["episode_id"]
        return await _worked(
            request, partial(_episode, composition, episode_id, request.query_params)
        )

    return [
        Route("/", index),
        Route("/status", status),
        Route("/search", results),
        Route("/episodes/{episode_id}", episode),
        Route("/static/{path:path}", BrowserFiles(HERE).__call__),
        Route("/widget/{path:path}", BrowserFiles(widget_path()).__call__),
    ]


_EPISODE_SCRIPTS = ("listening", "details", "editing", "doubts", "turns")
_NO_EPISODE = "Nothing in this archive has this address. Search for a word, or choose an episode."
_NARROWS = ("show", "speaker", "from", "to", "exact")


class _Filters(TypedDict):
    """What narrows a search down."""

    show: str | None
    speaker: str | None
    exact: bool


async def _may_read(request: Request, *, public: bool) -> bool:
    access = request.app.state.access
    try:
        if public:
            await check_read(access, key_of(request), request.path_params)
        else:
            access.check(key_of(request), "search", public=False)
    except AccessDenied:
        return False
    return True


async def _worked(request: Request, answer: Callable[[], Response]) -> Response:
    """Answer a page on the readers' threads, if the request may read."""
    if not await _may_read(request, public=True):
        return RedirectResponse("/sign-in", 303)
    found: Response = await request.app.state.workers["public"].run(answer)
    return found


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, headers=PAGE_HEADERS)


def _results(composition: Composition, request: Request) -> Response:
    asked = request.query_params
    query = asked.get("q", "").strip()
    if not query:
        return _page(render_results(None, query=""))
    narrowed = {name: value for name in _NARROWS if (value := asked.get(name))}
    filters = _Filters(
        show=asked.get("show"), speaker=asked.get("speaker"), exact=asked.get("exact") == "true"
    )
    try:
        composition.search.admit(client_identity(request))
        reply = composition.search.search(
            query,
            **filters,
            date_from=asked.get("from"),
            date_to=asked.get("to"),
            cursor=asked.get("cursor"),
        )
        # The chart shows all times, and marks those asked for.
        is_said = reply["hits"] or "from" in narrowed or "to" in narrowed
        timeline = composition.search.timeline(query, **filters) if is_said else None
    except EverywordError as error:
        problem = f"{error.message}: {error.hint}" if error.hint else error.message
        return _page(render_results(None, query=query, problem=problem), status_of(error))
    return _page(render_results(reply, query=query, narrowed=narrowed, timeline=timeline))


def _episode(composition: Composition, episode_id: str, asked: Mapping[str, str]) -> Response:
    try:
        view = composition.ingest.get(episode_id)
    except NotFound:
        return _page(render_message("There is no such episode", _NO_EPISODE), 404)
    if view.state == "removed":
        return _page(render_message("There is no such episode", "It was removed."), 404)
    if view.transcript is None or view.state != "ready":
        return FileResponse(HERE / "episode.html", headers=PAGE_HEADERS)
    has_chapters = composition.has_chapters(episode_id)
    scripts = (*_EPISODE_SCRIPTS, *(("chapters",) if has_chapters else ()))
    return _page(
        render_transcript(
            read_transcript(composition.blobs.get(view.transcript)),
            EpisodeInfo(
                show=view.show,
                title=view.title,
                published_at=view.published_at,
                link=view.link,
                as_of=view.updated_at,
            ),
            episode_id=episode_id,
            at_s=_seconds(asked.get("t")),
            has_audio=view.audio is not None,
            notes=trust_notes(view),
            extra_scripts=tuple(f"/static/{name}.js" for name in scripts),
        )
    )


def _seconds(text: str | None) -> float | None:
    """Read `?t=`; nothing where it is no finite time."""
    try:
        seconds = float(text) if text else -1.0
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
