"""Diarization in a process of its own, with a time and a memory budget."""

import contextlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from transcribe_gpu.diarization.apart import diarized_apart
from transcribe_gpu.diarization.pipeline import PipelineDiarizer
from transcribe_gpu.domain import Diarization
from transcribe_gpu.errors import DiarizationFailed, EngineUnavailable
from transcribe_gpu.models import SEGMENTATION, VOICES, ModelLibrary
from transcribe_gpu.ports import Audio

MODEL: Final = "resemblyzer"
SEGMENTATION_MODEL: Final = "pyannote-segmentation"
MEMORY_BYTES: Final = 3 * 2**30
"""Address space: libraries reserve much that they never use."""
LEAST_S: Final = 120.0
PER_AUDIO_S: Final = 1.0
"""Measured: .1 s of processor time for a second of sound. The rest is for busy machines."""
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Its matrices are small: threads that wait for each other take ten times the processor."""


class ProcessDiarizer:
    """Resemblyzer's voices in a child process (`transcribe_gpu.ports.Diarizer`).

    Where pyannote's segmentation is to be had, it tells when somebody speaks and who of those near
    each other differ; elsewhere voice activity alone does, and two at once are one.
    """

    name = MODEL

    def __init__(
        self,
        models: ModelLibrary,
        *,
        memory_bytes: int = MEMORY_BYTES,
        least_s: float = LEAST_S,
        command: Sequence[str] = (sys.executable, "-m", "transcribe_gpu.diarization.child"),
    ) -> None:
        self._models = models
        self._memory_bytes = memory_bytes
        self._least_s = least_s
        self._command = tuple(command)

    def ready(self) -> bool:
        """Tell whether its model is on this machine."""
        return self._models.find(MODEL, model_format=VOICES) is not None

    def diarize(self, audio: Audio, *, speakers: int, check: Callable[[], None]) -> Diarization:
        """Return who speaks when; 0 `speakers` is unknown. `check` may raise to end the work.

        Raises:
            DiarizationFailed: no model, or the process failed or took too long or too much.
        """
        expected_s = audio.expected_duration_s or 0.0
        may_fetch = speakers > 0 or not self.ready()
        # First, for the voices' model says `ready`: whoever is killed in between asks again.
        segmentation = self._segmentation(check, may_fetch=may_fetch)
        try:
            model = self._models.fetch(MODEL, model_format=VOICES, report=lambda *_told: check())
        except EngineUnavailable as error:
            raise DiarizationFailed(
                error.message, hint=f"everyword models fetch {MODEL}"
            ) from error
        weights = next(Path(model.path).glob("*.pt"))
        arguments = (
            *("--weights", str(weights), "--speakers", str(speakers)),
            *("--expected-s", str(expected_s), "--memory-bytes", str(self._memory_bytes)),
            *segmentation,
        )
        budget_s = self._least_s + PER_AUDIO_S * expected_s
        command = (*self._command, *arguments)
        found = diarized_apart(command, audio, budget_s, check, _ONE_THREAD)
        return replace(found, voice_model=MODEL)

    def running(self, folder: str) -> PipelineDiarizer:
        """Return the diarizer that runs the pyannote pipeline of a folder."""
        return PipelineDiarizer(Path(folder).expanduser())

    def _segmentation(self, check: Callable[[], None], *, may_fetch: bool) -> tuple[str, ...]:
        """Return the segmentation's weights as arguments; none where it is not to be had."""
        found = self._models.find(SEGMENTATION_MODEL, model_format=SEGMENTATION)
        if found is None and may_fetch:
            with contextlib.suppress(EngineUnavailable):
                found = self._models.fetch(
                    SEGMENTATION_MODEL, model_format=SEGMENTATION, report=lambda *_told: check()
                )
        if found is None:
            return ()
        return ("--segmentation", str(found.path / "pytorch_model.bin"))
