"""Ingest over HTTP: episodes are announced, read, altered, processed again and removed."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from fastapi import Form, Header, Query, Response, UploadFile
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import to_json

from everyword_events import BlobRef, EngineInfo, TranscriptQuality
from everyword_events.moments import GivenMoment
from everyword_http import Router, needs, reply
from everyword_storage import SignedParts, SignedUpload
from ingest.domain import (
    EpisodeChange,
    EpisodeError,
    EpisodeView,
    NewEpisode,
    Progress,
    State,
    trust_notes,
)
from ingest.intake import Announced
from ingest.ports import ReplayTaken, TranscriptFile
from ingest.service import MOST_PER_PAGE, IngestService

MOST_AFTER: Final = 2**53
Shown = Callable[[EpisodeView], "EpisodeReply"]


class EpisodeRequest(NewEpisode):
    """Announces an episode.

    With a `transcript` nothing is recognised: without `bytes` no upload follows; with `bytes` the
    audio is uploaded as ever, to be played. It is JSON (Everyword's, WhisperX's, or of another
    service that is known), or a string: the text of a caption file.
    """

    model_config = ConfigDict(extra="forbid")

    transcript: dict[str, Any] | list[Any] | str | None = None

    def transcript_file(self) -> TranscriptFile | None:
        """Return the transcript as the file it could have come in."""
        if self.transcript is None:
            return None
        if isinstance(self.transcript, str):
            return TranscriptFile(self.transcript.encode("utf-8", "surrogatepass"))
        return TranscriptFile(to_json(self.transcript, inf_nan_mode="constants"))


class TranscriptForm(NewEpisode):
    """A transcript's file and what is known of its episode, as a form.

    `file` is the transcript. `filename`, `bytes`, `media_type` and `sha256` are those of its audio,
    if any is to be uploaded afterwards; the other fields are those of EpisodeRequest.
    """

    model_config = ConfigDict(extra="forbid")

    file: UploadFile


class ImportRequest(BaseModel):
    """Takes audio in from an address; see EpisodeRequest for the other fields."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=4000)
    title: str | None = None
    show: str = ""
    language: str = ""
    speakers: int = Field(default=0, ge=0, le=64)
    channels: Literal["", "mix", "speakers"] = ""
    engine: str = ""
    model: str = ""
    published_at: GivenMoment = None
    link: str | None = None
    allow_duplicate: bool = False


class PutReply(BaseModel):
    """PUT the file's bytes to `url`, with these headers, before `expires_at`."""

    kind: Literal["put"] = "put"
    url: str
    headers: dict[str, str]
    expires_at: AwareDatetime


class MultipartReply(BaseModel):
    """PUT the file's parts, `part_bytes` each and the last one what is left, to `urls` in order.

    Parts whose numbers (from 1) are `stored` are there already. Then POST `…:complete`. Asking
    again with the same Idempotency-Key or sha256 gives fresh addresses.
    """

    kind: Literal["multipart"] = "multipart"
    urls: list[str]
    part_bytes: int
    stored: list[int]
    headers: dict[str, str]
    expires_at: AwareDatetime


UploadReply = Annotated[PutReply | MultipartReply, Field(discriminator="kind")]


def _upload_reply(upload: SignedUpload | SignedParts) -> PutReply | MultipartReply:
    if isinstance(upload, SignedUpload):
        return PutReply(url=upload.url, headers=upload.headers, expires_at=upload.expires_at)
    return MultipartReply(
        urls=list(upload.urls),
        part_bytes=upload.part_bytes,
        stored=list(upload.stored),
        headers=upload.headers,
        expires_at=upload.expires_at,
    )


class AnnouncedReply(BaseModel):
    """The episode, and where its audio goes; `upload` is null where none is wanted.

    `existing` tells of an episode that has these very bytes already; `warnings` of what was noticed
    while its transcript was read.
    """

    episode_id: str
    state: State
    existing: bool
    upload: UploadReply | None
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, announced: Announced) -> "AnnouncedReply":
        """Show what was announced."""
        return cls(
            episode_id=announced.episode.episode_id,
            state=announced.episode.state,
            existing=announced.existing,
            upload=_upload_reply(announced.upload) if announced.upload else None,
            warnings=announced.warnings,
        )


