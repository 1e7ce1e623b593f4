"""The speakers of each few seconds of a stream, each with its voice: what is clustered later."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.diarization.segmentation import (
    CHUNK,
    FIRST_FRAME,
    FRAME,
    FRAMES,
    RATE_HZ,
    SPEAKERS,
    SpeakerSegmentation,
)
from transcribe_gpu.diarization.voice_embedding import VoiceEncoder

FRAME_S: Final = FRAME / RATE_HZ
SPEAKS: Final = 0.5
"""How likely a speaker must speak to be taken to."""
LEAST_S: Final = 0.25
"""Who speaks less in a chunk is not looked at: so little sound has no voice."""
HOP_FRAMES: Final = 60
"""From one chunk to the next: about a second, so that each moment is seen five times."""
LONG_S: Final = 1800.0
"""Longer recordings are looked at in wider steps."""
WIDEST: Final = 3
_ALONE_S: Final = 0.5
_STRETCH: Final = 25_600
"""Resemblyzer was trained on 1.6 s."""
_MOST_STRETCHES: Final = 3
_BATCH: Final = 16

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LocalSpeaker:
    """One speaker of one chunk, and how long they speak there."""

    chunk: int
    place: int
    speech_s: float


@dataclass(slots=True)
class LocalSpeakers:
    """What was seen of a whole stream.

    `probabilities`: float16, (FRAMES, SPEAKERS), for each chunk; `embeddings`: (n, d), of length 1.
    """

    hop: int
    probabilities: list[NDArray[np.float16]] = field(default_factory=list)
    speakers: list[LocalSpeaker] = field(default_factory=list)
    embeddings: Floats = field(default_factory=lambda: np.empty((0, 256), np.float32))

    @property
    def frames(self) -> int:
        """How many frames the stream has."""
        return max(0, (len(self.probabilities) - 1) * self.hop) + FRAMES

    @property
    def looks(self) -> NDArray[np.int64]:
        """How many chunks saw each frame, (n_frames,): fewer at both ends."""
        found = np.zeros(self.frames, np.int64)
        for chunk in range(len(self.probabilities)):
            found[chunk * self.hop : chunk * self.hop + FRAMES] += 1
        return found

    def spoken_s(self) -> NDArray[np.float64]:
        """Return for how long each speaker speaks, (n,), each moment counted once, in seconds."""
        looks = self.looks
        return np.array(
            [
                np.sum(self.speaks(each) / looks[each.chunk * self.hop :][:FRAMES]) * FRAME_S
                for each in self.speakers
            ]
        )

    def speaks(self, speaker: LocalSpeaker) -> NDArray[np.bool_]:
        """Return the frames of its chunk in which a speaker speaks."""
        return self.probabilities[speaker.chunk][:, speaker.place] > SPEAKS


def local_speakers(
    blocks: Iterable[Floats],
    segmentation: SpeakerSegmentation,
    encoder: VoiceEncoder,
    *,
    expected_s: float = 0.0,
) -> LocalSpeakers:
    """Look at a stream (float32, 16 kHz mono) chunk by chunk."""
    found = LocalSpeakers(HOP_FRAMES * min(WIDEST, 1 + int(expected_s // LONG_S)))
    embeddings: list[Floats] = []
    for chunks in _batches(_chunks(blocks, found.hop * FRAME)):
        likely = segmentation.probabilities(np.stack(chunks))
        stretches: list[Floats] = []
        owners: list[int] = []
        for chunk, seen in zip(chunks, likely, strict=True):
            for place in range(SPEAKERS):
                voice = _voice_of(chunk, seen > SPEAKS, place)
                if not voice:
                    continue
                speech_s = float(np.count_nonzero(seen[:, place] > SPEAKS)) * FRAME_S
                owners += [len(found.speakers)] * len(voice)
                stretches += voice
                found.speakers.append(LocalSpeaker(len(found.probabilities), place, speech_s))
            found.probabilities.append(seen.astype(np.float16))
        embeddings.append(_means(encoder.embed(stretches), owners))
    if embeddings:
        found.embeddings = np.concatenate(embeddings)
    return found


def _chunks(blocks: Iterable[Floats], hop: int) -> Iterator[Floats]:
    """Yield CHUNK samples every `hop` samples; the last one is filled up with silence."""
    held = np.empty(0, np.float32)
    whole = False
    for block in blocks:
        held = np.concatenate((held, block))
        while held.size >= CHUNK:
            yield held[:CHUNK]
            whole, held = True, held[hop:]
    new = held.size - (CHUNK - hop if whole else 0)
    if new > 0:
        yield np.pad(held, (0, CHUNK - held.size))


def _batches(chunks: Iterable[Floats]) -> Iterator[list[Floats]]:
    waiting: list[Floats] = []
    for chunk in chunks:
        waiting.append(chunk)
        if len(waiting) == _BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _voice_of(chunk: Floats, speaks: NDArray[np.bool_], place: int) -> list[Floats]:
    """Return up to three stretches of a speaker's sound, of one length: alone, if long enough."""
    own = speaks[:, place]
    if np.count_nonzero(own) * FRAME_S < LEAST_S:
        return []
    alone = own & (speaks.sum(axis=1) == 1)
    chosen = alone if np.count_nonzero(alone) * FRAME_S >= _ALONE_S else own
    first = FIRST_FRAME - FRAME // 2
    sound = chunk[first : first + FRAMES * FRAME]
    sound = sound[np.repeat(chosen, FRAME)[: sound.size]]
    if sound.size <= _STRETCH:
        return [np.resize(sound, _STRETCH)]
    count = min(_MOST_STRETCHES, -(-(sound.size - _STRETCH) * 2 // _STRETCH) + 1)
    begins = np.linspace(0, sound.size - _STRETCH, count).astype(int)
    return [sound[begin : begin + _STRETCH] for begin in begins.tolist()]


def _means(rows: Floats, owners: Sequence[int]) -> Floats:
    """Return the mean of each owner's rows, of length 1; owners rise."""
    if not owners:
        return np.empty((0, rows.shape[1]), np.float32)
    begins = np.flatnonzero(np.diff(owners, prepend=-1))
    sums = np.add.reduceat(rows, begins, axis=0)
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9))
