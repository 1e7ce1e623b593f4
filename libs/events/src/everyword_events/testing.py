"""For tests: one well-formed event of every type, and what a bus under test must offer."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Protocol

from everyword_events.catalogue import (
    AudioRemoved,
    AudioUploaded,
    CaptionsPublished,
    DeliveryDeadLettered,
    EngineInfo,
    EpisodeChanged,
    EpisodeCreated,
    EpisodeFinished,
    EpisodeIndexed,
    EpisodeInfo,
    EpisodeOrigin,
    EpisodeRemoved,
    LinkedFile,
    RunsRemoved,
    SavedSearchMatched,
    SegmentAnchor,
    SpokenMoment,
    SuggestedChapter,
    TranscriptEdited,
    TranscriptionFailed,
    TranscriptionHints,
    TranscriptQuality,
    TranscriptReady,
    TranscriptRefined,
    UploadRejected,
    VoiceForgotten,
)
from everyword_events.envelope import BlobRef, Event, EventData, Meta, Replay, new_run_id
from everyword_events.ports import DeadLetters, EventLog, Inbox

AS_OF: Final = datetime(2026, 3, 4, 5, 6, 7, 890000, tzinfo=UTC)
EPISODE: Final = EpisodeInfo(
    show="Slow Radio",
    title="Räksmörgås & 寿司",
    published_at=datetime(2026, 3, 1, 9, 0, tzinfo=UTC),
    link="https://example.org/episodes/1",
    as_of=AS_OF,
)
_AUDIO: Final = BlobRef(
    uri="blob://ingest/e1/audio.opus", sha256="0a" * 32, bytes=480_123, media_type="audio/ogg"
)
_TRANSCRIPT: Final = BlobRef(
    uri="blob://refine/e1/r1/transcript.json",
    sha256="0b" * 32,
    bytes=20_456,
    media_type="application/json",
)

SAMPLE_DATA: Final[tuple[EventData, ...]] = (
    EpisodeCreated(
        episode=EPISODE,
        filename="episode 1.opus",
        bytes=480_123,
        media_type="audio/ogg",
        sha256="0a" * 32,
        hints=TranscriptionHints(language="sv", speakers=2, channels="speakers", engine="auto"),
        upload_expires_at=datetime(2026, 3, 5, tzinfo=UTC),
        allow_duplicate=True,
        origin=EpisodeOrigin(
            url="https://example.org/episodes/1.opus",
            guid="episode-1",
            feed_url="https://example.org/feed.xml",
            image_url="https://example.org/1.jpg",
            persons=("Ada",),
            transcripts=(LinkedFile(url="https://example.org/1.vtt", media_type="text/vtt"),),
            chapters=LinkedFile(url="https://example.org/1.json"),
        ),
    ),
    UploadRejected(code="not_audio", message="this is a text file", hint="upload the recording"),
    AudioUploaded(
        episode=EPISODE,
        audio=_AUDIO,
        duration_s=61.5,
        container="ogg",
        codec="opus",
        channels=2,
        sample_rate_hz=48_000,
        hints=TranscriptionHints(language="sv"),
        words_of=_TRANSCRIPT,
    ),
    TranscriptReady(
        episode=EPISODE,
        transcript=_TRANSCRIPT,
        audio=_AUDIO,
        language="sv",
        duration_s=61.5,
        words=150,
        engine=EngineInfo(name="faster-whisper", model="tiny", device="cpu"),
        timings_s={"decode": 0.5, "recognise": 12.25},
        flags=("degraded:no-speakers",),
        cost_usd=0.01,
        quality=TranscriptQuality(
            doubtful_share=0.07, estimated_share=0.01, windows=3, windows_heard_again=1
        ),
        voices={"SPEAKER_00": _TRANSCRIPT},
    ),
    TranscriptionFailed(
        code="engine_failed", message="the engine stopped", hint="try another", retryable=True
    ),
    TranscriptRefined(
        episode=EPISODE,
        transcript=_TRANSCRIPT,
        report=_TRANSCRIPT,
        audio=_AUDIO,
        language="sv",
        duration_s=61.5,
        words=149,
        speakers=("Ada", "SPEAKER_01"),
        recognised=("Ada",),
        rules_applied=3,
        suggestions_accepted=2,
        suggestions_rejected={"too_many_changes": 1},
        degraded="model_unreachable",
        tokens=2048,
        cost_usd=0.002,
        timings_s={"rules": 0.01},
        chapters=(SuggestedChapter(start=0.0, title="The storm"),),
    ),
    TranscriptEdited(
        anchor=SegmentAnchor(start=1.5, end=3.25, text="helo world", before="and", after="again"),
        text="hello world",
        speaker="Ada",
        edited_by="editor@example.org",
    ),
    VoiceForgotten(
        name="Ada",
        of_run="0195619a-0000-7000-8000-0000000000a1",
        labels=("SPEAKER_00",),
        edits=("0195619a-0000-7000-8000-00000000000d",),
    ),
    CaptionsPublished(files={"vtt": _TRANSCRIPT, "srt": _TRANSCRIPT}),
    EpisodeIndexed(words=149, passages=12, index="sqlite:2"),
    EpisodeChanged(episode=EPISODE),
    EpisodeRemoved(reason="the guest asked for it"),
    AudioRemoved(audio=(_AUDIO,), reason="retention"),
    RunsRemoved(runs=("0195619a-0000-7000-8000-00000000000d",), reason="retention"),
    EpisodeFinished(
        episode=EPISODE,
        filename="episode 1.opus",
        status="failed",
        transcript=_TRANSCRIPT,
        files={"vtt": _TRANSCRIPT},
        duration_s=61.5,
        language="sv",
        code="not_audio",
        message="this is a text file",
        hint="upload the recording",
    ),
    SavedSearchMatched(
        search_id="0195619a-0000-7000-8000-00000000000c",
        query='"slow radio"',
        episode=EPISODE,
        moments=(SpokenMoment(start=12.5, end=13.25, first_word=31, speaker="Ada"),),
    ),
    DeliveryDeadLettered(
        consumer="refine",
        dead_type="TranscriptReady",
        dead_event_id="0195619a-0000-7000-8000-00000000000f",
        code="invalid_input",
        message="the transcript is not JSON",
        hint="import it again",
        attempts=1,
    ),
)


def sample(kind: type[EventData]) -> EventData:
    """Return the sample of an event type, every field filled in."""
    return next(data for data in SAMPLE_DATA if type(data) is kind)


def sample_event(kind: type[EventData]) -> Event:
    """Return an event of a type, always the same: a replayed one, for search only."""
    return Event(
        source="everyword.sample",
        meta=Meta(
            event_id="0195619a-0000-7000-8000-000000000001",
            schema_version=kind.schema_version,
            episode_id="0195619a-0000-7000-8000-0000000000e1",
            run_id="0195619a-0000-7000-8000-0000000000a1",
            occurred_at=AS_OF,
            correlation_id="0195619a-0000-7000-8000-000000000001",
            causation_id="0195619a-0000-7000-8000-000000000000",
            audience=("search",),
            replay=Replay(
                of="0195619a-0000-7000-8000-000000000000",
                reason="a better glossary",
                requested_at=AS_OF,
            ),
        ),
        data=sample(kind),
    )


def ready(title: str = "Episode 1", *, show: str = "Slow Radio", episode_id: str = "") -> Event:
    """Return a TranscriptReady that nothing caused, of a new run and, unless given, episode."""
    run_id = new_run_id()
    info = EPISODE.model_copy(update={"title": title, "show": show})
    data = sample(TranscriptReady).model_copy(update={"episode": info})
    return Event.first("transcribe-gpu", data, episode_id=episode_id or run_id, run_id=run_id)


def drain(inbox: Inbox) -> list[Event]:
    """Take and acknowledge everything that is due."""
    events: list[Event] = []
    while deliveries := inbox.receive(most=10, visibility_s=60):
        inbox.acknowledge(deliveries)
        events += [delivery.event for delivery in deliveries]
    return events


def event_ids(events: Iterable[Event]) -> list[str]:
    """Return the events' ids, sorted."""
    return sorted(event.meta.event_id for event in events)


class BusUnderTest(Protocol):
    """What the bus contract suite needs of an adapter."""

    log: EventLog
    dead_letters: DeadLetters

    def inbox(self, consumer: str) -> Inbox:
        """Return a consumer's queue."""

    def pass_time(self, seconds: float) -> None:
        """Let visibility time-outs and delays run on."""

    def send_raw(self, consumer: str, body: str) -> None:
        """Put a message that need not be an event in a consumer's queue."""
