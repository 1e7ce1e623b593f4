"""The web page of the local stack: static files, and pages rendered on the server."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from everyword_local.house import House

WEB = Path(__file__).parent / "web"


def web_routes(house: House) -> list[BaseRoute]:
    """Return the page's routes."""

    def index(_: Request) -> Response:
        return FileResponse(WEB / "index.html")

    return [
        Route("/", index),
        Mount("/static", StaticFiles(directory=WEB)),
    ]
