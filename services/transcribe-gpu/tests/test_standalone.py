"""A file in, a transcript out; and what works on this machine."""

from pathlib import Path

import psutil
import pytest

from everyword_events import InvalidInput, NotFound
from transcribe_gpu.adapters.faster_whisper_engine import FasterWhisperSource
from transcribe_gpu.adapters.pocketsphinx_engine import PocketSphinxSource
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings
from transcribe_gpu.models import ModelLibrary
from transcribe_gpu.standalone import engines_here, transcribe_file
from transcribe_gpu.testing import Clip, encoded, long_silence
from transcribe_gpu.testing_whisper import write_parrot

pytestmark = pytest.mark.engines


@pytest.fixture(autouse=True)
def _no_models_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What this machine has fetched before, such as a speaker embedding, must not change a test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def quiet(stage: str, fraction: float, eta_s: float | None) -> None:
    assert stage == "transcribe"
    assert 0 <= fraction <= 1


@pytest.mark.parametrize("name", ["talk.mp3", "föredrag 1 🎙 (slut).mp3", "a:b.mp3", "x" * 200])
def test_a_file_is_transcribed_whatever_its_name(tmp_path: Path, question: Clip, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(encoded(question.samples, container="mp3", codec="libmp3lame"))
    lines: list[str] = []
    folder = write_parrot(tmp_path / "models", ["polly", "wants", "a", "cracker"])
    transcript = transcribe_file(
        path,
        TranscribeSettings(model=str(folder)),
        report=quiet,
        announce=lines.append,
        sources=[FasterWhisperSource(ModelLibrary(SpeechModelSettings(cache=str(tmp_path))))],
    )
    assert [segment.text for segment in transcript.segments] == ["polly wants a cracker"]
    assert transcript.engine.name == "faster-whisper"
    assert transcript.episode_id is None
    assert lines == ["speech engine: faster-whisper models on cpu - a model of your own"]


def test_a_file_that_is_not_there_or_not_audio_is_said_to_be_so(tmp_path: Path) -> None:
    def transcribe(path: Path) -> None:
        transcribe_file(
            path,
            TranscribeSettings(),
            report=quiet,
            announce=lambda line: None,
            sources=[PocketSphinxSource()],
        )

    with pytest.raises(NotFound) as missing:
        transcribe(tmp_path / "nowhere.mp3")
    assert missing.value.code == "file_not_found"
    with pytest.raises(InvalidInput) as folder:
        transcribe(tmp_path)
    assert folder.value.code == "file_unreadable"
    text = tmp_path / "letter.mp3"
    text.write_text("Dear sir\n" * 100)
    with pytest.raises(InvalidInput) as letter:
        transcribe(text)
    assert letter.value.code == "not_audio"


def test_more_speakers_than_are_told_apart_is_flagged(tmp_path: Path, question: Clip) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(encoded(question.samples))
    transcript = transcribe_file(
        path,
        TranscribeSettings(speakers=2, diarization="off"),
        report=quiet,
        announce=lambda line: None,
        sources=[PocketSphinxSource()],
    )
    assert transcript.flags == ("language_unchecked:en", "speakers:not_separated")


@pytest.mark.slow
def test_a_long_recording_is_recognised_in_little_memory(tmp_path: Path) -> None:
    process = psutil.Process()
    path = long_silence(tmp_path / "long.wav", hours=0.5)
    most = [0]
    before = process.memory_info().rss

    def report(stage: str, fraction: float, eta_s: float | None) -> None:
        most[0] = max(most[0], process.memory_info().rss)

    transcript = transcribe_file(
        path,
        TranscribeSettings(),
        report=report,
        announce=lambda line: None,
        sources=[PocketSphinxSource()],
    )
    assert transcript.duration_s == 1800
    assert transcript.segments == ()
    assert most[0] - before < 100_000_000  # the English model is 60 MB, the samples 115 MB


def test_the_engines_here_are_listed_without_a_download() -> None:
    found = dict(engines_here())
    optional = ["whisperx", "parakeet", "transformers"]
    assert list(found) == [*optional, "faster-whisper", "pocketsphinx"]
    assert found["pocketsphinx"].ok
    assert all(each.detail for each in found.values())


@pytest.mark.parametrize("sounds", [True, False])
def test_sounds_are_read_beside_the_words_unless_switched_off(
    tmp_path: Path, question: Clip, sounds: bool
) -> None:
    path = tmp_path / "talk.mp3"
    path.write_bytes(encoded(question.samples, container="mp3", codec="libmp3lame"))
    transcript = transcribe_file(
        path,
        TranscribeSettings(engine="pocketsphinx", sounds=sounds),
        report=quiet,
        announce=lambda line: None,
    )
    assert transcript.n_words() == 7
    assert bool(transcript.phones) is sounds
    assert all(0 <= s.start <= s.end <= transcript.duration_s for s in transcript.phones)
