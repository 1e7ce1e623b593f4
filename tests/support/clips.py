"""Short pieces of the sample episodes, and silence, as WAV files."""

import wave
from importlib.resources import files
from pathlib import Path

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


def _wav(to: Path) -> wave.Wave_write:
    out = wave.open(str(to), "wb")  # noqa: SIM115 - the caller closes it
    out.setnchannels(1)
    out.setsampwidth(2)
    out.setframerate(RATE_HZ)
    return out
