"""Whether one channel has what the other has, some time later: an echo, or a second recorder.

Mixed, it would be heard twice; taken for two people, every word would be there twice.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_WIDE: Final = 512
_HOP: Final = 256
_HOP_S: Final = _HOP / 16_000
_BANDS: Final = (3, 10, 20, 40, 80, 160)
"""From 94 Hz to 5 kHz, in bins."""
_FLOOR: Final = 1e-4
_SILENT: Final = 1e-7
_SLOWEST: Final = np.ones(31) / 31
"""What changes more slowly than in half a second is whose turn it is, and says nothing."""
_LONGEST: Final = round(3.0 / _HOP_S)
_SHORTEST: Final = 2 * 16_000
_AUDIBLE: Final = 1e-6
_LEAST_S: Final = 0.06
"""Less is the way from one microphone to another; a mix can bear it."""
_ALIKE: Final = 0.55
"""Correlation of levels at the best lag. Measured: a copy .3 to 1.2 s late, in noise or a room, .60
and more; two people .23 and less; an echo of -10 dB behind another's voice .51 and less."""
_AGREE_S: Final = 0.5
"""Two recorders' clocks drift apart by no more in hours."""
_MOST: Final = 2 / 3

Planes = NDArray[np.float32]


def copied_channel(stretches: Sequence[Planes]) -> int | None:
    """Return which channel of stretches (float32, (2, n_samples), 16 kHz) has everything first.

    None if neither is the other's copy.
    """
    found = [_lag(planes) for planes in stretches if _says_something(planes)]
    lags = [lag for lag, likeness in found if likeness >= _ALIKE]
    if not lags or len(lags) < _MOST * len(found):
        return None
    middle = float(np.median(lags))
    agreeing = sum(abs(lag - middle) <= _AGREE_S for lag in lags)
    if abs(middle) < _LEAST_S or agreeing < _MOST * len(found):
        return None
    return 0 if middle > 0 else 1


def _says_something(planes: Planes) -> bool:
    return planes.shape[1] >= _SHORTEST and float(np.square(planes).mean()) > _AUDIBLE


def _lag(planes: Planes) -> tuple[float, float]:
    """Return how much later (seconds) the second channel is, and how alike the two are then."""
    left, right = _levels(planes[0]), _levels(planes[1])
    size = 2 * left.shape[1]
    spectra = np.fft.rfft(right, size, axis=1) * np.fft.rfft(left, size, axis=1).conj()
    likeness = np.fft.irfft(spectra, size, axis=1).sum(axis=0)
    most = min(_LONGEST, left.shape[1] - 1)
    near = np.concatenate((likeness[-most:], likeness[: most + 1]))
    power = np.sqrt((left * left).sum() * (right * right).sum())
    best = int(near.argmax())
    return (best - most) * _HOP_S, float(near[best] / power) if power else 0.0


def _levels(row: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how the level of each band of pitches changes: (n_bands, n_frames)."""
    frames = sliding_window_view(row, _WIDE)[::_HOP] * np.hanning(_WIDE)
    powers = np.square(np.abs(np.fft.rfft(frames, axis=1)))
    bands = np.stack([powers[:, low:high].sum(axis=1) for low, high in pairwise(_BANDS)])
    levels = np.log(bands + _FLOOR * bands.max(axis=1, keepdims=True) + _SILENT)
    slow = np.stack([np.convolve(level, _SLOWEST, "same") for level in levels])
    return np.asarray(levels - slow, np.float64)
