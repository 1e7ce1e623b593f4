"""The routes of ingest's function."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

import ingest.api
from captions.addresses import address_of
from captions.enriched_feeds import enriched_feeds_router
from everyword_events.replay_jobs import ReplayJobs
from everyword_http import PublicRouter
from everyword_http.operator_routes import replays_router
from ingest.feeds_api import chapters_router, feeds_router
from ingest.notifications import Notifications
from ingest.notifications_api import notifications_router
from ingest.retention_api import retention_router
from ingest.service import IngestService
from transcribe_gpu.cancel_api import cancel_router
from transcribe_gpu.cancelling import Cancellations

FORWARDED: str = "x-forwarded-host"
"""What CloudFront says that people asked for; API Gateway would only know itself."""


@dataclass(frozen=True)
class IngestParts:
    """What the routes lead to; `audio_of` says where audio is, `chapters_of` gives made ones."""

    service: IngestService
    replays: ReplayJobs
    notifications: Notifications
    cancellations: Cancellations
    audio_of: Callable[[str], str]
    chapters_of: Callable[[str], bytes]

    def show_of(self, episode_id: str) -> str:
        """Return the show of an episode; raises NotFound where there is none."""
        return self.service.get(episode_id).show


def ingest_routers(parts: IngestParts) -> list[APIRouter]:
    """Return the routes."""
    service = parts.service
    return [
        ingest.api.router(service, link_of=address_of),
        feeds_router(service),
        chapters_router(service, generated=parts.chapters_of),
        notifications_router(parts.notifications),
        replays_router(parts.replays),
        retention_router(service),
        cancel_router(parts.cancellations),
        enriched_feeds_router(service.feeds.document_of, service.ready_of, origin_of=origin_of),
        _media(parts.audio_of),
    ]


def origin_of(request: Request) -> str:
    """Return the origin that people know this API under."""
    host = request.headers.get(FORWARDED, "")
    return f"https://{host}" if host else str(request.base_url).rstrip("/")


def _media(audio_of: Callable[[str], str]) -> PublicRouter:
    routes = PublicRouter()

    @routes.get("/media/{episode_id}", include_in_schema=False)
    def media(episode_id: str) -> Any:
        return RedirectResponse(
            audio_of(episode_id),
            HTTPStatus.TEMPORARY_REDIRECT,
            headers={"Cache-Control": "no-store"},
        )

    return routes
