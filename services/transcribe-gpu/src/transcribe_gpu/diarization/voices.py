"""Who speaks when, from the sound alone, in memory that hardly grows with its length."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.diarization.clustering import cluster
from transcribe_gpu.diarization.voice_embedding import RATE_HZ, VoiceEncoder
from transcribe_gpu.domain.speakers import Diarization, SpeakerTurn, Voice, joined_turns_of
from transcribe_gpu.domain.voice_activity import FRAME, FRAME_S, SpeechProbabilities

STRETCH_S: Final = 1.6
"""Resemblyzer was trained on 1.6 s."""
STEP_S: Final = 0.2
_ONSET: Final = 0.2
_OFFSET: Final = 0.15
_EDGE_S: Final = 0.02
_BATCH: Final = 64
_LONG_S: Final = 1800.0
"""Longer recordings are looked at in wider steps."""

Floats = NDArray[np.float32]


def diarize(
    blocks: Iterable[Floats],
    speech: SpeechProbabilities,
    encoder: VoiceEncoder,
    *,
    speakers: int = 0,
    expected_s: float = 0.0,
) -> Diarization:
    """Find the turns of a stream (float32, 16 kHz mono); 0 `speakers` is unknown."""
    step_s = STEP_S * max(1.0, expected_s / _LONG_S)
    places: list[tuple[float, float]] = []
    found: list[Floats] = []
    waiting: list[Floats] = []
    for start, end, stretch in _stretches(blocks, speech, step_s):
        places.append((start, end))
        waiting.append(stretch)
        if len(waiting) == _BATCH:
            found.append(encoder.embed(waiting))
            waiting = []
    found.append(encoder.embed(waiting))
    embeddings = np.concatenate(found)
    starts = np.array([start for start, _ in places])
    labels = cluster(embeddings, starts, speakers=speakers)
    turns = [
        SpeakerTurn(round(start, 3), round(end, 3), f"SPEAKER_{label:02d}")
        for (start, end), label in zip(places, labels.tolist(), strict=True)
    ]
    return Diarization(
        tuple(joined_turns_of(turns, pause_s=0.05)), tuple(_voices(embeddings, labels, step_s))
    )


def _voices(embeddings: Floats, labels: NDArray[np.int64], step_s: float) -> Iterator[Voice]:
    for label in sorted(set(labels.tolist())):
        own = embeddings[labels == label]
        mean = own.mean(axis=0)
        mean = mean / max(float(np.linalg.norm(mean)), 1e-9)
        yield Voice(f"SPEAKER_{label:02d}", tuple(round(v, 5) for v in mean.tolist()),
                    round(len(own) * step_s, 2))  # fmt: skip


def _stretches(
    blocks: Iterable[Floats], speech: SpeechProbabilities, step_s: float
) -> Iterator[tuple[float, float, Floats]]:
    """Yield (start, end) of each step of speech and the 1.6 s of sound around it."""
    span = round(STRETCH_S * RATE_HZ)
    sound = _Sound(span)
    speaking = False
    step_from = 0.0
    ends_at = 0
    pending: list[tuple[float, float]] = []
    for samples in _whole_frames(blocks):
        sound.add(samples)
        for probability in speech(samples).tolist():
            at_s = ends_at * FRAME_S
            ends_at += 1
            if not speaking and probability >= _ONSET:
                speaking, step_from = True, max(0.0, at_s - _EDGE_S)
            elif speaking and (probability < _OFFSET or at_s - step_from >= step_s):
                speaking = probability >= _OFFSET
                pending.append((step_from, at_s + (0.0 if speaking else _EDGE_S)))
                step_from = at_s
        while pending and sound.has_around(pending[0]):
            yield (*pending[0], sound.around(pending.pop(0)))
    if speaking:
        pending.append((step_from, ends_at * FRAME_S))
    for step in pending:
        yield (*step, sound.around(step))


def _whole_frames(blocks: Iterable[Floats]) -> Iterator[Floats]:
    rest: Floats = np.empty(0, np.float32)
    for block in blocks:
        samples = np.concatenate((rest, block))
        whole = samples.size // FRAME * FRAME
        if whole:
            yield samples[:whole]
        rest = samples[whole:]
    if rest.size:
        yield np.concatenate((rest, np.zeros(FRAME - rest.size, np.float32)))


class _Sound:
    """The last seconds of a stream."""

    def __init__(self, span: int) -> None:
        self._span = span
        self._samples: Floats = np.empty(0, np.float32)
        self._first = 0

    def add(self, samples: Floats) -> None:
        kept = self._samples[-(3 * self._span + samples.size) :]
        self._first += self._samples.size - kept.size
        self._samples = np.concatenate((kept, samples))

    def has_around(self, step: tuple[float, float]) -> bool:
        return self._begin(step) + self._span <= self._first + self._samples.size

    def around(self, step: tuple[float, float]) -> Floats:
        """Return the span around a step; at the edges of the stream, the nearest there is."""
        last = max(0, self._samples.size - self._span)
        begin = min(max(0, self._begin(step) - self._first), last)
        found = self._samples[begin : begin + self._span]
        return np.resize(found, self._span) if found.size < self._span else found

    def _begin(self, step: tuple[float, float]) -> int:
        return max(0, round((step[0] + step[1]) / 2 * RATE_HZ) - self._span // 2)
