"""All events, what each carries, and how a wire form becomes one of them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, Field, FiniteFloat, NonNegativeInt, ValidationError
from pydantic_core import from_json

from everyword_events.envelope import BlobRef, Event, EventData, Meta, Model
from everyword_events.errors import InvalidInput
from everyword_events.upcast import upcast

Seconds = Annotated[FiniteFloat, Field(ge=0)]


class EpisodeInfo(Model):
    """What a listener knows an episode by, as stated at `as_of` (the latest statement wins)."""

    show: str = ""
    title: str
    published_at: AwareDatetime | None = None
    link: str | None = None
    as_of: AwareDatetime


class TranscriptionHints(Model):
    """What the uploader asks of the recognition; empty or 0 means: decide for me."""

    language: str = ""
    speakers: NonNegativeInt = 0
    channels: Literal["", "mix", "speakers"] = ""
    engine: str = ""
    model: str = ""


class EngineInfo(Model):
    """Which recogniser made a transcript; name `imported` when it came from elsewhere."""

    name: str
    model: str = ""
    device: str = ""


class EpisodeCreated(EventData):
    """An episode was announced; its audio is still to be uploaded."""

    episode: EpisodeInfo
    filename: str
    bytes: NonNegativeInt
    media_type: str
    sha256: str | None = None
    hints: TranscriptionHints = TranscriptionHints()
    upload_expires_at: AwareDatetime
    allow_duplicate: bool = False


class UploadRejected(EventData):
    """An upload ended without usable audio: not audio, empty, truncated, wrong digest, expired."""

    code: str
    message: str
    hint: str = ""


class AudioUploaded(EventData):
    """Audio arrived, was probed, and can be transcribed."""

    episode: EpisodeInfo
    audio: BlobRef
    duration_s: Seconds
    container: str
    codec: str
    channels: int
    sample_rate_hz: int
    hints: TranscriptionHints = TranscriptionHints()


class TranscriptReady(EventData):
    """A transcript exists, as the engine gave it or as it was imported."""

    episode: EpisodeInfo
    transcript: BlobRef
    audio: BlobRef | None = None
    language: str
    duration_s: Seconds
    words: NonNegativeInt
    engine: EngineInfo
    timings_s: dict[str, Seconds] = Field(default_factory=dict)
    flags: tuple[str, ...] = ()
    cost_usd: Seconds | None = None


class TranscriptionFailed(EventData):
    """Recognition ended without a transcript."""

    code: str
    message: str
    hint: str = ""
    retryable: bool = False


class TranscriptRefined(EventData):
    """The transcript to publish: rules, glossary, model suggestions and edits applied."""

    episode: EpisodeInfo
    transcript: BlobRef
    report: BlobRef | None = None
    audio: BlobRef | None = None
    language: str
    duration_s: Seconds
    words: NonNegativeInt
    speakers: tuple[str, ...] = ()
    rules_applied: NonNegativeInt = 0
    suggestions_accepted: NonNegativeInt = 0
    suggestions_rejected: dict[str, NonNegativeInt] = Field(default_factory=dict)
    degraded: str | None = None
    tokens: NonNegativeInt = 0
    cost_usd: Seconds | None = None
    timings_s: dict[str, Seconds] = Field(default_factory=dict)


class SegmentAnchor(Model):
    """Where a correction belongs, found again by time and neighbouring words after a new run."""

    start: Seconds
    end: Seconds
    text: str
    before: str = ""
    after: str = ""


class TranscriptEdited(EventData):
    """A person corrected a segment's text or speaker, or a speaker label's name."""

    anchor: SegmentAnchor | None = None
    text: str | None = None
    speaker: str | None = None
    label: str | None = None
    edited_by: str = ""


class CaptionsPublished(EventData):
    """Caption and transcript files exist, one per format."""

    files: dict[str, BlobRef]


class EpisodeIndexed(EventData):
    """Every word of the episode can be found."""

    words: NonNegativeInt
    passages: NonNegativeInt
    index: str


class EpisodeChanged(EventData):
    """Title, date, link or show were stated anew."""

    episode: EpisodeInfo


class EpisodeRemoved(EventData):
    """The episode is gone; every service deletes what it holds."""

    reason: str = ""


class DeliveryDeadLettered(EventData):
    """A consumer gave up on an event; a person can mend the cause and redrive it."""

    consumer: str
    dead_type: str
    dead_event_id: str
    code: str
    message: str
    hint: str = ""
    attempts: int


CATALOGUE: Final[Mapping[str, type[EventData]]] = {
    kind.event_type(): kind
    for kind in (
        EpisodeCreated,
        UploadRejected,
        AudioUploaded,
        TranscriptReady,
        TranscriptionFailed,
        TranscriptRefined,
        TranscriptEdited,
        CaptionsPublished,
        EpisodeIndexed,
        EpisodeChanged,
        EpisodeRemoved,
        DeliveryDeadLettered,
    )
}


def parse_event(wire: str | bytes | Mapping[str, Any]) -> Event:
    """Read an event from its wire form, or from the shorter `{"meta", "type", "data"}`.

    An older schema is lifted to the present one by `upcast`.

    Raises:
        InvalidInput: not JSON, unknown type, a schema newer than ours, or fields that do not fit.
    """
    if isinstance(wire, str | bytes):
        try:
            wire = from_json(wire)
        except ValueError as error:
            raise InvalidInput(f"not JSON: {error}", code="event_not_json") from error
    if not isinstance(wire, Mapping):
        raise InvalidInput("an event is a JSON object", code="event_not_object")
    detail = wire.get("detail", wire)
    name = wire.get("detail-type", wire.get("type"))
    kind = CATALOGUE.get(name) if isinstance(name, str) else None
    if kind is None:
        raise InvalidInput(
            f"unknown event type {name!r}",
            hint=f"known are {', '.join(CATALOGUE)}",
            code="event_unknown",
        )
    if not isinstance(detail, Mapping):
        raise InvalidInput("an event's detail is a JSON object", code="event_not_object")
    try:
        meta = Meta.model_validate(detail.get("meta"))
        raw = detail.get("data")
        if meta.schema_version != kind.schema_version:
            raw = upcast(name, meta.schema_version, kind.schema_version, raw)
        data = kind.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{name}: {where}: {first['msg']}", code="event_invalid") from error
    if meta.schema_version != kind.schema_version:
        meta = meta.model_copy(update={"schema_version": kind.schema_version})
    source = wire.get("source")
    return Event(
        source=source if isinstance(source, str) else "everyword.unknown", meta=meta, data=data
    )
