"""Ingest's place on the bus: it consumes all events, as its table of episodes is a projection."""

from typing import Final

from everyword_events import (
    CATALOGUE,
    AudioRemoved,
    AudioUploaded,
    EpisodeChanged,
    EpisodeCreated,
    EpisodeFinished,
    EpisodeIndexed,
    EpisodeRemoved,
    RunsRemoved,
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

NOTIFY_CONTRACT: Final = ServiceContract(
    "notify",
    consumes=(EpisodeFinished, EpisodeIndexed, SavedSearchMatched, EpisodeRemoved),
    emits=(SavedSearchMatched,),
)
"""Telling the world outside is a consumer of its own too."""

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
        AudioRemoved,
        RunsRemoved,
        EpisodeFinished,
        SavedSearchMatched,
    ),
)