class EpisodeReply(BaseModel):
    """An episode as it is now. `timings` are seconds by step, `cost` is in USD.

    `tokens` are those its newest run paid a language model for; `stored_bytes` are its audio's, its
    transcript's and its published files'. `quality` is what checks say of its transcript; `notes`
    say that and the flags in plain words.
    """

    episode_id: str
    show: str
    title: str
    published_at: AwareDatetime | None
    link: str | None
    filename: str
    guid: str
    source_url: str | None
    image_url: str | None
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
    quality: TranscriptQuality | None
    notes: tuple[str, ...]
    timings: dict[str, float]
    cost: float | None
    tokens: int
    stored_bytes: int
    files: dict[str, str]
    created_at: AwareDatetime
    updated_at: AwareDatetime
    removed_at: AwareDatetime | None = None
    audio_removed_at: AwareDatetime | None = None
    reason: str | None = None

    @classmethod
    def of(cls, view: EpisodeView, link_of: Callable[[BlobRef], str]) -> "EpisodeReply":
        """Show a view; `link_of` says where people find a file."""
        made_here = {"files", "notes"}
        own = {name: getattr(view, name) for name in cls.model_fields if name not in made_here}
        notes = trust_notes(view) if view.transcript else ()
        files = {name: link_of(ref) for name, ref in view.files.items()}
        return cls(**own, notes=tuple(notes), files=files)


class EpisodesReply(BaseModel):
    """A page of episodes, newest first; `next` is the next page's cursor."""

    episodes: list[EpisodeReply]
    next: str | None


class EventsReply(BaseModel):
    """An episode's journal, oldest first: `{"meta", "type", "data"}` each."""

    events: list[dict[str, Any]]


class EpisodeReplayRequest(BaseModel):
    """Processes again from the newest event of type `from`; for `only` these services, or all.

    From AudioUploaded, `only: ["diarize"]` keeps the words, and tells anew who says them;
    `speakers` says how many people speak, 0 that nobody knows. A `dry_run` only says which
    episodes would be looked at.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: str = Field(alias="from")
    only: list[str] = Field(default_factory=list, max_length=20)
    reason: str = Field(default="", max_length=1000)
    rate_per_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    speakers: int | None = Field(default=None, ge=0, le=100)
    dry_run: bool = False


class ReplaysRequest(EpisodeReplayRequest):
    """The same for every episode, or every one of a show."""

    show: str | None = None


class ReplayTakenReply(BaseModel):
    """Which episodes are processed again; `replay_id` where that goes on in the background."""

    episode_ids: list[str]
    replay_id: str | None = None

    @classmethod
    def of(cls, taken: ReplayTaken) -> "ReplayTakenReply":
        """Show what was taken."""
        return cls(episode_ids=list(taken.episode_ids), replay_id=taken.replay_id)


def router(
    service: IngestService, *, link_of: Callable[[BlobRef], str] = lambda ref: ref.uri
) -> Router:
    """Return ingest's routes; `link_of` says where a file is found."""
    routes = Router()

    def shown(view: EpisodeView) -> EpisodeReply:
        return EpisodeReply.of(view, link_of)

    _take_in(routes, service, shown)
    _tell(routes, service, shown)
    _alter(routes, service, shown)
    _process_again(routes, service)
    return routes


def _announced(announced: Announced, new: HTTPStatus) -> Response:
    """Show an episode; one that was there before is nothing new."""
    return reply(AnnouncedReply.of(announced), HTTPStatus.OK if announced.existing else new)


