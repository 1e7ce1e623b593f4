"""The one HTTP origin of the local stack: the services' API, uploads, audio and the web page."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

import captions.api
import ingest.api
import ingest.feeds_api
import ingest.notifications_api
import ingest.retention_api
import refine.api
import refine.voices_api
import search.api
import transcribe_gpu.api
import transcribe_gpu.cancel_api
import transcribe_gpu.contract
import transcribe_gpu.worker_api
from captions.addresses import address_of
from captions.config import CaptionsSettings
from captions.enriched_feeds import enriched_feeds_router
from captions.standalone import render
from everyword_http import (
    LIMITS,
    Access,
    OpenAccess,
    SingleFraming,
    WorkerLimits,
    create_application,
    install_problems,
    is_fresh,
    key_of,
    key_routes,
)
from everyword_http.access import check_read
from everyword_http.keys import KeyAccess
from everyword_http.measured import Measured
from everyword_http.metrics import Metrics
from everyword_http.operator_routes import (
    dead_letters_router,
    health_router,
    logs_router,
    replays_router,
)
from everyword_http.public_shows import show_access_router
from everyword_local import keys, operations
from everyword_local.composition import REQUEST_ORIGIN, Composition
from everyword_local.uploads import UploadEndpoint
from everyword_local.web.error_pages import ErrorPages
from everyword_local.web.routes import web_routes
from everyword_transcripts import Transcript
from transcribe_gpu.cancelling import Cancellations

UPLOADS: Final = WorkerLimits(threads=64, waiting=64, time_limit_s=math.inf)
"""An upload holds a thread while its bytes come; a silence ends it, not its length."""
CLIPS: Final = WorkerLimits(threads=2, waiting=8, time_limit_s=math.inf)
"""Clips wait for one another; beyond these, whoever asks is told to come again."""
PATIENT: Final = {name: WorkerLimits(time_limit_s=math.inf) for name in LIMITS}
"""For one command in this process: nobody else waits."""
MEDIA_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    # Whatever an uploaded file says it is, a browser runs nothing of it.
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def application(
    composition: Composition,
    *,
    access: Access | None = None,
    limits: Mapping[str, WorkerLimits] = LIMITS,
    search_elsewhere: Callable[..., bytes] | None = None,
) -> Starlette:
    """Compose the ASGI application of one installation.

    `search_elsewhere` searches in other processes (see `SearchProcesses.search`).
    """
    access = access or OpenAccess()
    metrics = Metrics(partial(operations.gauges, composition))
    api = create_application(
        "Everyword",
        version("everyword"),
        [
            ingest.api.router(composition.ingest, link_of=address_of),
            ingest.feeds_api.feeds_router(composition.ingest),
            ingest.feeds_api.chapters_router(
                composition.ingest, generated=composition.captions.chapters
            ),
            ingest.retention_api.retention_router(composition.ingest),
            ingest.notifications_api.notifications_router(composition.notifications),
            refine.api.router(composition.refine),
            refine.voices_api.voices_router(composition.voices, composition.knows_voices),
            captions.api.router(composition.captions),
            search.api.router(composition.search, answer=search_elsewhere),
            transcribe_gpu.api.router(composition.clips, render_clip),
            key_routes.router(composition.keys),
            transcribe_gpu.worker_api.worker_router(
                composition.bus.inbox(transcribe_gpu.contract.CONTRACT.service),
                composition.bus,
                composition.blobs,
                progress=composition.progress,
                settings_for=lambda show: composition.settings.of_show(show).transcribe,
                cancellations=Cancellations(composition.bus),
            ),
            transcribe_gpu.cancel_api.cancel_router(Cancellations(composition.bus)),
            health_router(
                composition.bus.pending,
                composition.bus,
                {
                    "episodes": partial(composition.ingest.page, limit=1),
                    "search": composition.search.shows,
                },
            ),
            replays_router(composition.replays),
            dead_letters_router(composition.bus),
            operations.router(composition, metrics),
            logs_router(operations.read_logs(composition)),
            show_access_router(composition.public_shows, partial(episodes_by_show, composition)),
            enriched_feeds_router(
                composition.ingest.feeds.document_of,
                composition.ingest.ready_of,
                origin_of=lambda _: REQUEST_ORIGIN.get(""),
            ),
        ],
        access=access,
        limits={**limits, "uploads": UPLOADS, transcribe_gpu.api.POOL: CLIPS},
    )

    async def media(request: Request) -> Response:
        await check_read(access, key_of(request), request.path_params)
        find = partial(composition.audio_of, request.path_params["episode_id"])
        ref, path = await request.app.state.workers["public"].run(find)
        headers = {**MEDIA_HEADERS, "ETag": f'"{ref.sha256}"'}
        if is_fresh(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return FileResponse(path, media_type=ref.media_type, headers=headers)

    app = Starlette(
        routes=[
            Route("/uploads/{token}", UploadEndpoint(composition).__call__, methods=["PUT"]),
            Route("/media/{episode_id}", media),
            *(keys.sign_in_routes(access) if isinstance(access, KeyAccess) else ()),
            *web_routes(composition),
            Mount("/", api),
        ],
        middleware=[
            Middleware(Measured, metrics=metrics),
            Middleware(SingleFraming),
            Middleware(ErrorPages),
        ],
    )
    install_problems(app)
    app.state.access = access
    app.state.workers = api.state.workers
    return app


def episodes_by_show(composition: Composition) -> dict[str, int]:
    """Return how many searchable episodes each show has."""
    return {each["name"]: each["episodes"] for each in composition.search.shows()}


def render_clip(transcript: Transcript, form: str) -> bytes:
    """Write a clip's transcript as captions."""
    return render(transcript, form, CaptionsSettings())


class RequestOrigin:
    """Lets what answers a request know under which origin it was asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            REQUEST_ORIGIN.set(str(Request(scope).base_url))
        await self._app(scope, receive, send)
