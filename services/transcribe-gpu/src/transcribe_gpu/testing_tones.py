"""For tests: speech made of tones, and an engine that really reads it, in no time.

Each word is a tone of .3 s whose pitch is its number; what the engine returns is found in the
samples alone, so lost, doubled or displaced sound shows in the words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import HeardWord, Hypothesis, SpeechProbabilities, Utterance
from transcribe_gpu.domain.voice_activity import FRAME
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Availability, Float32Array, StageReport

WORD_S: Final = 0.3
GAP_S: Final = 0.1
_LOWEST_HZ: Final = 400
_STEP_HZ: Final = 20
_HOP: Final = 160
_LOUD: Final = 0.05


def tones(words: Sequence[int], *, pause_s: float = 0.0) -> Float32Array:
    """Return a phrase: its words (numbers below 150), then a pause."""
    at = np.arange(round(WORD_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    gap = np.zeros(round(GAP_S * SAMPLE_RATE_HZ), np.float32)
    parts: list[NDArray[Any]] = []
    for word in words:
        parts += [0.4 * np.sin(2 * np.pi * (_LOWEST_HZ + _STEP_HZ * word) * at), gap]
    parts.append(np.zeros(round(pause_s * SAMPLE_RATE_HZ)))
    return np.concatenate(parts).astype(np.float32)


class LoudIsSpeech:
    """Takes whatever is loud for speech (`transcribe_gpu.ports.VoiceActivityDetector`)."""

    def stream(self) -> SpeechProbabilities:
        """Return the detector of a new stream."""

        def speech(samples: NDArray[np.float32]) -> NDArray[np.float32]:
            loudest = np.abs(samples.reshape(-1, FRAME)).max(axis=1)
            return np.asarray(loudest > _LOUD, np.float32)

        return speech


@dataclass
class ToneEngine:
    """Reads tones (`transcribe_gpu.ports.SpeechEngine`); stops at a pause of `deaf_after_s`."""

    name: str = "tones"
    model: str = "sine"
    device: str = "cpu"
    longest_window_s: float = 30.0
    batch: int = 1
    deaf_after_s: float = float("inf")
    calls: list[int] = field(default_factory=list)

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        """Return each window's words, found by their pitch."""
        self.calls.append(attempt)
        return [self._hypothesis(window, language) for window in windows]

    def _hypothesis(self, window: Float32Array, language: str) -> Hypothesis:
        words: list[HeardWord] = []
        for start, end, pitch in _runs(window):
            if words and start - (words[-1].end or 0.0) > self.deaf_after_s:
                break
            number = round((pitch - _LOWEST_HZ) / _STEP_HZ)
            words.append(HeardWord(f"w{number}", start, end, 0.9))
        written = "en" if language == "auto" else language
        if not words:
            return Hypothesis((), written)
        end = words[-1].end or 0.0
        return Hypothesis((Utterance(0.0, end, tuple(words), written),), written)


def _runs(window: Float32Array) -> Iterator[tuple[float, float, float]]:
    """Yield (start, end, Hz) of each tone."""
    frames = window[: window.size // _HOP * _HOP].reshape(-1, _HOP)
    loud = np.abs(frames).max(axis=1) > _LOUD
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(np.int8), [0]))))
    for first, last in edges.reshape(-1, 2).tolist():
        samples = window[first * _HOP : last * _HOP]
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size), 8 * SAMPLE_RATE_HZ // 5))
        pitch = float(np.argmax(spectrum)) * SAMPLE_RATE_HZ / (8 * SAMPLE_RATE_HZ // 5)
        yield first * _HOP / SAMPLE_RATE_HZ, last * _HOP / SAMPLE_RATE_HZ, pitch


@dataclass
class ToneSource:
    """Gives one `ToneEngine` (`transcribe_gpu.ports.EngineSource`)."""

    engine: ToneEngine = field(default_factory=ToneEngine)
    name: str = "tones"

    def offers(self, tier: str, language: str) -> Sequence[str]:  # noqa: ARG002 - there is one
        """Offer the one model."""
        return ("",)

    def accuracy(self, model: str) -> str:  # noqa: ARG002 - there is one
        """Say that it is for tests."""
        return "for tests"

    def knows(self, language: str) -> bool:  # noqa: ARG002 - tones are tones
        """Know any language."""
        return True

    def availability(self, model: str, *, ask_hub: bool) -> Availability:  # noqa: ARG002
        """Be there."""
        return Availability(ok=True, detail="for tests")

    def load(self, model: str, *, report: StageReport) -> ToneEngine:  # noqa: ARG002
        """Return the engine."""
        return self.engine


TONES: Final = TranscribeSettings(engine="tones", language="en")
