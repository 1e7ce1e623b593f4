"""Silero's voice activity detector (v6, MIT), whose network comes in faster-whisper's wheel.

.12 s of processor time for 69 s of sound; nothing is downloaded.
"""

from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.domain import EnergyVoiceActivity, SpeechProbabilities
from transcribe_gpu.domain.voice_activity import FRAME
from transcribe_gpu.ports import VoiceActivityDetector

_CONTEXT: Final = 64
"""The network sees the end of the frame before."""
_STATE: Final = (1, 1, 128)


class SileroVoiceActivity:
    """Silero on ONNX Runtime, one thread (`transcribe_gpu.ports.VoiceActivityDetector`)."""

    def __init__(self, network: Path) -> None:
        self._network = network

    def stream(self) -> SpeechProbabilities:
        """Return the detector of a new stream."""
        return _SileroStream(self._session)

    @cached_property
    def _session(self) -> Any:
        import onnxruntime  # type: ignore[import-untyped]  # noqa: PLC0415 - with the first job

        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        return onnxruntime.InferenceSession(
            str(self._network), providers=["CPUExecutionProvider"], sess_options=options
        )


class _SileroStream:
    def __init__(self, session: Any) -> None:
        self._session = session
        self._h = np.zeros(_STATE, np.float32)
        self._c = np.zeros(_STATE, np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        frames = samples.reshape(-1, FRAME)
        before = np.concatenate((self._context[np.newaxis], frames[:-1, -_CONTEXT:]))
        self._context = frames[-1, -_CONTEXT:].copy()
        seen = np.concatenate((before, frames), axis=1)
        said, self._h, self._c = self._session.run(
            None, {"input": seen, "h": self._h, "c": self._c}
        )
        return np.asarray(said, np.float32).reshape(-1)


def voice_activity() -> VoiceActivityDetector:
    """Return the best detector that is installed: Silero, or one by energy."""
    package = find_spec("faster_whisper")
    if package is not None and package.origin and find_spec("onnxruntime") is not None:
        found = sorted((Path(package.origin).parent / "assets").glob("silero_vad_v*.onnx"))
        if found:
            return SileroVoiceActivity(found[-1])
    return EnergyVoiceActivity()
