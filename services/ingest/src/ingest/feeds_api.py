"""Podcast feeds over HTTP."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from everyword_events import NotFound
from everyword_events.moments import GivenMoment
from everyword_http import PublicRouter, Router, needs, reply
from ingest.domain.feed import FeedImport, FeedRecord, FeedReport, ImportState
from ingest.feeds import FeedRequest
from ingest.service import IngestService

WaitS = Annotated[float, Field(ge=0, le=20, allow_inf_nan=False)]


class FollowRequest(BaseModel):
    """Follows a feed: all its episodes, its `newest` ones, or those published `since`.

    It is taken in in the background; the reply, after `wait_s` at most, says how far that is.

    A `dry_run` only says what that would be, with the hours of audio, and the time and the cost
    as far as this archive has something to reckon them by.
    """

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=4000)
    show: str = ""
    language: str = ""
    newest: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    since: GivenMoment = None
    dry_run: bool = False
    wait_s: WaitS = 2.0


class FeedImportReply(BaseModel):
    """A feed that is taken in: `done` of `total` items so far, and how that ended."""

    import_id: str
    feed_id: str
    url: str
    show: str
    state: ImportState
    done: int
    total: int
    error: str
    started_at: AwareDatetime

    @classmethod
    def of(cls, job: FeedImport, done: int) -> "FeedImportReply":
        """Show an import."""
        own = job.model_dump(include={"import_id", "state", "total", "error", "started_at"})
        feed = job.feed
        return cls(**own, done=done, feed_id=feed.feed_id, url=feed.url, show=feed.show)


class FeedImportsReply(BaseModel):
    """The newest imports, newest first."""

    imports: list[FeedImportReply]


class FeedsReply(BaseModel):
    """The feeds that are followed, oldest first."""

    feeds: list[FeedRecord]


def feeds_router(service: IngestService) -> Router:
    """Return the routes of feeds."""
    routes = Router(tags=["feeds"])

    def begun(report: FeedReport, wait_s: float) -> Response:
        if report.import_id:
            report = service.feeds.wait(report.import_id, at_most_s=wait_s)
        return reply(report, HTTPStatus.ACCEPTED)

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
        if body.dry_run:
            return reply(service.feeds.dry_run(request), HTTPStatus.ACCEPTED)
        return begun(service.feeds.start(request), body.wait_s)

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
    def poll(feed_id: str, wait_s: WaitS = 2.0) -> Response:
        return begun(service.feeds.start_poll(feed_id), wait_s)

    _imports(routes, service)

    @routes.delete(
        "/v1/feeds/{feed_id}", summary="Follow a feed no more", dependencies=[needs("upload")]
    )
    def remove(feed_id: str) -> FeedRecord:
        return service.feeds.remove(feed_id)

    return routes


def _imports(routes: Router, service: IngestService) -> None:
    @routes.get(
        "/v1/feed-imports",
        summary="The feeds that are taken in, and the newest that were",
        dependencies=[needs("search")],
    )
    def listed() -> FeedImportsReply:
        imports = service.feeds.imports
        return FeedImportsReply(
            imports=[
                FeedImportReply.of(each, imports.report(each.import_id).done)
                for each in imports.newest()
            ]
        )

    @routes.get(
        "/v1/feed-imports/{import_id}",
        summary="How far a feed is taken in, with a line for every item",
        dependencies=[needs("search")],
    )
    def read(import_id: str) -> FeedReport:
        return service.feeds.imports.report(import_id)

    @routes.post(
        "/v1/feed-imports/{import_id}:cancel",
        summary="Take no more of a feed's items in",
        dependencies=[needs("upload")],
    )
    def cancel(import_id: str) -> FeedReport:
        return service.feeds.imports.cancel(import_id)


def chapters_router(
    service: IngestService, *, generated: Callable[[str], bytes] | None = None
) -> PublicRouter:
    """Return the route of chapters: the creator's own, else those that `generated` returns.

    It raises NotFound where there are none either.
    """
    routes = PublicRouter(tags=["feeds"])

    @routes.get(
        "/v1/episodes/{episode_id}/chapters.json",
        summary="Its chapters: the creator's, or those made from what is said",
        response_class=Response,
    )
    def chapters(episode_id: str) -> Response:
        try:
            found = service.chapters(episode_id)
        except NotFound:
            if generated is None:
                raise
            found = generated(episode_id)
        return Response(found, media_type="application/json+chapters")

    return routes
