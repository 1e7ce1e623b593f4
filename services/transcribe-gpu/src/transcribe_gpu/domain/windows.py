"""Bounded windows of a recording, cut where nobody speaks.

A window holds speech and the pauses in it. A pause over 2 s ends it, since what follows may be
another voice in another room, of which a recogniser loses the first words if it began with the
one before; after less than 3 s it is shortened to .8 s instead. Else a window is cut in
the longest pause of its later part. Only where somebody speaks for a whole window without a
pause is it cut in speech: there two windows overlap, and their words are joined by time.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.domain.voice_activity import FRAME, FRAME_S, SpeechProbabilities

ONSET: Final = 0.5
OFFSET: Final = 0.35
"""Silero's own thresholds: speech begins above the one and ends below the other."""
_SHORTEST_PAUSE: Final = round(0.16 / FRAME_S)
_PADDING: Final = round(0.4 / FRAME_S)
"""What is kept of a long pause before and after speech."""
_LONGEST_PAUSE: Final = round(2.0 / FRAME_S)
_ENOUGH: Final = round(3.0 / FRAME_S)
_OVERLAP: Final = round(1.0 / FRAME_S)
_SMOOTH: Final = 9
_FEWEST_FRAMES: Final = 3
"""Less than .1 s of speech is a click."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch to recognise: float32, (n_samples,), 16 kHz mono.

    `places` are the recording's frames (of 32 ms) that it holds, in order, and `speech` is each
    one's probability of speech. Words outside
    `keep_from`..`keep_until` (seconds of the recording) belong to the neighbour it overlaps.
    """

    index: int
    samples: NDArray[np.float32]
    places: NDArray[np.int64]
    speech: NDArray[np.float32]
    keep_from: float
    keep_until: float

    @property
    def speech_s(self) -> float:
        """How long somebody surely speaks in it, in seconds."""
        return float(np.count_nonzero(self.speech >= ONSET)) * FRAME_S

    @property
    def start(self) -> float:
        """Where in the recording it begins, in seconds."""
        return float(self.places[0]) * FRAME_S

    @property
    def end(self) -> float:
        """Where in the recording it ends, in seconds."""
        return float(self.places[-1] + 1) * FRAME_S

    def span_in_recording(self, start: float, end: float) -> tuple[float, float]:
        """Translate a word's times from the window's clock to the recording's.

        A word lies whole on the side of a shortened pause where its middle is.
        """
        frame = min(len(self.places) - 1, max(0, int((start + end) / 2 / FRAME_S)))
        shift = (int(self.places[frame]) - frame) * FRAME_S
        first, last = self._piece(frame)
        low, high = first * FRAME_S + shift, (last + 1) * FRAME_S + shift
        return min(max(start + shift, low), high), min(max(end + shift, low), high)

    def _piece(self, frame: int) -> tuple[int, int]:
        """Return the first and last frame of the uninterrupted stretch around `frame`."""
        shifts = self.places - np.arange(len(self.places))
        first = int(np.searchsorted(shifts, shifts[frame], side="left"))
        last = int(np.searchsorted(shifts, shifts[frame], side="right")) - 1
        return first, last


def cut_windows(
    blocks: Iterable[NDArray[np.float32]], speech: SpeechProbabilities, *, longest_s: float
) -> Iterator[Window]:
    """Cut a stream (float32, 16 kHz mono) to windows of at most `longest_s` that hold its speech.

    What is held in memory does not grow with the stream's length.
    """
    cutter = _WindowCutter(max(4 * _OVERLAP, int(longest_s / FRAME_S)))
    rest: NDArray[np.float32] = np.empty(0, np.float32)
    for block in blocks:
        samples = np.concatenate((rest, block)) if rest.size else block
        whole = samples.size // FRAME * FRAME
        if whole:
            yield from cutter.add(samples[:whole], speech(samples[:whole]))
        rest = samples[whole:].copy()
    if rest.size:
        last = np.concatenate((rest, np.zeros(FRAME - rest.size, np.float32)))
        yield from cutter.add(last, speech(last))
    yield from cutter.finish()


@dataclass(slots=True)
class _Frame:
    place: int
    samples: NDArray[np.float32]
    probability: float


