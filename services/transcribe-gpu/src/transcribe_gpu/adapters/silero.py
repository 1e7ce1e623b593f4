"""Silero's voice activity detector (v6, MIT), whose network comes in faster-whisper's wheel.

Two hear each stream, and whoever is surer of speech is believed: one that hears anew after every
second without speech and follows the loudness slowly, and one that does neither. What one takes for
noise because of what came before, another microphone or a louder voice, the other mostly does not:
of 29,700 frames of speech, in recordings joined in any order, one alone lost 547, both lose 214.
.24 s of processor time for 69 s of sound; nothing is downloaded.
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
_FRESH: Final = np.zeros((1, 1, 128), np.float32)
_QUIET: Final = 32
"""After about a second without speech the network hears anew: it gets used to a voice, and then
takes another, on another microphone, for noise (167 of 581 frames of sure speech, 28 s in)."""
_NOBODY: Final = 0.1
_AUDIBLE: Final = 0.06
_LOUDER_AT_MOST: Final = 30.0
_FADING: Final = 0.997
_FADING_FAST: Final = 0.98
"""What was never louder than -24 dB in the last ten seconds (one and a half, by the second
listener) is raised to that: of quiet speech (at -45 dB) the network found 2 of 577 frames. Noise
and hum, raised as much, it takes for no speech."""


class SileroVoiceActivity:
    """Silero on ONNX Runtime, one thread (`transcribe_gpu.ports.VoiceActivityDetector`)."""

    def __init__(self, network: Path) -> None:
        self._network = network

    def stream(self) -> SpeechProbabilities:
        """Return the detector of a new stream."""
        return _Listeners(
            _SileroStream(self._session, fading=_FADING, hears_anew=True),
            _SileroStream(self._session, fading=_FADING_FAST, hears_anew=False),
        )

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


class _Listeners:
    def __init__(self, *streams: SpeechProbabilities) -> None:
        self._streams = streams

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        surest: NDArray[np.float32] = np.maximum.reduce([hear(samples) for hear in self._streams])
        return surest


class _SileroStream:
    def __init__(self, session: Any, *, fading: float, hears_anew: bool) -> None:
        self._session = session
        self._fading = fading
        self._hears_anew = hears_anew
        self._context = np.zeros(_CONTEXT, np.float32)
        self._since = 0
        self._likeliest = 0.0
        self._loudest = 0.0
        self._h = self._c = _FRESH

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        frames = self._raised(samples.reshape(-1, FRAME))
        before = np.concatenate((self._context[np.newaxis], frames[:-1, -_CONTEXT:]))
        self._context = frames[-1, -_CONTEXT:].copy()
        seen = np.concatenate((before, frames), axis=1)
        said = []
        while seen.size:
            now, seen = np.split(seen, [_QUIET - self._since])
            said.append(self._hear(now))
        return np.concatenate(said)

    def _raised(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Raise frames of a recording that is quiet, by what was heard up to each of them."""
        gains = []
        for level in np.sqrt(np.square(frames).mean(axis=1)).tolist():
            self._loudest = max(level, self._loudest * self._fading, _AUDIBLE / _LOUDER_AT_MOST)
            gains.append(max(1.0, _AUDIBLE / self._loudest))
        return frames * np.array(gains, np.float32)[:, np.newaxis]

    def _hear(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        """Hear frames up to the end of a second; if nobody spoke in it, it may forget the past."""
        out, self._h, self._c = self._session.run(None, {"input": seen, "h": self._h, "c": self._c})
        said = np.asarray(out, np.float32).reshape(-1)
        self._since = (self._since + len(seen)) % _QUIET
        self._likeliest = max(self._likeliest, float(said.max()))
        if not self._since:
            if self._hears_anew and self._likeliest < _NOBODY:
                self._h = self._c = _FRESH
            self._likeliest = 0.0
        return said


def voice_activity() -> VoiceActivityDetector:
    """Return the best detector that is installed: Silero, or one by energy."""
    package = find_spec("faster_whisper")
    if package is not None and package.origin and find_spec("onnxruntime") is not None:
        found = sorted((Path(package.origin).parent / "assets").glob("silero_vad_v*.onnx"))
        if found:
            return SileroVoiceActivity(found[-1])
    return EnergyVoiceActivity()