def _take_in(routes: Router, service: IngestService, shown: Shown) -> None:
    @routes.post(
        "/v1/episodes",
        summary="Announce an episode",
        tags=["episodes"],
        status_code=HTTPStatus.CREATED,
        response_model=AnnouncedReply,
        responses={200: {"model": AnnouncedReply, "description": "The archive has it already"}},
        dependencies=[needs("upload")],
    )
    def create(
        body: EpisodeRequest,
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        announced = service.create(
            NewEpisode.model_validate(body.model_dump(exclude={"transcript"})),
            transcript=body.transcript_file(),
            idempotency_key=idempotency_key,
        )
        return _announced(announced, HTTPStatus.CREATED)

    @routes.post(
        "/v1/transcripts",
        summary="Take in a transcript or caption file that exists already",
        tags=["episodes"],
        status_code=HTTPStatus.CREATED,
        response_model=AnnouncedReply,
        responses={200: {"model": AnnouncedReply, "description": "The archive has it already"}},
        dependencies=[needs("upload")],
    )
    def import_transcript(
        body: Annotated[TranscriptForm, Form()],
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        new = NewEpisode.model_validate(body.model_dump(exclude={"file"}))
        name = body.file.filename or ""
        announced = service.create(
            new if new.title or new.filename else new.model_copy(update={"filename": name}),
            transcript=TranscriptFile(body.file.file.read(), name),
            idempotency_key=idempotency_key,
        )
        return _announced(announced, HTTPStatus.CREATED)

    @routes.post(
        "/v1/episodes:import",
        summary="Take audio in from an address",
        tags=["episodes"],
        status_code=HTTPStatus.ACCEPTED,
        response_model=AnnouncedReply,
        responses={200: {"model": AnnouncedReply, "description": "The archive has it already"}},
        dependencies=[needs("upload")],
    )
    def import_audio(
        body: ImportRequest,
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        announced = service.import_audio(
            NewEpisode.model_validate(body.model_dump(exclude={"url"})),
            body.url,
            idempotency_key=idempotency_key,
        )
        return _announced(announced, HTTPStatus.ACCEPTED)

    @routes.post(
        "/v1/episodes/{episode_id}:complete",
        summary="Say that it is uploaded",
        tags=["episodes"],
        dependencies=[needs("upload")],
    )
    def complete(episode_id: str) -> EpisodeReply:
        return shown(service.complete(episode_id))


def _tell(routes: Router, service: IngestService, shown: Shown) -> None:
    @routes.get(
        "/v1/episodes",
        summary="List episodes, newest first",
        tags=["episodes"],
        dependencies=[needs("search")],
    )
    def page(
        show: str | None = None,
        state: State | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST_PER_PAGE)] = 50,
    ) -> EpisodesReply:
        found = service.page(show=show, state=state, cursor=cursor, limit=limit)
        episodes = [shown(view) for view in found.episodes]
        return EpisodesReply(episodes=episodes, next=found.next_cursor)

    @routes.get(
        "/v1/episodes/{episode_id}",
        summary="Read an episode",
        tags=["episodes"],
        dependencies=[needs("search")],
    )
    def read(episode_id: str) -> EpisodeReply:
        return shown(service.get(episode_id))

    @routes.get(
        "/v1/episodes/{episode_id}/events",
        summary="Read its journal",
        tags=["episodes"],
        dependencies=[needs("search")],
    )
    def events(
        episode_id: str, after: Annotated[int, Query(ge=0, le=MOST_AFTER)] = 0
    ) -> EventsReply:
        recorded = service.events(episode_id, after=after)
        return EventsReply(
            events=[{"type": each.event.type, **each.event.to_detail()} for each in recorded]
        )


def _alter(routes: Router, service: IngestService, shown: Shown) -> None:
    @routes.patch(
        "/v1/episodes/{episode_id}",
        summary="State its metadata anew",
        tags=["episodes"],
        dependencies=[needs("edit")],
    )
    def change(episode_id: str, body: EpisodeChange) -> EpisodeReply:
        return shown(service.change(episode_id, body))

    @routes.delete(
        "/v1/episodes/{episode_id}",
        summary="Remove an episode",
        tags=["episodes"],
        dependencies=[needs("edit")],
    )
    def remove(
        episode_id: str, reason: Annotated[str, Query(max_length=1000)] = ""
    ) -> EpisodeReply:
        return shown(service.remove(episode_id, reason))


def _process_again(routes: Router, service: IngestService) -> None:
    @routes.post(
        "/v1/episodes/{episode_id}/replays",
        summary="Process it again",
        tags=["replays"],
        status_code=HTTPStatus.ACCEPTED,
        dependencies=[needs("edit")],
    )
    def replay(episode_id: str, body: EpisodeReplayRequest) -> ReplayTakenReply:
        taken = service.replay(
            episode_id,
            body.from_,
            only=body.only,
            reason=body.reason,
            speakers=body.speakers,
            dry_run=body.dry_run,
        )
        return ReplayTakenReply.of(taken)

    @routes.post(
        "/v1/replays",
        summary="Process many episodes again",
        tags=["replays"],
        status_code=HTTPStatus.ACCEPTED,
        dependencies=[needs("edit")],
    )
    def replays(body: ReplaysRequest) -> ReplayTakenReply:
        taken = service.replay(
            None,
            body.from_,
            only=body.only,
            reason=body.reason,
            show=body.show,
            rate_per_s=body.rate_per_s,
            speakers=body.speakers,
            dry_run=body.dry_run,
        )
        return ReplayTakenReply.of(taken)
