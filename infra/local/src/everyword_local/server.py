"""The one HTTP origin of the local stack: the services' API, uploads, audio and the web page."""

import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from importlib.metadata import version

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

import captions.api
import ingest.api
import refine.api
import search.api
from captions.domain.formats import FORMATS
from everyword_events import BlobRef, Misconfigured, NotFound
from everyword_http import local_resolver
from everyword_local import operations
from everyword_local.data_folder import DataFolder
from everyword_local.house import ASKED_AT, House
from everyword_local.logs import log_as_json
from everyword_local.processes import process_group
from everyword_local.settings import SettingsFile
from everyword_local.uploads import CORS, UploadEndpoint
from everyword_local.web.routes import web_routes
from search.client_identity import is_trusted

GRACE_S = 5
_THIS_MACHINE = ("127.0.0.1", "::1")


def application(house: House) -> Starlette:
    """Compose the ASGI application of one house."""
    api = local_resolver("Everyword", version("everyword"))
    ingest.api.register(api, house.ingest, link_of=address_of)
    refine.api.register(api, house.refine)
    captions.api.register(api, house.captions)

    search.api.register(api, house.search)
    operations.register(api, house)

    def media(request: Request) -> Response:
        try:
            ref, path = house.audio_of(request.path_params["episode_id"])
        except NotFound as error:
            return PlainTextResponse(error.message, 404, headers=CORS)
        return FileResponse(path, media_type=ref.media_type, headers=CORS)

    return Starlette(
        routes=[
            Route("/uploads/{token}", UploadEndpoint(house).__call__, methods=["PUT"]),
            Route("/media/{episode_id}", media),
            *web_routes(house),
            Mount("/", api),
        ],
        middleware=[Middleware(_Address, house=house)],
    )


class _Address:
    """Lets what answers a request know under which address it was asked.

    A proxy on this machine, or one that is trusted, may say that it was asked by https.
    """

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app = app
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "scheme": self._scheme(Request(scope))}
            ASKED_AT.set(str(Request(scope).base_url))
        await self._app(scope, receive, send)

    def _scheme(self, request: Request) -> str:
        stated = request.headers.get("x-forwarded-proto", "").lower()
        if stated not in {"http", "https"} or request.client is None:
            return request.url.scheme
        proxies = (*_THIS_MACHINE, *self._house.search.trusted_proxies)
        return stated if is_trusted(request.client.host, proxies) else request.url.scheme


def address_of(ref: BlobRef) -> str:
    """Return the address that serves a caption file; another blob's own name."""
    match ref.uri.rsplit("/", 4):
        case [_, episode_id, run_id, "captions", file]:
            for form in FORMATS.values():
                if form.file == file:
                    return f"/v1/episodes/{episode_id}/transcript{form.suffix}?run={run_id}"
    return ref.uri


def serve(
    folder: DataFolder,
    settings: SettingsFile,
    *,
    host: str,
    port: int,
    ready: Callable[[str], None],
) -> None:
    """Run the whole stack until it is told to stop; port 0 takes a free one.

    Raises:
        Misconfigured: the port is in use (`port_in_use`), or another server holds the folder.
    """
    with _listening(host, port) as listener:
        taken = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{taken}"
        with folder.serving(url), House(folder, settings, base_url=url) as house:
            house.resume()
            log_as_json(folder.root / "logs" / "http.log")
            arguments = ["--data", str(folder.root)]
            if settings.path is not None:
                arguments += ["--settings", str(settings.path)]
            server = uvicorn.Server(
                uvicorn.Config(
                    application(house),
                    log_config=None,
                    # It would take the word of anybody on this machine for who asks.
                    proxy_headers=False,
                    timeout_graceful_shutdown=GRACE_S,
                )
            )

            def give_up() -> None:
                server.should_exit = True

            # uvicorn sends itself the signal again at its end; by default that would end this
            # process before its children.
            signal.signal(signal.SIGTERM, lambda *_: give_up())
            with process_group(arguments, give_up) as children:
                ready(url)
                server.run(sockets=[listener])
            broken = [child.role for child in children if child.hopeless]
            if broken:
                raise Misconfigured(
                    f"the {' and the '.join(broken)} process does not start",
                    hint=f"see {folder.root / 'logs'}, or run `everyword doctor`",
                    code="start_failed",
                )


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"cannot listen on {host}:{port}: {error.strerror}",
            hint="choose another with --port, or --port 0 for a free one",
            code="port_in_use",
        ) from error
    try:
        yield listener
    finally:
        listener.close()
