"""Who speaks when, from segmentation and voices: two may speak at once.

Each chunk is segmented by itself, its speakers are linked over the whole recording by their
voices, and what the overlapping chunks say of each frame is averaged.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.diarization.linking import link
from transcribe_gpu.diarization.local_speakers import FRAME_S, LocalSpeakers, local_speakers
from transcribe_gpu.diarization.segmentation import (
    FIRST_FRAME,
    FRAMES,
    RATE_HZ,
    SpeakerSegmentation,
)
from transcribe_gpu.diarization.voice_embedding import VoiceEncoder
from transcribe_gpu.domain.speakers import Diarization, SpeakerTurn, Voice, joined_turns_of

_AT_ONCE: Final = 2
_SECOND: Final = 0.25
"""How likely a second speaker must be where the chunks count two."""
_PAUSE_S: Final = 0.05

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


def diarize_segmented(
    blocks: Iterable[Floats],
    segmentation: SpeakerSegmentation,
    encoder: VoiceEncoder,
    *,
    speakers: int = 0,
    expected_s: float = 0.0,
) -> Diarization:
    """Find the turns of a stream (float32, 16 kHz mono); 0 `speakers` is unknown."""
    seen = local_speakers(blocks, segmentation, encoder, expected_s=expected_s)
    labels = link(seen, speakers=speakers)
    return Diarization(tuple(turns_of(seen, labels)), tuple(_voices(seen, labels)))


def turns_of(seen: LocalSpeakers, labels: Labels) -> list[SpeakerTurn]:
    """Return the turns of linked local speakers, by their starts."""
    return joined_turns_of(_turns(seen, labels), pause_s=_PAUSE_S)


def _turns(seen: LocalSpeakers, labels: Labels) -> Iterator[SpeakerTurn]:
    for number, row in enumerate(_speaking(seen, labels)):
        edges = np.diff(np.concatenate(([False], row, [False])).astype(np.int8))
        begins, ends = np.flatnonzero(edges > 0).tolist(), np.flatnonzero(edges < 0).tolist()
        for begin, end in zip(begins, ends, strict=True):
            yield SpeakerTurn(_time_s(begin), _time_s(end), _name(number))


def _speaking(seen: LocalSpeakers, labels: Labels) -> NDArray[np.bool_]:
    """Return who speaks in which frame, (n_speakers, n_frames)."""
    count = int(labels.max()) + 1 if labels.size else 0
    likely = np.zeros((count, seen.frames), np.float32)
    at_once, looks = np.zeros(seen.frames), np.maximum(seen.looks, 1)
    for chunk, probabilities in enumerate(seen.probabilities):
        span = slice(chunk * seen.hop, chunk * seen.hop + FRAMES)
        at_once[span] += probabilities.astype(np.float32).sum(axis=1)
    for speaker, label in zip(seen.speakers, labels.tolist(), strict=True):
        begin = speaker.chunk * seen.hop
        likely[label, begin : begin + FRAMES] += seen.probabilities[speaker.chunk][:, speaker.place]
    likely /= looks
    speaking = np.round(at_once / looks).astype(int)
    found = np.zeros(likely.shape, bool)
    every = np.arange(seen.frames)
    for rank in range(min(count, _AT_ONCE)):
        who = likely.argmax(axis=0)
        chosen = (speaking > rank) & (likely[who, every] > (_SECOND if rank else 0))
        found[who[chosen], every[chosen]] = True
        likely[who, every] = -1
    return found


def _voices(seen: LocalSpeakers, labels: Labels) -> Iterator[Voice]:
    seconds = np.array([each.speech_s for each in seen.speakers])
    spoken_s = seen.spoken_s()
    for label in range(int(labels.max()) + 1 if labels.size else 0):
        own = labels == label
        mean = (seen.embeddings[own] * seconds[own, None]).sum(axis=0)
        mean = mean / max(float(np.linalg.norm(mean)), 1e-9)
        speech_s = round(float(spoken_s[own].sum()), 2)
        yield Voice(_name(label), tuple(round(v, 5) for v in mean.tolist()), speech_s)


def _time_s(frame: int) -> float:
    """Return when a frame begins."""
    centre_s = FIRST_FRAME / RATE_HZ + frame * FRAME_S
    return round(max(0.0, centre_s - FRAME_S / 2), 3)


def _name(label: int) -> str:
    return f"SPEAKER_{label:02d}"
