"""Two channels become one, also where the one cancels the other."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

STEREO: Final = 2
_MEMORY_SAMPLES: Final = 4_000
"""Over about a quarter of a second it is judged whether the channels cancel."""
_NOTHING: Final = 0.01
"""A mix this much weaker than its channels (-20 dB) has lost what they hold."""
_SOMETHING: Final = 0.04
"""A mix this strong again is trusted again."""
_AUDIBLE: Final = 1e-6
"""Mean square of full scale 1 below which there is nothing to lose (-60 dB)."""


class StereoMixer:
    """Mixes pieces of a stream in order.

    A miswired cable turns one channel upside down: the sum is silence, and each channel alone is
    right. While that is so, the louder channel is taken instead, and `cancelled` says so.
    """

    def __init__(self) -> None:
        self.cancelled = False
        self._cancels = False
        self._of_mix = 0.0
        self._of_channels = np.zeros(STEREO)

    def mix(self, planes: NDArray[np.int16]) -> NDArray[np.float32]:
        """Return float32, (n_samples,), full scale 1, from int16, (2, n_samples)."""
        channels = np.multiply(planes, 1 / 32768, dtype=np.float32)
        mixed: NDArray[np.float32] = channels.mean(axis=0)
        self._weigh(channels, mixed)
        if not self._cancels:
            return mixed
        self.cancelled = True
        louder: NDArray[np.float32] = channels[int(np.argmax(self._of_channels))]
        return louder

    def _weigh(self, channels: NDArray[np.float32], mixed: NDArray[np.float32]) -> None:
        kept = float(np.exp(-mixed.size / _MEMORY_SAMPLES))
        new_of_mix = float(np.square(mixed).mean()) if mixed.size else 0.0
        new_of_channels = np.square(channels).mean(axis=1) if mixed.size else np.zeros(STEREO)
        self._of_mix = kept * self._of_mix + (1 - kept) * new_of_mix
        self._of_channels = kept * self._of_channels + (1 - kept) * new_of_channels
        loudest = float(self._of_channels.max())
        if loudest < _AUDIBLE:
            return
        limit = _SOMETHING if self._cancels else _NOTHING
        self._cancels = self._of_mix < limit * loudest
