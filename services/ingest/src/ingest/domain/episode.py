"""An episode is a fold over its events: any order, any duplicates, the same view."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final, Protocol

from pydantic import AfterValidator, AwareDatetime, Field, FiniteFloat

from everyword_events import (
    AudioRemoved,
    AudioUploaded,
    BlobRef,
    CaptionsPublished,
    DeliveryDeadLettered,
    EngineInfo,
    EpisodeChanged,
    EpisodeCreated,
    EpisodeInfo,
    EpisodeRemoved,
    Event,
    EventData,
    Model,
    TranscriptionFailed,
    TranscriptQuality,
    TranscriptReady,
    TranscriptRefined,
    UploadRejected,
)
from everyword_transcripts import LONGEST_S
from ingest.domain.run_history import OUTPUTS, STAGES, RunHistory, State, in_order

_STATED_BY: Final = (
    EpisodeCreated,
    AudioUploaded,
    TranscriptReady,
    TranscriptRefined,
    EpisodeChanged,
)


class EpisodeError(Model):
    """Why an episode failed, and what to do."""

    code: str
    message: str
    hint: str = ""


class Progress(Model):
    """How far a stage's work is: `fraction` in 0..1, `eta_s` seconds left where known."""

    stage: str
    fraction: FiniteFloat | None = Field(default=None, ge=0, le=1)
    eta_s: FiniteFloat | None = None


class StageProgress(Protocol):
    """What a worker says of its progress."""

    @property
    def stage(self) -> str:
        """The step it is at."""

    @property
    def fraction(self) -> float | None:
        """How far, in 0..1."""

    @property
    def eta_s(self) -> float | None:
        """Seconds left."""


_RECOGNITION: Final = {"transcribe", "diarize"}


def believable(duration_s: float | None) -> float | None:
    """Return a duration; None for one that no recording has: old events may state it."""
    return None if duration_s is None or not 0 <= duration_s <= LONGEST_S else duration_s


class EpisodeView(Model):
    """All that is known of one episode now. `timings` are seconds by step, `cost` is in USD.

    `tokens` are those its newest run paid a language model for; `stored_bytes` are its audio's, its
    transcript's and its published files'.
    """

    episode_id: str
    run_id: str
    state: State
    show: str = ""
    title: str = ""
    published_at: AwareDatetime | None = None
    link: str | None = None
    filename: str = ""
    guid: str = ""
    source_url: str | None = None
    image_url: str | None = None
    error: EpisodeError | None = None
    progress: Progress | None = None
    duration_s: Annotated[float | None, AfterValidator(believable)] = None
    language: str | None = None
    engine: EngineInfo | None = None
    timings: dict[str, float] = Field(default_factory=dict)
    cost: float | None = None
    tokens: int = 0
    stored_bytes: int = 0
    words: int | None = None
    speakers: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    quality: TranscriptQuality | None = None
    audio: BlobRef | None = None
    audio_removed_at: AwareDatetime | None = None
    transcript: BlobRef | None = None
    files: dict[str, BlobRef] = Field(default_factory=dict)
    as_of: AwareDatetime | None = None
    upload_expires_at: AwareDatetime | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    removed_at: AwareDatetime | None = None
    reason: str | None = None

    @property
    def is_alive(self) -> bool:
        """Tell whether the episode is there or on its way: neither failed nor removed."""
        return self.state not in {"failed", "removed"}

    def with_progress(self, said: StageProgress | None) -> "EpisodeView":
        """Return the view with its newest run's progress, where it fits what the events say."""
        if said is None or self.state not in {"queued", "refining", "publishing"}:
            return self
        progress = Progress(stage=said.stage, fraction=said.fraction, eta_s=said.eta_s)
        transcribing = progress.stage in _RECOGNITION
        if self.state == "queued":
            state: State = "transcribing" if transcribing else "queued"
            return self.model_copy(update={"state": state, "progress": progress})
        # A worker's last words may outlive its result.
        return self if transcribing else self.model_copy(update={"progress": progress})


def fold(events: Iterable[Event]) -> EpisodeView:
    """Fold one episode's events, one or more, into what is known of it.

    It is ready when the governing runs delivered captions and index, and failed while one of them
    has a failure that nothing later in that run made good. A removal wins over all.

    Raises:
        ValueError: there are no events, or they are of more than one episode.
    """
    history = RunHistory.of(events)
    states = [history.state_of(output) for output in OUTPUTS]
    view = EpisodeView(
        episode_id=history.episode_id,
        run_id=history.run_id,
        state=_combined([state for state, _ in states]),
        error=_error([failure for _, failure in states if failure is not None]),
        created_at=history.events[0].meta.occurred_at,
        updated_at=history.events[-1].meta.occurred_at,
    )
    view = view.model_copy(update={**_stated(history), **_made(history)})
    removal = history.latest(EpisodeRemoved)
    return _tombstone(history, removal[1]) if removal else view


