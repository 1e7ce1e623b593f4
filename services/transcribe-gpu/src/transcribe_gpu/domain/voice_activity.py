"""Whether somebody speaks: what a detector says of each frame of 32 ms, and one by energy alone."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE_HZ: Final = 16_000
FRAME: Final = 512
"""Samples of a frame: 32 ms, what Silero's network takes at 16 kHz."""
FRAME_S: Final = FRAME / RATE_HZ

Samples = NDArray[np.float32]
SpeechProbabilities = Callable[[Samples], NDArray[np.float32]]
"""Takes the next whole frames, float32, (n * 512,); gives each one's probability of speech, (n,).
It remembers what it heard before: one for each stream."""


class EnergyVoiceActivity:
    """Takes for speech what is clearly louder than the quietest part of the last half minute.

    The fallback where no trained detector is installed: music and noise bursts count as speech.
    """

    def stream(self) -> SpeechProbabilities:
        """Return the detector of a new stream."""
        return _EnergyStream()


class _EnergyStream:
    _FLOOR_DB: Final = -60.0
    _ABOVE_DB: Final = 9.0
    _REMEMBERED: Final = 1000
    _SOFTNESS_DB: Final = 3.0

    def __init__(self) -> None:
        self._levels: list[float] = []

    def __call__(self, samples: Samples) -> NDArray[np.float32]:
        frames = samples.reshape(-1, FRAME).astype(np.float64)
        levels = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-12)
        self._levels = [*self._levels, *levels.tolist()][-self._REMEMBERED :]
        noise = float(np.percentile(self._levels, 10))
        threshold = max(self._FLOOR_DB, noise + self._ABOVE_DB)
        odds = np.exp((threshold - levels) / self._SOFTNESS_DB)
        return np.asarray(1 / (1 + odds), np.float32)
