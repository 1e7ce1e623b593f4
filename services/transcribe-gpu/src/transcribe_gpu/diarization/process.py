"""Diarization in a process of its own, with a time and a memory budget."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

import numpy as np
from pydantic import ValidationError

from transcribe_gpu.diarization.child import ANSWER
from transcribe_gpu.domain import Diarization
from transcribe_gpu.errors import DiarizationFailed, EngineUnavailable
from transcribe_gpu.models import SEGMENTATION, VOICES, ModelLibrary
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Audio, Float32Array

MODEL: Final = "resemblyzer"
SEGMENTATION_MODEL: Final = "pyannote-segmentation"
MEMORY_BYTES: Final = 3 * 2**30
"""Address space: libraries reserve much that they never use."""
LEAST_S: Final = 120.0
PER_AUDIO_S: Final = 1.0
"""Measured: .1 s of processor time for a second of sound. The rest is for busy machines."""
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Its matrices are small: threads that wait for each other take ten times the processor."""
_POLL_S: Final = 0.2
_GRACE_S: Final = 5.0


class _Killed(DiarizationFailed):
    """The process was ended by SIGKILL, and not by us."""


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

        A process that was killed from outside is started once more: that says nothing of the
        audio, unless it happens again.

        Raises:
            DiarizationFailed: no model, or the process failed or took too long or too much.
        """
        expected_s = audio.expected_duration_s or 0.0
        may_fetch = speakers > 0 or not self.ready()
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
            *self._segmentation(check, may_fetch=may_fetch),
        )
        budget_s = self._least_s + PER_AUDIO_S * expected_s
        with contextlib.suppress(_Killed):
            return self._run(arguments, audio, budget_s, check)
        return self._run(arguments, audio, budget_s, check)

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

    def _run(
        self,
        arguments: Sequence[str],
        audio: Audio,
        budget_s: float,
        check: Callable[[], None],
    ) -> Diarization:
        with (
            tempfile.TemporaryFile() as answer,
            tempfile.TemporaryFile() as complaint,
            subprocess.Popen(  # noqa: S603 - our own module
                (*self._command, *arguments),
                stdin=subprocess.PIPE,
                stdout=answer,
                stderr=complaint,
                env={**os.environ, **_ONE_THREAD},
            ) as child,
        ):
            try:
                _feed_and_wait(child, audio, budget_s, check)
            finally:
                child.kill()
            return _read(child.wait(), answer, complaint)


def _feed_and_wait(
    child: subprocess.Popen[bytes], audio: Audio, budget_s: float, check: Callable[[], None]
) -> None:
    deadline = time.monotonic() + budget_s
    over = threading.Event()
    feeder = threading.Thread(target=_feed, args=(child, audio, over), daemon=True)
    feeder.start()
    try:
        while child.poll() is None:
            check()
            if time.monotonic() > deadline:
                raise DiarizationFailed(f"it took longer than {budget_s:.0f} s", code="too_slow")
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_POLL_S)
    finally:
        over.set()
        if child.poll() is None:
            child.kill()
        feeder.join(_GRACE_S)


def _feed(child: subprocess.Popen[bytes], audio: Audio, over: threading.Event) -> None:
    assert child.stdin is not None
    with contextlib.suppress(OSError):  # the child is gone; its exit status says why
        for block in audio.blocks(None):
            child.stdin.write(_pcm(block))
            if over.is_set():
                break
        child.stdin.close()


def _pcm(block: Float32Array) -> bytes:
    assert block.size <= SAMPLE_RATE_HZ
    return np.clip(block * 32768, -32768, 32767).astype("<i2").tobytes()


def _read(status: int, answer: IO[bytes], complaint: IO[bytes]) -> Diarization:
    answer.seek(0)
    complaint.seek(0)
    if status == -signal.SIGKILL:
        raise _Killed("its process was killed: see the machine's log for what ran out of memory")
    if status != 0:
        lines = complaint.read().decode(errors="replace").strip().splitlines()
        raise DiarizationFailed(lines[-1] if lines else f"its process ended with {status}")
    try:
        return replace(ANSWER.validate_json(answer.read()), voice_model=MODEL)
    except ValidationError as error:
        raise DiarizationFailed("its process gave no answer") from error
