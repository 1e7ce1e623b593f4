"""For tests: recordings made with PyAV, and clips of a sample whose every word is known."""

import io
import json
import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np

from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array

_STEP = 1024


def encoded(
    samples: Float32Array,
    *,
    container: str = "wav",
    codec: str = "pcm_s16le",
    rate: int = SAMPLE_RATE_HZ,
    layout: str = "mono",
    options: dict[str, str] | None = None,
) -> bytes:
    """Encode float32, (n_samples,) or (n_channels, n_samples), at 16 kHz."""
    planes = np.atleast_2d(samples).astype(np.float32)
    with (
        TemporaryDirectory() as folder,  # some containers are written twice, so need a file
        av.open(f"{folder}/audio", "w", format=container, options=options or {}) as target,
    ):
        stream: Any = target.add_stream(codec, rate=rate)
        stream.layout = layout
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate)
        for at in range(0, planes.shape[1], _STEP):
            piece = np.ascontiguousarray(planes[:, at : at + _STEP])
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = (
                SAMPLE_RATE_HZ,
                at,
                Fraction(1, SAMPLE_RATE_HZ),
            )
            for resampled in resampler.resample(frame):
                target.mux(stream.encode(resampled))
        for resampled in resampler.resample(None):
            target.mux(stream.encode(resampled))
        target.mux(stream.encode(None))
        target.close()
        return Path(folder, "audio").read_bytes()


def decoded(source: bytes | Path, channel: int | None = None) -> Float32Array:
    """Decode a whole short recording: float32, (n_samples,), 16 kHz."""
    raw = source if isinstance(source, bytes) else source.read_bytes()
    return np.concatenate(list(PyAvAudio(io.BytesIO(raw)).blocks(channel)))


def tone(seconds: float, hertz: float = 440.0, level: float = 0.3) -> Float32Array:
    """Return a sine, float32, (n_samples,), 16 kHz."""
    at = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (level * np.sin(2 * np.pi * hertz * at)).astype(np.float32)


@dataclass(frozen=True)
class Clip:
    """A few seconds of a shipped sample with its truth."""

    samples: Float32Array
    words: list[dict[str, Any]]


def clip(truth_file: Path, start: float, end: float, channel: int | None = None) -> Clip:
    """Cut `start`..`end` (seconds) out of a sample; the words' times count from the cut."""
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    words = [
        {**word, "start": word["start"] - start, "end": word["end"] - start}
        for sentence in truth["sentences"]
        if channel is None or sentence["channel"] == channel
        for word in sentence["words"]
        if start <= word["start"] and word["end"] <= end
    ]
    samples = decoded(truth_file.with_name(truth["audio"]), channel)
    return Clip(samples[round(start * SAMPLE_RATE_HZ) : round(end * SAMPLE_RATE_HZ)], words)


def long_silence(path: Path, hours: float) -> Path:
    """Write a WAV of silence as a sparse file: no bytes on disk, all of them to decode."""
    data = round(hours * 3600) * 2 * SAMPLE_RATE_HZ
    header = b"RIFF" + struct.pack("<I", 36 + data) + b"WAVEfmt "
    header += struct.pack("<IHHIIHH", 16, 1, 1, SAMPLE_RATE_HZ, 2 * SAMPLE_RATE_HZ, 2, 16)
    with path.open("wb") as out:
        out.write(header + b"data" + struct.pack("<I", data))
        out.truncate(44 + data)
    return path
