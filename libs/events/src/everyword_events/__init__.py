"""Everyword's typed events: envelope, catalogue, contracts and the bus ports."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from everyword_events.catalogue import (
        CATALOGUE,
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
        parse_event,
    )
    from everyword_events.contract import ServiceContract
    from everyword_events.envelope import (
        EVERYONE,
        BlobRef,
        Event,
        EventData,
        Meta,
        Model,
        Replay,
        derived_event_id,
        new_run_id,
    )
    from everyword_events.errors import (
        BrokenHost,
        Conflict,
        EverywordError,
        Interrupted,
        InvalidInput,
        Misconfigured,
        NotFound,
        TransientFailure,
    )
    from everyword_events.ports import (
        AtomicInbox,
        ConsumerStates,
        DeadLetter,
        DeadLetters,
        Delivery,
        EventLog,
        Handler,
        Inbox,
        Paused,
        Recorded,
    )
    from everyword_events.removal import guarded, is_removed, removal_of
    from everyword_events.runs import is_newer, is_stale, later_run_id, newest_run, next_run_id

_MODULES = ("errors", "envelope", "contract", "ports", "removal", "runs", "catalogue")
"""Where the names are; imported as they are asked for: commands that only talk need no events."""

__all__ = [
    "CATALOGUE",
    "EVERYONE",
    "AtomicInbox",
    "AudioRemoved",
    "AudioUploaded",
    "BlobRef",
    "BrokenHost",
    "CaptionsPublished",
    "Conflict",
    "ConsumerStates",
    "DeadLetter",
    "DeadLetters",
    "Delivery",
    "DeliveryDeadLettered",
    "EngineInfo",
    "EpisodeChanged",
    "EpisodeCreated",
    "EpisodeFinished",
    "EpisodeIndexed",
    "EpisodeInfo",
    "EpisodeOrigin",
    "EpisodeRemoved",
    "Event",
    "EventData",
    "EventLog",
    "EverywordError",
    "Handler",
    "Inbox",
    "Interrupted",
    "InvalidInput",
    "LinkedFile",
    "Meta",
    "Misconfigured",
    "Model",
    "NotFound",
    "Paused",
    "Recorded",
    "Replay",
    "RunsRemoved",
    "SavedSearchMatched",
    "SegmentAnchor",
    "ServiceContract",
    "SpokenMoment",
    "SuggestedChapter",
    "TranscriptEdited",
    "TranscriptQuality",
    "TranscriptReady",
    "TranscriptRefined",
    "TranscriptionFailed",
    "TranscriptionHints",
    "TransientFailure",
    "UploadRejected",
    "VoiceForgotten",
    "derived_event_id",
    "guarded",
    "is_newer",
    "is_removed",
    "is_stale",
    "later_run_id",
    "new_run_id",
    "newest_run",
    "next_run_id",
    "parse_event",
    "removal_of",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        for module in _MODULES:
            found = getattr(import_module(f"everyword_events.{module}"), name, None)
            if found is not None:
                globals()[name] = found
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
