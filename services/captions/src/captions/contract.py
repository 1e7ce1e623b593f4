"""What captions consumes and emits."""

from everyword_events import (
    CaptionsPublished,
    EpisodeChanged,
    EpisodeRemoved,
    ServiceContract,
    TranscriptRefined,
)

CONTRACT = ServiceContract(
    "captions",
    consumes=(TranscriptRefined, EpisodeChanged, EpisodeRemoved),
    emits=(CaptionsPublished,),
)
