"""Requests counted and timed by route, for Prometheus: no address, nobody's words."""

from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

TEXT_FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60)
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
