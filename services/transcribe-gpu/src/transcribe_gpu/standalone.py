"""Speech recognition without a stack: a file in, a transcript out, and what works here."""

from collections.abc import Callable, Sequence
from pathlib import Path

from everyword_events import InvalidInput, NotFound
from everyword_transcripts import Transcript
from transcribe_gpu.adapters.environments import EngineEnvironments
from transcribe_gpu.adapters.faster_whisper_engine import FasterWhisperSource, has_gpu
from transcribe_gpu.adapters.model_hub import HubCache, HubSource
from transcribe_gpu.adapters.model_index import IndexSource
from transcribe_gpu.adapters.optional_source import optional_sources
from transcribe_gpu.adapters.pocketsphinx_engine import PocketSphinxSource
from transcribe_gpu.adapters.silero import voice_activity
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings
from transcribe_gpu.diarization.process import ProcessDiarizer
from transcribe_gpu.models import ModelLibrary
from transcribe_gpu.ports import Availability, EngineSource, StageReport
from transcribe_gpu.recognition import Recogniser, Recognition
from transcribe_gpu.selection import EngineSelector


def model_library(settings: SpeechModelSettings | None = None) -> ModelLibrary:
    """Return the models of this machine, and where more may come from."""
    return ModelLibrary(
        settings or SpeechModelSettings(),
        sources=(HubSource(), IndexSource()),
        shared=(HubCache(),),
    )


def known_sources(models: ModelLibrary | None = None) -> Sequence[EngineSource]:
    """Return every engine this package knows, best first."""
    library = models or model_library()
    optional = optional_sources(library, EngineEnvironments(), gpu=has_gpu)
    return (*optional, FasterWhisperSource(library), PocketSphinxSource())


class FileTranscriber:
    """Recognises files one after the other; the engine is loaded for the first.

    No self-test: whether the engine hears, the file itself shows.
    """

    def __init__(
        self,
        models: SpeechModelSettings | None = None,
        sources: Sequence[EngineSource] | None = None,
    ) -> None:
        library = model_library(models)
        known = known_sources(library) if sources is None else sources
        self._selector = EngineSelector(known)
        self._recogniser = Recogniser(
            self._selector, voice_activity(), diarizer=ProcessDiarizer(library)
        )

    def load(self, settings: TranscribeSettings, *, report: StageReport) -> None:
        """Load the engine before the first file.

        Raises:
            InvalidInput, EngineUnavailable: as `recognise`.
        """
        self._selector.choose(settings, report=report)

    def transcribe(
        self,
        path: Path,
        settings: TranscribeSettings,
        *,
        report: StageReport,
        announce: Callable[[str], None],
    ) -> Transcript:
        """Return what is said in one file; see `recognise`."""
        return self.recognise(path, settings, report=report, announce=announce).transcript

    def recognise(
        self,
        path: Path,
        settings: TranscribeSettings,
        *,
        report: StageReport,
        announce: Callable[[str], None],
    ) -> Recognition:
        """Recognise one file; `announce` gets the line that names the engine, before the work.

        Raises:
            NotFound: there is no such file.
            InvalidInput: not audio, or an unknown language or engine.
            EngineUnavailable: the engine asked for cannot run here.
        """
        try:
            source = path.open("rb")
        except FileNotFoundError as error:
            raise NotFound(f"no such file: {path}", code="file_not_found") from error
        except OSError as error:
            raise InvalidInput(
                f"cannot read {path}: {error.strerror}", code="file_unreadable"
            ) from error
        from transcribe_gpu.adapters.decoding import PyAvAudio  # noqa: PLC0415 - where used

        with source:
            return self._recogniser.run(
                PyAvAudio(source), settings, report=report, announce=announce
            )


def transcribe_file(
    path: Path,
    settings: TranscribeSettings,
    *,
    report: StageReport,
    announce: Callable[[str], None],
    models: SpeechModelSettings | None = None,
    sources: Sequence[EngineSource] | None = None,
) -> Transcript:
    """Recognise one file; see `FileTranscriber`."""
    return FileTranscriber(models, sources).transcribe(
        path, settings, report=report, announce=announce
    )


def announced_engine(
    settings: TranscribeSettings,
    models: SpeechModelSettings | None = None,
    *,
    sources: Sequence[EngineSource] | None = None,
) -> str:
    """Return the line that says which engine would be taken now, and how good it is.

    Takes up to 3 s where a hub has to be asked; loads and downloads nothing.

    Raises:
        InvalidInput, EngineUnavailable: as `transcribe_file`.
    """
    library = model_library(models)
    known = known_sources(library) if sources is None else sources
    return EngineSelector(known).announcement(settings)


def engines_here(models: ModelLibrary | None = None) -> list[tuple[str, Availability]]:
    """Return each engine and whether it works here; no network, no download."""
    return [
        (source.name, source.availability("", ask_hub=False)) for source in known_sources(models)
    ]
