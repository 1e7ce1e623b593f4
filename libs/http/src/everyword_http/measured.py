"""Requests timed and logged by route: no address, nobody's words. Who counts them is composed."""

import logging
import time
from http import HTTPStatus
from typing import Final, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)


class RequestCounter(Protocol):
    """Counts the requests of one application."""

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""


class Measured:
    """Counts and logs each request by its route."""

    def __init__(self, app: ASGIApp, metrics: RequestCounter) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            took = time.monotonic() - began
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = str(getattr(scope.get("route"), "path_format", "") or "other")
            self._metrics.count(method, route, status, took)
            log.info(
                "request",
                extra={
                    "action": "request",
                    "method": method,
                    "route": route,
                    "status": status,
                    "duration_ms": round(took * 1000),
                },
            )


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
