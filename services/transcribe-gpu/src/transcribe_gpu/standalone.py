"""Speech recognition without a stack: a file in, a transcript out, and what works here."""

from collections.abc import Callable, Sequence
from pathlib import Path

from everyword_events import InvalidInput, NotFound
from everyword_transcripts import Transcript
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.faster_whisper_engine import FasterWhisperSource
from transcribe_gpu.adapters.pocketsphinx_engine import PocketSphinxSource
from transcribe_gpu.adapters.silero import voice_activity
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.ports import EngineSource, StageReport
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector


def known_sources() -> Sequence[EngineSource]:
    """Return every engine this package knows, best first."""
    return (FasterWhisperSource(), PocketSphinxSource())


def transcribe_file(
    path: Path,
    settings: TranscribeSettings,
    *,
    report: StageReport,
    announce: Callable[[str], None],
    sources: Sequence[EngineSource] | None = None,
) -> Transcript:
    """Recognise one file; `announce` gets the line that names the engine, before the work.

    Raises:
        NotFound: there is no such file.
        InvalidInput: not audio, or an unknown language or engine.
        EngineUnavailable: the engine asked for cannot run here.
    """
    selector = EngineSelector(known_sources() if sources is None else sources)
    try:
        source = path.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"no such file: {path}", code="file_not_found") from error
    except OSError as error:
        raise InvalidInput(
            f"cannot read {path}: {error.strerror}", code="file_unreadable"
        ) from error
    with source:
        done = Recogniser(selector, voice_activity()).run(
            PyAvAudio(source), settings, report=report, announce=announce
        )
    return done.transcript


def announced_engine(
    settings: TranscribeSettings, sources: Sequence[EngineSource] | None = None
) -> str:
    """Return the line that says which engine would be taken now, and how good it is.

    Takes up to 3 s where a hub has to be asked; loads and downloads nothing.

    Raises:
        InvalidInput, EngineUnavailable: as `transcribe_file`.
    """
    return EngineSelector(known_sources() if sources is None else sources).announcement(settings)


def engines_here(model: str = "") -> list[tuple[str, bool, str]]:
    """Return (engine, whether it works here, why or why not) for each; no network, no download."""
    return [
        (source.name, found.ok, found.detail)
        for source in known_sources()
        for found in [source.availability(model, ask_hub=False)]
    ]
