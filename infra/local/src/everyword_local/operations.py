"""What one machine says of itself: Prometheus metrics, logs, and all events as they happen."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Query, Response
from fastapi.responses import PlainTextResponse
from prometheus_client.core import GaugeMetricFamily
from pydantic import BaseModel

from everyword_http import Router, needs
from everyword_http.metrics import TEXT_FORMAT, Metrics
from everyword_http.operator_routes import ReadLogs
from everyword_local.composition import Composition
from everyword_local.log_reading import lines_of

MOST_AFTER: Final = 2**53


class JournalReply(BaseModel):
    """Events of all episodes, oldest first; ask for those `after` the `next` place."""

    events: list[dict[str, Any]]
    next: int


def router(composition: Composition, metrics: Metrics) -> Router:
    """Return the routes that only one machine has."""
    routes = Router(tags=["operations"])
    _journal(routes, composition)

    @routes.get(
        "/metrics",
        summary="Prometheus metrics",
        dependencies=[needs("admin")],
        response_class=PlainTextResponse,
    )
    def measured() -> Response:
        return Response(metrics.text(), media_type=TEXT_FORMAT)

    return routes


def read_logs(composition: Composition) -> ReadLogs:
    """Return what reads the logs of this machine's processes."""

    def read(episode_id: str, since: datetime | None, most: int) -> list[dict[str, Any]]:
        composition.ingest.get(episode_id)
        begin = since.astimezone(UTC).isoformat() if since else ""
        return lines_of(composition.folder.logs, episode_id, since=begin, most=most)

    return read


def _journal(routes: Router, composition: Composition) -> None:
    @routes.get(
        "/v1/events",
        summary="The events of all episodes, as they were recorded",
        dependencies=[needs("admin")],
    )
    def events(
        after: Annotated[int | None, Query(ge=0, le=MOST_AFTER)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> JournalReply:
        """Return the newest ones, or those `after` a place."""
        recorded = composition.bus.journal(after=after, limit=limit)
        return JournalReply(
            events=[{"type": each.event.type, **each.event.to_detail()} for each in recorded],
            next=recorded[-1].position if recorded else after or 0,
        )


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
