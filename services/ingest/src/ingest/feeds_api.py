"""Podcast feeds over HTTP."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from everyword_http import Router, needs, reply
from ingest.domain.feed import FeedRecord, FeedReport
from ingest.domain.metadata import Published
from ingest.feeds import FeedRequest
from ingest.service import IngestService


class FollowRequest(BaseModel):
    """Follows a feed: all its episodes, its `newest` ones, or those published `since`.

    A `dry_run` only says what that would be, with the hours of audio, and the time and the cost
    as far as this archive has something to reckon them by.
    """

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=4000)
    show: str = ""
    language: str = ""
    newest: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    since: Published = None
    dry_run: bool = False


class FeedsReply(BaseModel):
    """The feeds that are followed, oldest first."""

    feeds: list[FeedRecord]


def feeds_router(service: IngestService) -> Router:
    """Return the routes of feeds."""
    routes = Router(tags=["feeds"])

    @routes.post(
        "/v1/feeds",
        summary="Follow a podcast's feed",
        status_code=HTTPStatus.ACCEPTED,
        response_model=FeedReport,
        dependencies=[needs("upload")],
    )
    def follow(body: FollowRequest) -> Response:
        request = FeedRequest(
            url=body.url,
            show=body.show,
            language=body.language,
            newest=body.newest or 0,
            since=body.since,
        )
        report = service.feeds.add(request, dry_run=body.dry_run, in_background=True)
        return reply(report, HTTPStatus.ACCEPTED)

    @routes.get("/v1/feeds", summary="List feeds", dependencies=[needs("search")])
    def listed() -> FeedsReply:
        return FeedsReply(feeds=list(service.feeds.feeds()))

    @routes.post(
        "/v1/feeds/{feed_id}:poll",
        summary="Ask a feed for what is new",
        status_code=HTTPStatus.ACCEPTED,
        response_model=FeedReport,
        dependencies=[needs("upload")],
    )
    def poll(feed_id: str) -> Response:
        return reply(service.feeds.poll(feed_id, in_background=True), HTTPStatus.ACCEPTED)

    @routes.delete(
        "/v1/feeds/{feed_id}", summary="Follow a feed no more", dependencies=[needs("upload")]
    )
    def remove(feed_id: str) -> FeedRecord:
        return service.feeds.remove(feed_id)

    @routes.get(
        "/v1/episodes/{episode_id}/chapters.json",
        summary="The chapters that the creator gave it",
        dependencies=[needs("search")],
    )
    def chapters(episode_id: str) -> Response:
        return Response(service.chapters(episode_id), media_type="application/json+chapters")

    return routes
