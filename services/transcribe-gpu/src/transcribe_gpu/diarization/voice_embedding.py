"""A voice as 256 numbers: the speaker encoder of Resemblyzer, computed by NumPy.

Three LSTM layers over 40 mel bands, trained by generalized end-to-end loss (arXiv 1710.10467);
the weights are Resemblyzer 0.1.4's `pretrained.pt` (Apache-2.0, 17 MB). Two stretches of one
voice lie close together, by cosine.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from everyword_events import InvalidInput
from transcribe_gpu.diarization.lstm import lstm
from transcribe_gpu.diarization.torch_file import read_tensors

RATE_HZ: Final = 16_000
_WINDOW: Final = 400
_HOP: Final = 160
_BANDS: Final = 40
_LAYERS: Final = 3
_TARGET_RMS: Final = 10 ** (-30 / 20)
_BATCH: Final = 64

Floats = NDArray[np.float32]


class VoiceEncoder:
    """Resemblyzer's network with its weights."""

    def __init__(self, weights: Path) -> None:
        """Load the weights.

        Raises:
            InvalidInput: not Resemblyzer's checkpoint.
        """
        try:
            raw = weights.read_bytes()
        except OSError as error:
            raise InvalidInput(f"cannot read {weights}", code="checkpoint_unreadable") from error
        self._weights = {
            name: np.ascontiguousarray(array, np.float32)
            for name, array in read_tensors(raw, under="model_state").items()
        }
        missing = {f"lstm.weight_ih_l{_LAYERS - 1}", "linear.weight"} - self._weights.keys()
        if missing:
            raise InvalidInput(f"{weights} lacks {min(missing)}", code="checkpoint_unreadable")

    def embed(self, stretches: Sequence[Floats]) -> Floats:
        """Return an embedding of length 1 for each stretch of sound, float32, (n, 256).

        Stretches are float32, (n_samples,), 16 kHz, all of one length.
        """
        found = [
            self._encode(np.stack([mel_spectrum(each) for each in stretches[at : at + _BATCH]]))
            for at in range(0, len(stretches), _BATCH)
        ]
        return np.concatenate(found) if found else np.empty((0, 256), np.float32)

    def _encode(self, spectra: Floats) -> Floats:
        """Run (n, n_frames, 40) through the network."""
        values = spectra
        for layer in range(_LAYERS):
            values = lstm(values, self._weights, f"l{layer}")
        last = values[:, -1]
        projected = np.maximum(last @ self._weights["linear.weight"].T + self._bias, 0)
        lengths = np.linalg.norm(projected, axis=1, keepdims=True)
        return np.asarray(projected / np.maximum(lengths, 1e-9), np.float32)

    @property
    def _bias(self) -> Floats:
        return self._weights["linear.bias"]


def mel_spectrum(samples: Floats) -> Floats:
    """Return 40 mel bands every 10 ms, float32, (n_frames, 40), of sound brought to -30 dBFS."""
    rms = float(np.sqrt(np.mean(np.square(samples)))) + 1e-9
    padded = np.pad(samples * (_TARGET_RMS / rms), _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP] * _HANN
    power = np.square(np.abs(np.fft.rfft(frames)))
    return np.asarray(power @ _FILTERS.T, np.float32)


def _filters() -> Floats:
    """Return librosa's mel filters (Slaney's scale and norm), float32, (40, 201)."""
    top_hz = RATE_HZ / 2
    bands = np.linspace(0, _mel(top_hz), _BANDS + 2)
    points = np.where(
        bands >= _BREAK_MEL,
        1000 * np.exp(_LOG_STEP * (bands - _BREAK_MEL)),
        bands * 200 / 3,
    )
    hertz = np.linspace(0, top_hz, _WINDOW // 2 + 1)
    ramps = points[:, None] - hertz
    widths = np.diff(points)[:, None]
    triangles = np.maximum(0, np.minimum(-ramps[:-2] / widths[:-1], ramps[2:] / widths[1:]))
    return np.asarray(triangles * (2 / (points[2:] - points[:-2]))[:, None], np.float32)


_BREAK_MEL: Final = 15.0
_LOG_STEP: Final = float(np.log(6.4) / 27)


def _mel(hertz: float) -> float:
    return _BREAK_MEL + float(np.log(hertz / 1000)) / _LOG_STEP


_FILTERS: Final = _filters()
_HANN: Final[NDArray[Any]] = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