def _combined(states: Sequence[State]) -> State:
    if "failed" in states:
        return "failed"
    unfinished = [state for state in states if state != "ready"]
    return min(unfinished, key=STAGES.index) if unfinished else "ready"


def _error(failures: Sequence[Event]) -> EpisodeError | None:
    if not failures:
        return None
    data = max(failures, key=in_order).data
    assert isinstance(data, UploadRejected | TranscriptionFailed | DeliveryDeadLettered)
    return EpisodeError(code=data.code, message=data.message, hint=data.hint)


def _stated(history: RunHistory) -> dict[str, object]:
    """Return what people said of the episode; the latest statement wins."""
    infos = [info for event in history.events if (info := _info(event.data)) is not None]
    info = max(infos, key=lambda info: (info.as_of, info.model_dump_json()), default=None)
    created = history.latest(EpisodeCreated)
    stated: dict[str, object] = {}
    if info is not None:
        stated = {name: getattr(info, name) for name in EpisodeInfo.model_fields}
    if created is not None:
        stated["filename"] = created[1].filename
        stated["upload_expires_at"] = created[1].upload_expires_at
        if (origin := created[1].origin) is not None:
            stated |= {"guid": origin.guid, "source_url": origin.url, "image_url": origin.image_url}
    return stated


def _info(data: EventData) -> EpisodeInfo | None:
    return data.episode if isinstance(data, _STATED_BY) else None


def _made(history: RunHistory) -> dict[str, object]:
    """Return what the services made of the episode, each from the newest run that made it."""
    made: dict[str, object] = {}
    uploaded = history.latest(AudioUploaded)
    ready = history.latest(TranscriptReady)
    refined = history.latest(TranscriptRefined)
    if refined and ready and refined[0] < ready[0]:
        refined = None  # a newer recognition is being refined
    for found in (ready, uploaded):
        if found is not None and found[1].audio is not None:
            made["audio"] = found[1].audio
            made["duration_s"] = believable(found[1].duration_s)
    made |= _removed_audio(history, made.get("audio"))
    for transcript in (ready, refined):
        if transcript is not None:
            made["duration_s"] = believable(transcript[1].duration_s)
            for name in ("language", "words", "transcript"):
                made[name] = getattr(transcript[1], name)
    made |= _effort(ready and ready[1], refined and refined[1])
    captions = history.latest(CaptionsPublished)
    if captions is not None:
        made["files"] = captions[1].files
    made["stored_bytes"] = _stored(made)
    return made


def _stored(made: Mapping[str, object]) -> int:
    files = made.get("files")
    held = [made.get("audio"), made.get("transcript")]
    held += files.values() if isinstance(files, dict) else ()
    return sum({ref.uri: ref.bytes for ref in held if isinstance(ref, BlobRef)}.values())


def _removed_audio(history: RunHistory, audio: object) -> dict[str, object]:
    for event in history.events:
        if isinstance(event.data, AudioRemoved) and audio in event.data.audio:
            return {"audio": None, "audio_removed_at": event.meta.occurred_at}
    return {}


def _effort(ready: TranscriptReady | None, refined: TranscriptRefined | None) -> dict[str, object]:
    costs = [made.cost_usd for made in (ready, refined) if made and made.cost_usd is not None]
    flags = dict.fromkeys(ready.flags if ready else ())
    if refined and refined.degraded:
        flags[f"degraded:{refined.degraded.removeprefix('degraded:')}"] = None
    for name in refined.recognised if refined else ():
        flags[f"voice_recognised:{name}"] = None
    return {
        "engine": ready.engine if ready else None,
        "timings": {**(ready.timings_s if ready else {}), **(refined.timings_s if refined else {})},
        "cost": sum(costs) if costs else None,
        "tokens": refined.tokens if refined else 0,
        "speakers": refined.speakers if refined else (),
        "flags": tuple(flags),
        "quality": ready.quality if ready else None,
    }


def _tombstone(history: RunHistory, removed: EpisodeRemoved) -> EpisodeView:
    """Return all that is known of a removed episode: that, when and why."""
    at = next(e.meta.occurred_at for e in history.events if isinstance(e.data, EpisodeRemoved))
    return EpisodeView(
        episode_id=history.episode_id,
        run_id=history.run_id,
        state="removed",
        created_at=at,
        updated_at=at,
        removed_at=at,
        reason=removed.reason,
    )
