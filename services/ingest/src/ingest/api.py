"""Ingest over HTTP: `register` puts its routes on a Powertools resolver, local or on AWS."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from everyword_events import BlobRef, EngineInfo
from everyword_storage import SignedUpload
from ingest.domain import EpisodeChange, EpisodeError, EpisodeView, NewEpisode, Progress, State
from ingest.service import MOST_PER_PAGE, IngestService

Shown = Callable[[EpisodeView], "EpisodeReply"]


class EpisodeRequest(NewEpisode):
    """Announces an episode.

    With a `transcript` (Everyword's JSON or WhisperX's) nothing is recognised: without `bytes` no
    upload follows; with `bytes` the audio is uploaded as ever, to be played.
    """

    model_config = ConfigDict(extra="forbid")

    transcript: dict[str, Any] | None = None


class UploadReply(BaseModel):
    """PUT the file's bytes to `url`, with these headers, before `expires_at`."""

    kind: Literal["put"] = "put"
    url: str
    headers: dict[str, str]
    expires_at: AwareDatetime

    @classmethod
    def of(cls, upload: SignedUpload) -> "UploadReply":
        """Take over a signed upload."""
        return cls(url=upload.url, headers=upload.headers, expires_at=upload.expires_at)


class AnnouncedReply(BaseModel):
    """The episode, and where its audio goes; `upload` is null where none is wanted.

    `existing` tells of an episode that has these very bytes already.
    """

    episode_id: str
    state: State
    existing: bool
    upload: UploadReply | None


class EpisodeReply(BaseModel):
    """An episode as it is now. `timings` are seconds by step, `cost` is in USD."""

    episode_id: str
    show: str
    title: str
    published_at: AwareDatetime | None
    link: str | None
    filename: str
    state: State
    run_id: str
    progress: Progress | None
    error: EpisodeError | None
    duration_s: float | None
    language: str | None
    words: int | None
    speakers: tuple[str, ...]
    engine: EngineInfo | None
    flags: tuple[str, ...]
    timings: dict[str, float]
    cost: float | None
    files: dict[str, str]
    created_at: AwareDatetime
    updated_at: AwareDatetime

    @classmethod
    def of(cls, view: EpisodeView, link_of: Callable[[BlobRef], str]) -> "EpisodeReply":
        """Show a view; `link_of` says where people find a file."""
        own = {name: getattr(view, name) for name in cls.model_fields if name != "files"}
        return cls(**own, files={name: link_of(ref) for name, ref in view.files.items()})


class EpisodesReply(BaseModel):
    """A page of episodes, newest first; `next` is the next page's cursor."""

    episodes: list[EpisodeReply]
    next: str | None


class EventsReply(BaseModel):
    """An episode's journal, oldest first: `{"meta", "type", "data"}` each."""

    events: list[dict[str, Any]]


class ReplayRequest(BaseModel):
    """Processes again from the newest event of type `from`; for `only` these services, or all."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: str = Field(alias="from")
    only: list[str] = Field(default_factory=list, max_length=20)
    reason: str = Field(default="", max_length=1000)
    rate_per_s: float | None = Field(default=None, gt=0)


class ReplaysRequest(ReplayRequest):
    """The same for every episode, or every one of a show."""

    show: str | None = None


class ReplaysReply(BaseModel):
    """Which episodes are processed again."""

    episode_ids: list[str]


def register(
    app: ApiGatewayResolver,
    service: IngestService,
    *,
    link_of: Callable[[BlobRef], str] = lambda ref: ref.uri,
) -> None:
    """Put ingest's routes on a resolver with validation; `link_of` says where a file is found."""

    def shown(view: EpisodeView) -> EpisodeReply:
        return EpisodeReply.of(view, link_of)

    _take_in(app, service, shown)
    _tell(app, service, shown)
    _alter(app, service, shown)
    _process_again(app, service)


def _take_in(app: ApiGatewayResolver, service: IngestService, shown: Shown) -> None:
    @app.post("/v1/episodes", summary="Announce an episode", tags=["episodes"])
    def create(
        body: EpisodeRequest,
        idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
    ) -> Response[AnnouncedReply]:
        announced = service.create(
            NewEpisode.model_validate(body.model_dump(exclude={"transcript"})),
            transcript=body.transcript,
            idempotency_key=idempotency_key,
        )
        reply = AnnouncedReply(
            episode_id=announced.episode.episode_id,
            state=announced.episode.state,
            existing=announced.existing,
            upload=UploadReply.of(announced.upload) if announced.upload else None,
        )
        status = HTTPStatus.OK if announced.existing else HTTPStatus.CREATED
        return Response(status_code=status, content_type="application/json", body=reply)

    @app.post(
        "/v1/episodes/<episode_id>:complete", summary="Say that it is uploaded", tags=["episodes"]
    )
    def complete(episode_id: str) -> EpisodeReply:
        return shown(service.complete(episode_id))


def _tell(app: ApiGatewayResolver, service: IngestService, shown: Shown) -> None:
    @app.get("/v1/episodes", summary="List episodes, newest first", tags=["episodes"])
    def page(
        show: str | None = None,
        state: State | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST_PER_PAGE)] = 50,
    ) -> EpisodesReply:
        found = service.page(show=show, state=state, cursor=cursor, limit=limit)
        episodes = [shown(view) for view in found.episodes]
        return EpisodesReply(episodes=episodes, next=found.next_cursor)

    @app.get("/v1/episodes/<episode_id>", summary="Read an episode", tags=["episodes"])
    def read(episode_id: str) -> EpisodeReply:
        return shown(service.get(episode_id))

    @app.get("/v1/episodes/<episode_id>/events", summary="Read its journal", tags=["episodes"])
    def events(episode_id: str, after: Annotated[int, Query(ge=0)] = 0) -> EventsReply:
        recorded = service.events(episode_id, after=after)
        return EventsReply(
            events=[{"type": each.event.type, **each.event.to_detail()} for each in recorded]
        )


def _alter(app: ApiGatewayResolver, service: IngestService, shown: Shown) -> None:
    @app.patch("/v1/episodes/<episode_id>", summary="State its metadata anew", tags=["episodes"])
    def change(episode_id: str, body: EpisodeChange) -> EpisodeReply:
        return shown(service.change(episode_id, body))

    @app.delete("/v1/episodes/<episode_id>", summary="Remove an episode", tags=["episodes"])
    def remove(
        episode_id: str, reason: Annotated[str, Query(max_length=1000)] = ""
    ) -> EpisodeReply:
        return shown(service.remove(episode_id, reason))


def _process_again(app: ApiGatewayResolver, service: IngestService) -> None:
    @app.post("/v1/episodes/<episode_id>/replays", summary="Process it again", tags=["replays"])
    def replay(episode_id: str, body: ReplayRequest) -> Response[ReplaysReply]:
        return _accepted(service.replay(episode_id, body.from_, only=body.only, reason=body.reason))

    @app.post("/v1/replays", summary="Process many episodes again", tags=["replays"])
    def replays(body: ReplaysRequest) -> Response[ReplaysReply]:
        return _accepted(
            service.replay(
                None,
                body.from_,
                only=body.only,
                reason=body.reason,
                show=body.show,
                rate_per_s=body.rate_per_s,
            )
        )


def _accepted(episode_ids: Sequence[str]) -> Response[ReplaysReply]:
    return Response(
        status_code=HTTPStatus.ACCEPTED,
        content_type="application/json",
        body=ReplaysReply(episode_ids=list(episode_ids)),
    )
