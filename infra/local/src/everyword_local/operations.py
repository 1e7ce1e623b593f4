"""What one machine measures of itself, for Prometheus."""

from collections.abc import Iterator

from fastapi import Response
from fastapi.responses import PlainTextResponse
from prometheus_client.core import GaugeMetricFamily

from everyword_http import TEXT_FORMAT, Metrics, Router, needs
from everyword_local.composition import Composition


def router(metrics: Metrics) -> Router:
    """Return the route of the metrics."""
    routes = Router(tags=["operations"])

    @routes.get(
        "/metrics",
        summary="Prometheus metrics",
        dependencies=[needs("admin")],
        response_class=PlainTextResponse,
    )
    def measured() -> Response:
        return Response(metrics.text(), media_type=TEXT_FORMAT)

    return routes


def gauges(composition: Composition) -> Iterator[GaugeMetricFamily]:
    """Say how much is queued, in hand and dead, by service."""
    unfinished = GaugeMetricFamily(
        "everyword_deliveries_unfinished", "Deliveries queued or in hand", labels=["service"]
    )
    dead = GaugeMetricFamily("everyword_dead_letters", "Given up on", labels=["service"])
    for name, depth in composition.bus.pending().items():
        unfinished.add_metric([name], depth.unfinished)
        dead.add_metric([name], depth.dead)
    yield from (unfinished, dead)
