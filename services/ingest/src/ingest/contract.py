"""Ingest's place on the bus: it hears everything, because its table of episodes is a projection."""

from typing import Final

from everyword_events import (
    CATALOGUE,
    AudioUploaded,
    EpisodeChanged,
    EpisodeCreated,
    EpisodeFinished,
    EpisodeRemoved,
    SavedSearchMatched,
    ServiceContract,
    TranscriptReady,
    UploadRejected,
)
from ingest.domain.run_history import FETCH

FETCH_CONTRACT: Final = ServiceContract(
    FETCH,
    consumes=(EpisodeCreated, EpisodeRemoved),
    emits=(UploadRejected, AudioUploaded, TranscriptReady),
)
"""Fetching is a consumer of its own: a slow download holds up nothing else."""

CONTRACT: Final = ServiceContract(
    "ingest",
    consumes=tuple(CATALOGUE.values()),
    emits=(
        EpisodeCreated,
        UploadRejected,
        AudioUploaded,
        TranscriptReady,
        EpisodeChanged,
        EpisodeRemoved,
        EpisodeFinished,
        SavedSearchMatched,
    ),
)
