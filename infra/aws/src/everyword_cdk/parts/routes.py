"""Which service answers which HTTP route: read off the services' own routers.

API Gateway prefers the more specific route and takes one service for each. A path whose variable is
only part of a segment (`/v1/episodes/{episode_id}:complete`) is a variable segment there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from everyword_aws.routes.admin import admin_routers
from everyword_aws.routes.ingest import ingest_routers
from everyword_aws.routes.refine import refine_routers
from everyword_aws.routes.search import search_routers
from fastapi import APIRouter
from fastapi.routing import iter_route_contexts

import captions.api
from everyword_events import Misconfigured

ADMIN = "admin"
"""The function that is no service's: keys, health, dead letters."""
ELSEWHERE: Mapping[str, str] = {
    "/metrics": "CloudWatch has the functions' and queues' metrics; nothing here lives to be asked",
    "/v1/audio/transcriptions": "no function has an engine, and API Gateway waits 30 s for none",
    "/v1/worker/": "a worker elsewhere takes its jobs from SQS and its audio from S3 itself, with "
    "credentials of its own (python -m everyword_aws.worker): Lambda carries 6 MB a reply",
    "/v1/events": "the log in DynamoDB has an order for each episode, and none across them",
}
"""Routes that one machine has and AWS has not, each with the reason."""
PAGES_ELSEWHERE: Mapping[str, str] = {
    "/search": "results without scripts: the pages are files, and no function writes them",
    "/status": "it needs a key, and nobody signs in: `everyword status` and the dashboard say it",
    "/sign-in": "keys come with each request; a session would need a secret of all functions",
    "/sign-out": "as above",
    "/uploads/{token}": "bytes go to S3 itself, at a presigned address",
}
"""Pages, and what else is in no OpenAPI document, that one machine has and AWS has not."""
_VARIABLE = re.compile(r"\{(\w+)[^}]*\}")


@dataclass(frozen=True)
class Route:
    """One path of API Gateway, its methods, and the service behind it."""

    path: str
    methods: tuple[str, ...]
    service: str


def api_routes() -> list[Route]:
    """Return every route of the HTTP API.

    Raises:
        Misconfigured: two services answer one method of one path.
    """
    found: dict[str, dict[str, str]] = {}
    for service, path, method in _declared():
        here = found.setdefault(as_gateway_path(path), {})
        if here.setdefault(method, service) != service:
            raise Misconfigured(
                f"{method} {path} is answered by {here[method]} and by {service}",
                code="route_twice",
            )
    return [
        Route(path, tuple(sorted(m for m, s in methods.items() if s == service)), service)
        for path, methods in sorted(found.items())
        for service in sorted(set(methods.values()))
    ]


def as_gateway_path(path: str) -> str:
    """Write a path of ours as API Gateway knows it."""
    return "/".join(_segment(segment) for segment in path.split("/"))


def _segment(segment: str) -> str:
    variable = _VARIABLE.search(segment)
    return "{" + variable[1] + "}" if variable else segment


class _Nothing:
    """Stands for what routes lead to: a router needs it to answer, not to say what it answers."""

    def __getattr__(self, name: str) -> "_Nothing":
        return self


def all_routers() -> Mapping[str, Sequence[APIRouter]]:
    """Return the routers of every function with an HTTP API, leading to nothing."""
    nothing: Any = _Nothing()
    return {
        "ingest": ingest_routers(nothing),
        "refine": refine_routers(nothing, nothing, nothing),
        "captions": [captions.api.router(nothing)],
        "search": search_routers(nothing, nothing),
        ADMIN: admin_routers(nothing),
    }


def _declared() -> Iterator[tuple[str, str, str]]:
    """Give (service, path, method) of every route, HEAD with every GET."""
    for service, routers in all_routers().items():
        for route in (each for router in routers for each in iter_route_contexts(router.routes)):
            methods = set(getattr(route, "methods", None) or ())
            if "GET" in methods:
                methods |= {"HEAD", "OPTIONS"}
            for method in methods:
                yield service, str(getattr(route, "path_format", "")), method
