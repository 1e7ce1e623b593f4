"""Who of up to three speakers speaks in each frame of five seconds, computed by NumPy.

pyannote's segmentation network (Bredin and Laurent 2021, arXiv 2104.04045): sinc filters, two
convolutions, four bidirectional LSTM layers. The weights are those that WhisperX's wheel carries
(MIT, 18 MB). It knows nothing of voices: speaker 1 of one stretch may be 2 of the next.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from everyword_events import InvalidInput
from transcribe_gpu.diarization.lstm import lstm, sigmoid
from transcribe_gpu.diarization.torch_file import read_tensors

RATE_HZ: Final = 16_000
CHUNK: Final = 5 * RATE_HZ
"""Samples that the network was trained on."""
FRAME: Final = 270
"""Samples from one frame to the next."""
FRAMES: Final = 293
"""Frames of a chunk."""
FIRST_FRAME: Final = 495
"""The sample that the first frame is centred on."""
SPEAKERS: Final = 3
_STRIDE: Final = 10
_LAYERS: Final = 4
_LEAST_HZ: Final = 50.0
_LEAK: Final = 0.01
_EPSILON: Final = 1e-5

Floats = NDArray[np.float32]


class SpeakerSegmentation:
    """pyannote's network with its weights."""

    def __init__(self, weights: Path) -> None:
        """Load the weights.

        Raises:
            InvalidInput: not that network's checkpoint.
        """
        try:
            raw = weights.read_bytes()
        except OSError as error:
            raise InvalidInput(f"cannot read {weights}", code="checkpoint_unreadable") from error
        self._weights = {
            name: np.ascontiguousarray(array, np.float32)
            for name, array in read_tensors(raw, under="state_dict").items()
        }
        bank = "sincnet.conv1d.0.filterbank"
        lacking = {f"{bank}.low_hz_", "classifier.weight"} - self._weights.keys()
        if lacking:
            raise InvalidInput(f"{weights} lacks {min(lacking)}", code="checkpoint_unreadable")
        self._filters = _sinc_filters(
            *(self._weights[f"{bank}.{name}"] for name in ("low_hz_", "band_hz_", "n_", "window_"))
        )

    def probabilities(self, chunks: Floats) -> Floats:
        """Return how likely each speaker speaks, float32, (n, FRAMES, SPEAKERS), for (n, CHUNK)."""
        found = np.stack([self._sincnet(chunk) for chunk in chunks])
        for layer in range(_LAYERS):
            ahead = lstm(found, self._weights, f"l{layer}")
            back = lstm(found[:, ::-1], self._weights, f"l{layer}_reverse")[:, ::-1]
            found = np.concatenate((ahead, back), axis=2)
        for name in ("linear.0", "linear.1"):
            found = _leaky(self._linear(found, name))
        return sigmoid(self._linear(found, "classifier"))

    def _sincnet(self, samples: Floats) -> Floats:
        """Return features of one chunk, (FRAMES, 60)."""
        found = self._normal(samples[None], "sincnet.wav_norm1d")
        found = np.abs(_convolved(found, self._filters[:, None], stride=_STRIDE))
        found = _leaky(self._normal(_pooled(found), "sincnet.norm1d.0"))
        for number in (1, 2):
            name = f"sincnet.conv1d.{number}"
            found = _convolved(found, self._weights[f"{name}.weight"])
            found += self._weights[f"{name}.bias"][:, None]
            found = _leaky(self._normal(_pooled(found), f"sincnet.norm1d.{number}"))
        return found.T

    def _normal(self, values: Floats, name: str) -> Floats:
        """Bring each channel, (n_channels, n), to the mean and spread that the network learnt."""
        mean = values.mean(axis=1, keepdims=True)
        spread = np.sqrt(values.var(axis=1, keepdims=True) + _EPSILON)
        scale, shift = (self._weights[f"{name}.{part}"][:, None] for part in ("weight", "bias"))
        return np.asarray((values - mean) / spread * scale + shift, np.float32)

    def _linear(self, values: Floats, name: str) -> Floats:
        return np.asarray(
            values @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        )


def _sinc_filters(low_hz: Floats, band_hz: Floats, times: Floats, window: Floats) -> Floats:
    """Return band passes, (n, 251): even ones, then odd ones (asteroid's ParamSincFB)."""
    low = _LEAST_HZ + np.abs(low_hz)
    high = np.clip(low + _LEAST_HZ + np.abs(band_hz), _LEAST_HZ, RATE_HZ / 2)
    band = high - low
    even = (np.sin(high @ times) - np.sin(low @ times)) / (times / 2) * window
    odd = (np.cos(low @ times) - np.cos(high @ times)) / (times / 2) * window
    rows = [
        np.concatenate((even, 2 * band, even[:, ::-1]), axis=1),
        np.concatenate((odd, np.zeros_like(band), -odd[:, ::-1]), axis=1),
    ]
    return np.concatenate([each / (2 * band) for each in rows]).astype(np.float32)


def _convolved(values: Floats, kernels: Floats, *, stride: int = 1) -> Floats:
    """Return (n_kernels, n) of (n_channels, n) and (n_kernels, n_channels, width)."""
    count, _, width = kernels.shape
    views = np.lib.stride_tricks.sliding_window_view(values, width, axis=1)[:, ::stride]
    columns: NDArray[Any] = views.transpose(1, 0, 2).reshape(views.shape[1], -1)
    return np.asarray((columns @ kernels.reshape(count, -1).T).T, np.float32)


def _pooled(values: Floats) -> Floats:
    whole = values.shape[1] // 3 * 3
    return np.asarray(values[:, :whole].reshape(len(values), -1, 3).max(axis=2))


def _leaky(values: Floats) -> Floats:
    return np.where(values > 0, values, _LEAK * values)
