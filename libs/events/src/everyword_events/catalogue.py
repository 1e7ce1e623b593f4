"""All events, what each carries, and how a wire form becomes one of them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, Field, FiniteFloat, NonNegativeInt, ValidationError
from pydantic_core import from_json

from everyword_events.envelope import BlobRef, Event, EventData, Meta, Model
from everyword_events.errors import InvalidInput
from everyword_events.upcast import upcast

Seconds = Annotated[FiniteFloat, Field(ge=0)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]


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
    speaker_names: tuple[str, ...] = ()


class LinkedFile(Model):
    """A file that a feed links to; `language` is BCP 47 or empty."""

    url: str
    media_type: str = ""
    language: str = ""


class EpisodeOrigin(Model):
    """Where audio is fetched that nobody uploads, and what the feed that names it says of it."""

    url: str
    guid: str = ""
    feed_url: str = ""
    image_url: str | None = None
    persons: tuple[str, ...] = ()
    transcripts: tuple[LinkedFile, ...] = ()
    chapters: LinkedFile | None = None


class EngineInfo(Model):
    """Which recogniser made a transcript; name `imported` when it came from elsewhere."""

    name: str
    model: str = ""
    device: str = ""


class TranscriptQuality(Model):
    """What checks say of a transcript, for a person to know how far to trust it.

    Shares are of its words, 0..1; `doubtful_share` is None where the engine states no confidence.
    Windows are what the engine was given at a time, None where that is not known;
    `windows_heard_again` are those whose first text did not convince.
    """

    doubtful_share: Share | None = None
    estimated_share: Share = 0.0
    windows: NonNegativeInt | None = None
    windows_heard_again: NonNegativeInt | None = None


class EpisodeCreated(EventData):
    """An episode was announced; its audio is still to be uploaded, or fetched from its origin.

    Of audio that is fetched the size is not known yet: `bytes` is 0.
    """

    episode: EpisodeInfo
    filename: str
    bytes: NonNegativeInt
    media_type: str
    sha256: str | None = None
    hints: TranscriptionHints = TranscriptionHints()
    upload_expires_at: AwareDatetime
    allow_duplicate: bool = False
    origin: EpisodeOrigin | None = None


class UploadRejected(EventData):
    """An upload ended without usable audio: not audio, empty, truncated, wrong digest, expired."""

    code: str
    message: str
    hint: str = ""


class AudioUploaded(EventData):
    """Audio arrived, was probed, and can be transcribed.

    Where `words_of` names a transcript, its words stay and only who says them is told anew.
    """

    episode: EpisodeInfo
    audio: BlobRef
    duration_s: Seconds
    container: str
    codec: str
    channels: int
    sample_rate_hz: int
    hints: TranscriptionHints = TranscriptionHints()
    words_of: BlobRef | None = None


class TranscriptReady(EventData):
    """A transcript exists, as the engine gave it or as it was imported.

    `voices` are voiceprints of its speakers, by their labels: kept only where a show consents.
    """

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
    quality: TranscriptQuality | None = None
    voices: dict[str, BlobRef] = Field(default_factory=dict)


class TranscriptionFailed(EventData):
    """Recognition ended without a transcript."""

    code: str
    message: str
    hint: str = ""
    retryable: bool = False


class SuggestedChapter(Model):
    """Where a chapter begins, in seconds, and its title: a language model's, checked."""

    start: Seconds
    title: str


class TranscriptRefined(EventData):
    """The transcript to publish: rules, glossary, model suggestions and edits applied.

    `recognised` are those of the `speakers` whom their voices alone named, from other episodes.
    `chapters` are there where a language model was asked for them and its answer held.
    """

    episode: EpisodeInfo
    transcript: BlobRef
    report: BlobRef | None = None
    audio: BlobRef | None = None
    language: str
    duration_s: Seconds
    words: NonNegativeInt
    speakers: tuple[str, ...] = ()
    recognised: tuple[str, ...] = ()
    rules_applied: NonNegativeInt = 0
    suggestions_accepted: NonNegativeInt = 0
    suggestions_rejected: dict[str, NonNegativeInt] = Field(default_factory=dict)
    degraded: str | None = None
    tokens: NonNegativeInt = 0
    cost_usd: Seconds | None = None
    timings_s: dict[str, Seconds] = Field(default_factory=dict)
    chapters: tuple[SuggestedChapter, ...] = ()


class SegmentAnchor(Model):
    """Where a correction belongs, found again by time and neighbouring words after a new run."""

    start: Seconds
    end: Seconds
    text: str
    before: str = ""
    after: str = ""


class TranscriptEdited(EventData):
    """A person corrected words or a speaker, named a speaker's label, or undid a correction.

    `from_here` gives `speaker` all that the anchor's speaker says from there on; `undoes` is the
    id of an edit that holds no longer. `for_show` is the show in which whoever `was` called so far
    is called `speaker`, in later episodes too. `language` is that of all that is said.
    """

    anchor: SegmentAnchor | None = None
    text: str | None = None
    speaker: str | None = None
    label: str | None = None
    edited_by: str = ""
    from_here: bool = False
    undoes: str | None = None
    was: str = ""
    for_show: str = ""
    language: str = ""


class VoiceForgotten(EventData):
    """A person's voice shall not be known any more; the names in transcripts stay.

    The voiceprints of `labels` in run `of_run`, and all of earlier runs, are deleted. `edits` are
    those that named the person in this episode: they teach no voice any more.
    """

    name: str
    of_run: str
    labels: tuple[str, ...]
    edits: tuple[str, ...] = ()


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


class AudioRemoved(EventData):
    """An episode's audio was deleted, its words stay: nothing can be recognised anew."""

    audio: tuple[BlobRef, ...]
    reason: str = ""


class RunsRemoved(EventData):
    """What old runs of an episode had made was deleted; nothing that stays refers to it."""

    runs: tuple[str, ...]
    reason: str = ""


class EpisodeFinished(EventData):
    """A run of an episode came to its end: it is ready, or it failed. One event an outcome."""

    episode: EpisodeInfo
    filename: str = ""
    status: Literal["success", "failed"]
    transcript: BlobRef | None = None
    files: dict[str, BlobRef] = Field(default_factory=dict)
    duration_s: Seconds | None = None
    language: str | None = None
    code: str = ""
    message: str = ""
    hint: str = ""


class SpokenMoment(Model):
    """Where something is spoken: seconds, and the first word's number, from 0, in the episode."""

    start: Seconds
    end: Seconds
    first_word: NonNegativeInt
    speaker: str | None = None


class SavedSearchMatched(EventData):
    """A new or re-processed episode says what a saved search asks for; every moment once."""

    search_id: str
    query: str
    episode: EpisodeInfo
    moments: tuple[SpokenMoment, ...]


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
        VoiceForgotten,
        CaptionsPublished,
        EpisodeIndexed,
        EpisodeChanged,
        EpisodeRemoved,
        AudioRemoved,
        RunsRemoved,
        EpisodeFinished,
        SavedSearchMatched,
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
