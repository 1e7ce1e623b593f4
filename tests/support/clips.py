"""Short pieces of the sample episodes, and silence, as WAV files."""

import io
import wave
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

import av

RATE_HZ = 16_000


def clip(source: str, to: Path, *, start: float = 0.0, seconds: float) -> Path:
    """Write `seconds` of a sample, from `start` on, as mono WAV at 16 kHz."""
    path = files("everyword_local") / "samples" / source
    with av.open(str(path)) as audio, _wav(to) as out:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        for frame in audio.decode(audio=0):
            at = frame.time or 0.0
            if at < start:
                continue
            if at >= start + seconds:
                break
            for piece in resampler.resample(frame):
                out.writeframes(piece.to_ndarray().tobytes())
    return to


def silence(to: Path, *, seconds: float) -> Path:
    """Write silence as mono WAV at 16 kHz."""
    with _wav(to) as out:
        out.writeframes(b"\0\0" * round(RATE_HZ * seconds))
    return to


def three_seconds(number: int) -> bytes:
    """Return three seconds of one level as WAV at 8 kHz: other bytes for every number below 255."""
    held = io.BytesIO()
    with _wav(held, rate_hz=8_000) as out:
        out.writeframes(bytes([number + 1, 0]) * 24_000)
    return held.getvalue()


def _wav(to: Path | BinaryIO, rate_hz: int = RATE_HZ) -> wave.Wave_write:
    file = str(to) if isinstance(to, Path) else to
    out = wave.open(file, "wb")  # noqa: SIM115 - the caller closes it
    out.setnchannels(1)
    out.setsampwidth(2)
    out.setframerate(rate_hz)
    return out
