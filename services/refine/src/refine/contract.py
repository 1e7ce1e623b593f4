"""refine's place on the bus."""

from everyword_events import (
    EpisodeRemoved,
    ServiceContract,
    TranscriptEdited,
    TranscriptReady,
    TranscriptRefined,
    VoiceForgotten,
)

CONTRACT = ServiceContract(
    "refine",
    consumes=(TranscriptReady, TranscriptEdited, EpisodeRemoved, VoiceForgotten),
    emits=(TranscriptRefined, TranscriptEdited, VoiceForgotten),
)
