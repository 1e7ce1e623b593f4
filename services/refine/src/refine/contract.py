"""refine's place on the bus."""

from everyword_events import (
    EpisodeRemoved,
    ServiceContract,
    TranscriptEdited,
    TranscriptReady,
    TranscriptRefined,
)

CONTRACT = ServiceContract(
    "refine",
    consumes=(TranscriptReady, TranscriptEdited, EpisodeRemoved),
    emits=(TranscriptRefined, TranscriptEdited),
)