@dataclass(slots=True)
class _Pause:
    """A pause in the frames kept, to be cut at `at`; `length` is how long it truly was."""

    at: int
    length: int


class _WindowCutter:
    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._kept: list[_Frame] = []
        self._pauses: list[_Pause] = []
        self._silence: deque[_Frame] = deque(maxlen=_LONGEST_PAUSE)
        self._speaking = False
        self._quiet = 0
        self._keep_from = 0.0
        self._count = 0
        self._next = 0

    def add(
        self, samples: NDArray[np.float32], probabilities: NDArray[np.float32]
    ) -> Iterator[Window]:
        frames = samples.reshape(-1, FRAME)
        for frame, probability in zip(frames, probabilities.tolist(), strict=True):
            yield from self._hear(_Frame(self._next, frame, probability))
            self._next += 1
            if len(self._kept) >= self._longest:
                yield from self._cut()

    def finish(self) -> Iterator[Window]:
        yield from self._window(len(self._kept), float("inf"))

    def _hear(self, frame: _Frame) -> Iterator[Window]:
        if self._speaking:
            self._kept.append(frame)
            self._quiet = self._quiet + 1 if frame.probability < OFFSET else 0
            self._speaking = self._quiet < _SHORTEST_PAUSE
        elif frame.probability >= ONSET:
            yield from self._begin_speech(frame)
        else:
            self._quiet += 1
            if self._kept and self._quiet <= _PADDING:
                self._kept.append(frame)
            else:
                self._silence.append(frame)

    def _begin_speech(self, frame: _Frame) -> Iterator[Window]:
        long = self._quiet > _LONGEST_PAUSE or not self._kept
        lead = list(self._silence)[-_PADDING:] if long else list(self._silence)
        if long and len(self._kept) >= _ENOUGH:
            yield from self._window(len(self._kept), lead[0].place * FRAME_S)
            self._keep_from = lead[0].place * FRAME_S
            self._kept, self._pauses = [], []
        if self._kept:
            onset = len(self._kept) + len(lead)
            first = len(self._kept) - min(self._quiet, _PADDING)
            middle = (first + onset) // 2
            self._pauses.append(_Pause(max(middle, onset - _PADDING), self._quiet))
        self._kept += [*lead, frame]
        self._silence.clear()
        self._speaking = True
        self._quiet = 0

    def _cut(self) -> Iterator[Window]:
        """Cut in the longest pause of the later half, or earlier; in speech if there is none."""
        for part in (0.5, 0.25):
            late = [p for p in self._pauses if p.at >= part * self._longest]
            if late:
                at = max(late, key=lambda pause: (pause.length, pause.at)).at
                yield from self._window(at, self._time_of(at))
                self._drop(at)
                return
        at = self._weakest()
        seam = self._time_of(at)
        yield from self._window(min(at + _OVERLAP, len(self._kept)), seam)
        self._drop(at - _OVERLAP)
        self._keep_from = seam

    def _weakest(self) -> int:
        """Return where in the last third the detector is least sure of speech, the later of two."""
        first = 2 * self._longest // 3
        sure = np.array([frame.probability for frame in self._kept[first:]])
        smooth = np.convolve(sure, np.ones(_SMOOTH), mode="valid")
        return first + len(smooth) - 1 - int(np.argmin(smooth[::-1])) + _SMOOTH // 2

    def _window(self, until: int, seam: float) -> Iterator[Window]:
        frames = self._kept[:until]
        heard = sum(frame.probability >= ONSET for frame in frames)
        if heard >= _FEWEST_FRAMES:
            yield Window(
                index=self._count,
                samples=np.concatenate([frame.samples for frame in frames]),
                places=np.array([frame.place for frame in frames]),
                speech=np.array([frame.probability for frame in frames], np.float32),
                keep_from=self._keep_from,
                keep_until=seam,
            )
            self._count += 1

    def _drop(self, count: int) -> None:
        self._keep_from = self._time_of(count)
        self._kept = self._kept[count:]
        self._pauses = [_Pause(p.at - count, p.length) for p in self._pauses if p.at > count]

    def _time_of(self, index: int) -> float:
        return self._kept[min(index, len(self._kept) - 1)].place * FRAME_S
