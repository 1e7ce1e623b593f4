"""Real audio for the tests, and the service on the engine that runs anywhere."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from everyword_events import AudioUploaded, EpisodeInfo, Event, TranscriptionHints
from everyword_storage.directory import DirectoryBlobStore
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.pocketsphinx_engine import PocketSphinxSource
from transcribe_gpu.adapters.progress_file import ProgressFolder
from transcribe_gpu.adapters.silero import voice_activity
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.service import TranscribeService
from transcribe_gpu.testing import Clip, clip

SAMPLES = Path(__file__).parents[3] / "infra/local/src/everyword_local/samples"


@pytest.fixture(scope="session")
def question() -> Clip:
    """ "When did you finally leave the island?": 3 s, one speaker, mono."""
    return clip(SAMPLES / "archive.json", 48.7, 51.3)


@pytest.fixture(scope="session")
def exchange() -> tuple[Clip, Clip]:
    """A question and its answer, one speaker per channel: 7 s."""
    return clip(SAMPLES / "interview.json", 67.1, 74.1, 0), clip(
        SAMPLES / "interview.json", 67.1, 74.1, 1
    )


@pytest.fixture
def blobs(tmp_path: Path) -> DirectoryBlobStore:
    return DirectoryBlobStore(tmp_path / "blobs")


@pytest.fixture
def progress(tmp_path: Path) -> ProgressFolder:
    return ProgressFolder(tmp_path / "progress")


@pytest.fixture
def service(blobs: DirectoryBlobStore, progress: ProgressFolder) -> TranscribeService:
    """The service on PocketSphinx alone."""
    return TranscribeService(
        blobs,
        Recogniser(EngineSelector([PocketSphinxSource()]), voice_activity()),
        open_audio=PyAvAudio,
        settings_for=lambda show: TranscribeSettings(language="en"),
        progress=progress,
    )


Upload = Callable[..., Event]


@pytest.fixture
def upload(blobs: DirectoryBlobStore) -> Upload:
    """Return a function that stores audio and returns the event that says so."""

    def store(raw: bytes, *, run_id: str = "run-1", **hints: Any) -> Event:
        data = AudioUploaded(
            episode=EpisodeInfo(show="", title="A talk", as_of=datetime(2026, 1, 2, tzinfo=UTC)),
            audio=blobs.put("episodes/ep-1/upload/audio", raw, media_type="audio/wav"),
            duration_s=1.0,
            container="wav",
            codec="pcm_s16le",
            channels=1,
            sample_rate_hz=16_000,
            hints=TranscriptionHints(**hints),
        )
        return Event.first("ingest", data, episode_id="ep-1", run_id=run_id, event_id=f"e-{run_id}")

    return store
