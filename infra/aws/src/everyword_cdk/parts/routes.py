"""Which service answers which HTTP route: read off the services' own routers.

API Gateway prefers the more specific route and takes one service for each. A path whose variable is
only part of a segment (`/v1/episodes/{episode_id}:complete`) is a variable segment there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.routing import iter_route_contexts

import captions.api
import ingest.api
import refine.api
import search.api
from everyword_events import Misconfigured

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


def _declared() -> Iterator[tuple[str, str, str]]:
    """Give (service, path, method) of every route, HEAD with every GET.

    A router needs its service to answer, not to say what it answers.
    """
    never: Any = None
    for service, router in (
        ("ingest", ingest.api.router(never)),
        ("refine", refine.api.router(never)),
        ("captions", captions.api.router(never)),
        ("search", search.api.router(never)),
    ):
        for route in iter_route_contexts(router.routes):
            methods = set(getattr(route, "methods", None) or ())
            if "GET" in methods:
                methods |= {"HEAD", "OPTIONS"}
            for method in methods:
                yield service, str(getattr(route, "path", "")), method
