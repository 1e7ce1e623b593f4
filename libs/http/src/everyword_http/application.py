"""The services' routes as one ASGI application: uvicorn serves it here, Mangum on Lambda."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from fastapi.routing import iter_route_contexts
from starlette.middleware import Middleware

from everyword_http.access import Access, OpenAccess
from everyword_http.compression import Compression
from everyword_http.edge import BoundedBody, HeadAsGet, SingleFraming
from everyword_http.problem import CONTENT_TYPE, install_problems
from everyword_http.public import PublicReading
from everyword_http.reference import PAGE_HEADERS, reference_page
from everyword_http.routing import PROBLEMS, PublicRouter
from everyword_http.workers import WorkerLimits, Workers

OPENAPI_PATH: Final = "/v1/openapi.json"
LIMITS: Final[Mapping[str, WorkerLimits]] = {
    "public": WorkerLimits(threads=max(2, os.cpu_count() or 1), time_limit_s=12.0),
    "private": WorkerLimits(threads=8),
}
"""Readers from anywhere never hold up those who own the archive."""


class Application(FastAPI):
    """FastAPI, whose document says that errors are problems."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            for methods in document["paths"].values():
                for operation in methods.values():
                    _say_problems(operation["responses"])
        return super().openapi()


def create_application(
    title: str,
    version: str,
    routers: Sequence[APIRouter],
    *,
    access: Access | None = None,
    limits: Mapping[str, WorkerLimits] = LIMITS,
) -> FastAPI:
    """Compose one application from the services' routers.

    It has problems for errors, HEAD for every GET, bounded bodies and threads, compressed replies,
    OpenAPI 3.1 at `/v1/openapi.json` and a reference page at `/docs`.
    """
    app = Application(
        title=title,
        version=version,
        openapi_url=OPENAPI_PATH,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
        middleware=[
            Middleware(Compression),
            Middleware(SingleFraming),
            Middleware(BoundedBody),
            Middleware(HeadAsGet),
            Middleware(PublicReading, patterns=list(_public_paths(routers))),
        ],
    )
    install_problems(app)
    app.state.access = access or OpenAccess()
    app.state.workers = {name: Workers(each) for name, each in limits.items()}
    for router in routers:
        app.include_router(router)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(reference_page(app.openapi()), headers=PAGE_HEADERS)

    return app


def _say_problems(responses: dict[str, Any]) -> None:
    for status in PROBLEMS:
        content = responses.get(str(status), {}).get("content", {})
        if "application/json" in content:
            content[CONTENT_TYPE] = content.pop("application/json")


def _public_paths(routers: Sequence[APIRouter]) -> Iterator[re.Pattern[str]]:
    for router in routers:
        if isinstance(router, PublicRouter):
            for route in iter_route_contexts(router.routes):
                pattern: Any = getattr(route, "path_regex", None)
                if pattern is not None:
                    yield pattern
