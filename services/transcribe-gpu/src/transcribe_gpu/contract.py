"""This service's place on the bus."""

from typing import Final

from everyword_events import (
    AudioUploaded,
    EpisodeRemoved,
    ServiceContract,
    TranscriptionFailed,
    TranscriptReady,
)

CONTRACT: Final = ServiceContract(
    "transcribe-gpu",
    consumes=(AudioUploaded, EpisodeRemoved),
    emits=(TranscriptReady, TranscriptionFailed),
)
