"""Which of a file's audio tracks is the recording: the one to be played, if somebody speaks in it.

Screen recorders and cameras write a track for each microphone; the first is often empty.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.domain.voice_activity import FRAME, FRAME_S, SpeechProbabilities
from transcribe_gpu.domain.windows import ONSET

_ENOUGH: Final = 0.1
"""A track with less than this share of another's speech is no recording of the same talk."""
_FAINT: Final = 0.003
"""Speech this much weaker than another track's (-25 dB) only leaked into a microphone."""


@dataclass
class TrackSpeech:
    """How much somebody speaks in the stretches of a track that were looked at, and how loud."""

    speech_s: float = 0.0
    energy: float = 0.0

    def add(self, samples: NDArray[np.float32], speech: SpeechProbabilities) -> None:
        """Take note of a stretch: float32, (n_samples,), 16 kHz mono."""
        whole = samples[: samples.size // FRAME * FRAME]
        if whole.size:
            spoken = whole.reshape(-1, FRAME)[speech(whole) >= ONSET]
            self.speech_s += len(spoken) * FRAME_S
            self.energy += float(np.square(spoken).sum()) / FRAME * FRAME_S

    @property
    def power(self) -> float:
        """The mean square of what is spoken."""
        return self.energy / self.speech_s if self.speech_s else 0.0


def best_track(tracks: Sequence[TrackSpeech]) -> int:
    """Return the first track, or the one with most speech if hardly anybody speaks in the first."""
    loudest = max(track.power for track in tracks)
    heard = [track.speech_s if track.power >= _FAINT * loudest else 0.0 for track in tracks]
    most = max(heard)
    return 0 if not most or heard[0] >= _ENOUGH * most else heard.index(most)


def mixed(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mix of channels, (n_channels, n_samples); the loudest where they cancel."""
    mix: NDArray[np.float32] = planes.mean(axis=0)
    powers = np.square(planes).mean(axis=1) if planes.size else np.zeros(1)
    if planes.size and float(np.square(mix).mean()) < 0.01 * float(powers.max()):
        loudest: NDArray[np.float32] = planes[int(powers.argmax())]
        return loudest
    return mix


def spoken_in(
    stretches: Iterable[Sequence[NDArray[np.float32]]], speech: Sequence[SpeechProbabilities]
) -> list[TrackSpeech]:
    """Return what is spoken in each track; `speech` holds a detector for each."""
    found = [TrackSpeech() for _ in speech]
    for stretch in stretches:
        for track, planes, detector in zip(found, stretch, speech, strict=True):
            track.add(mixed(planes), detector)
    return found
