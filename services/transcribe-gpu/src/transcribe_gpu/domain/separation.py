"""Whether two people talk at once, each into a channel of their own: not ordinary stereo.

Where both speak at once, their sounds must have nothing in common, neither wave by wave nor in how
the loudness of their pitches comes and goes; or else each must be far the louder while its person
speaks, in turns. Music, a room in stereo, voices placed between two loudspeakers, one sound twice
and a dead channel are not like that.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.domain.voice_activity import FRAME, FRAME_S, SpeechProbabilities
from transcribe_gpu.domain.windows import ONSET

_FAR: Final = 10**1.5
"""A voice is 15 dB stronger in its own microphone."""
_AUDIBLE: Final = 1e-6
"""Mean square below which a frame says nothing (-60 dB)."""
_HOPELESS: Final = 0.2
"""With less of a recording far louder in either channel, nobody needs to be looked for."""
_LEAST_S: Final = 3.0
_LEAST_SHARE: Final = 0.05
_MOST_SHARED: Final = 0.25
"""Speech that is in both channels, and no two people at once, may take so much of all speech."""
_FEWEST_TURNS: Final = 3
_TURN: Final = round(0.3 / FRAME_S)
_NOTHING_IN_COMMON: Final = 0.1
"""Coherence below which two sounds are not of one room: of independent voices it is near 0."""
_OFTEN: Final = 0.03
_OFTEN_S: Final = 1.0
_UNLIKE: Final = 0.55
"""Correlation of two channels' levels below which no voice is in both. Measured: two voices -.01 to
.15, and .24 to .44 where each leaks into the other at -20 dB; one room .85 and more, voices placed
between two loudspeakers .65 and more."""
_UNLIKE_S: Final = 1.5
_BANDS: Final = (3, 10, 20, 40, 80, 160)
"""From 94 Hz to 5 kHz, in bins."""
_SILENT: Final = 1e-7
_SMOOTH: Final = np.ones(5, np.float32) / 5

_BINS: Final = FRAME // 2 + 1
_WINDOW: Final = np.hanning(FRAME)

Planes = NDArray[np.float32]


def talk_at_once(stretches: Iterable[Planes], stream: Callable[[], SpeechProbabilities]) -> bool:
    """Tell whether the channels of stretches (float32, (2, n_samples), 16 kHz) are two people's.

    And that they often speak at once, where a mix loses words of both. `stream` gives a detector
    of speech. It is only asked where one channel is often far louder.
    """
    heard = [_whole_frames(planes) for planes in stretches]
    loud = far = 0
    for planes in heard:
        left, right = _powers(planes)
        audible = np.maximum(left, right) > _AUDIBLE
        loud += int(np.count_nonzero(audible))
        far += int(np.count_nonzero(audible & (_far(left, right) | _far(right, left))))
    if far <= _HOPELESS * loud:
        return False
    compared = _Comparison((stream(), stream()))
    for planes in heard:
        compared.add(planes)
    return compared.at_once


@dataclass
class _Comparison:
    detectors: tuple[SpeechProbabilities, SpeechProbabilities]
    alone: list[int] = field(default_factory=lambda: [0, 0])
    both: int = 0
    spoken: int = 0
    turns: int = 0
    _last: int | None = None
    _cross: NDArray[np.complex128] = field(default_factory=lambda: np.zeros(_BINS, np.complex128))
    _own: NDArray[np.float64] = field(default_factory=lambda: np.zeros((2, _BINS)))
    _levels: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, planes: Planes) -> None:
        if not planes.size:
            return
        powers = _powers(planes)
        speech = [
            detector(row) >= ONSET for detector, row in zip(self.detectors, planes, strict=True)
        ]
        alone = [speech[0] & _far(*powers), speech[1] & _far(powers[1], powers[0])]
        leaked = [speech[0] & alone[1], speech[1] & alone[0]]
        both = (speech[0] & ~leaked[0]) & (speech[1] & ~leaked[1])
        self.spoken += int(np.count_nonzero(speech[0] | speech[1]))
        self.both += int(np.count_nonzero(both & ~alone[0] & ~alone[1]))
        for channel in (0, 1):
            self.alone[channel] += int(np.count_nonzero(alone[channel]))
        self._take_turns(alone[0].astype(np.int8) - alone[1].astype(np.int8))
        self._correlate(planes, both)

    def _take_turns(self, who: NDArray[np.int8]) -> None:
        """Count how often the one speaks for a while after the other (1 and -1)."""
        edges = np.flatnonzero(np.diff(who, prepend=0, append=0))
        for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            speaker = int(who[first])
            if speaker and last - first >= _TURN and speaker != self._last:
                self.turns += self._last is not None
                self._last = speaker

    def _correlate(self, planes: Planes, both: NDArray[np.bool_]) -> None:
        left, right = (
            np.fft.rfft(row.reshape(-1, FRAME)[both] * _WINDOW, axis=1) for row in planes
        )
        self._cross += (left * right.conj()).sum(axis=0)
        powers = [np.square(np.abs(each)) for each in (left, right)]
        self._own += [each.sum(axis=0) for each in powers]
        self._levels.append(np.stack([_levels(each) for each in powers]))

    @property
    def coherence(self) -> float:
        """How much the channels have in common where both speak; 0 to 1."""
        powers = np.sqrt(self._own[0] * self._own[1])
        return float(np.abs(self._cross).sum() / powers.sum()) ** 2 if powers.sum() else 0.0

    @property
    def likeness(self) -> float:
        """How alike the channels' levels come and go where both speak; -1 to 1."""
        levels = np.concatenate(self._levels, axis=1)
        left, right = levels - levels.mean(axis=1, keepdims=True)
        powers = np.sqrt((left * left).sum() * (right * right).sum())
        return float((left * right).sum() / powers) if powers else 1.0

    @property
    def at_once(self) -> bool:
        independent = self.both if self.coherence <= _NOTHING_IN_COMMON else 0
        shared = self.spoken - sum(self.alone) - independent
        return (
            shared <= _MOST_SHARED * self.spoken
            and independent * FRAME_S >= _OFTEN_S
            and independent >= _OFTEN * self.spoken
            and (self._in_turns or self._unlike)
        )

    @property
    def _in_turns(self) -> bool:
        least = min(self.alone)
        return (
            least * FRAME_S >= _LEAST_S
            and least >= _LEAST_SHARE * self.spoken
            and self.turns >= _FEWEST_TURNS
        )

    @property
    def _unlike(self) -> bool:
        return self.both * FRAME_S >= _UNLIKE_S and self.likeness <= _UNLIKE


def _levels(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the level of each band of pitches, frame by frame: (n_frames, n_bands)."""
    bands = [powers[:, low:high].sum(axis=1) for low, high in pairwise(_BANDS)]
    return np.log(np.stack(bands, axis=1) + _SILENT)


def _whole_frames(planes: Planes) -> Planes:
    return planes[:, : planes.shape[1] // FRAME * FRAME]


def _powers(planes: Planes) -> list[NDArray[np.float32]]:
    """Return each channel's mean square, frame by frame, a little smoothed."""
    return [
        np.convolve(np.square(row.reshape(-1, FRAME)).mean(axis=1), _SMOOTH, "same")
        if row.size
        else np.zeros(0, np.float32)
        for row in planes
    ]


def _far(here: NDArray[np.float32], there: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.asarray((here > _FAR * there) & (here > _AUDIBLE))
