"""What ingest knows without touching the world: episodes, their metadata, what audio may be."""

from ingest.domain.audio import AudioFacts, AudioLimits, validate_audio
from ingest.domain.episode import EpisodeError, EpisodeView, Progress, StageProgress, fold
from ingest.domain.metadata import EpisodeChange, EpisodeFacts, NewEpisode, checked, human_bytes
from ingest.domain.run_history import REPLAYABLE, State
from ingest.domain.trust import trust_notes

__all__ = [
    "REPLAYABLE",
    "AudioFacts",
    "AudioLimits",
    "EpisodeChange",
    "EpisodeError",
    "EpisodeFacts",
    "EpisodeView",
    "NewEpisode",
    "Progress",
    "StageProgress",
    "State",
    "checked",
    "fold",
    "human_bytes",
    "trust_notes",
    "validate_audio",
]
