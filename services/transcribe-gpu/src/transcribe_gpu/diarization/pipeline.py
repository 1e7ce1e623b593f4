"""Diarization by a pyannote pipeline from a folder, in WhisperX's environment."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from transcribe_gpu.adapters.environments import EngineEnvironments
from transcribe_gpu.diarization.apart import diarized_apart
from transcribe_gpu.domain import Diarization
from transcribe_gpu.errors import DiarizationFailed
from transcribe_gpu.ports import Audio

ENGINE: Final = "whisperx"
CHILD: Final = "transcribe_gpu.diarization.pipeline_child"
CONFIG: Final = "config.yaml"
LEAST_S: Final = 300.0
"""Loading torch alone takes 10 to 20 s on a busy machine."""
PER_AUDIO_S: Final = 10.0
"""Measured on one busy core: 3 s for a second of sound. A GPU takes a hundredth."""
MEMORY_BYTES: Final = 24 * 2**30
"""Address space, on a CPU: torch reserves much that it never uses."""


class PipelineDiarizer:
    """A pyannote pipeline in a child process (`transcribe_gpu.ports.Diarizer`)."""

    name = "pyannote"

    def __init__(self, folder: Path, environments: EngineEnvironments | None = None) -> None:
        self._folder = folder
        self._environments = environments or EngineEnvironments()

    def ready(self) -> bool:
        """Tell that it is to be tried: who names a pipeline wants it, and is told what is wrong."""
        return True

    def diarize(self, audio: Audio, *, speakers: int, check: Callable[[], None]) -> Diarization:
        """Return who speaks when; 0 `speakers` is unknown. `check` may raise to end the work.

        Raises:
            DiarizationFailed: no pipeline, no environment, or it failed, took too long or too much.
        """
        command = (*self._command(), str(self._folder), str(speakers), str(MEMORY_BYTES))
        budget_s = LEAST_S + PER_AUDIO_S * (audio.expected_duration_s or 0.0)
        found = diarized_apart(command, audio, budget_s, check)
        return replace(found, voice_model=f"pyannote {self._folder.resolve().name}")

    def _command(self) -> Sequence[str]:
        if not (self._folder / CONFIG).is_file():
            raise DiarizationFailed(
                f"{self._folder} holds no pyannote pipeline: it lacks {CONFIG}",
                hint="accept its terms on the hub, then: hf download "
                f"pyannote/speaker-diarization-community-1 --local-dir {self._folder}",
                code="pipeline_missing",
            )
        if self._environments.here(ENGINE):
            return (sys.executable, "-m", CHILD)
        command = self._environments.command(ENGINE, CHILD)
        if command is None:
            raise DiarizationFailed(
                "a pyannote pipeline needs WhisperX's environment",
                hint=f"everyword engines install {ENGINE}",
                code="pipeline_without_engine",
            )
        return command
