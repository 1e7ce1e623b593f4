"""Requests counted and timed by route, for Prometheus and the log: no address, nobody's words."""

import logging
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TEXT_FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60)
log = logging.getLogger(__name__)
Gauges = Callable[[], Iterable[GaugeMetricFamily]]


class Metrics:
    """What one application measures of itself; `gauges` are read when somebody asks."""

    def __init__(self, gauges: Gauges = tuple) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "everyword_http_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "everyword_http_request_seconds",
            "Time from a request's head to its answer's end",
            ["route"],
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self._registry.register(_Gauges(gauges))

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        found: bytes = generate_latest(self._registry)
        return found


class _Gauges(Collector):
    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self._gauges()

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Say nothing beforehand: it would be asked before the application is ready."""
        return ()


class Measured:
    """Counts and logs each request by its route."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
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
