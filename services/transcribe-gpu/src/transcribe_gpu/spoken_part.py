"""What one speaker said in a channel of a recording, as a recording of its own."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from everyword_transcripts import Word
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Audio, Float32Array

Span = tuple[float, float]
"""(start, end) in the recording, in seconds."""
ENOUGH_S: Final = 600.0
"""A voice does not become clearer by more speech than this."""
LEAST_S: Final = 1.6
"""What a voice is told by at least: the stretch that the speaker encoder takes."""
_EDGE_S: Final = 0.1
_PAUSE_S: Final = 0.5
_GAP: Final = np.zeros(SAMPLE_RATE_HZ // 10, np.float32)
_DECODING: Final = 0.02
"""Decoding what lies between the spans takes no more of its length."""


def spoken_spans(words: Iterable[Word], *, enough_s: float = ENOUGH_S) -> list[Span]:
    """Return where words are said, short pauses between them included, until it is enough."""
    spans: list[Span] = []
    spoken_s = 0.0
    for word in words:
        start, end = max(0.0, word.start - _EDGE_S), word.end + _EDGE_S
        if spans and start - spans[-1][1] < _PAUSE_S:
            start = spans[-1][1]
            end = max(end, start)
            spans[-1] = (spans[-1][0], end)
        elif spoken_s >= enough_s:
            break
        else:
            spans.append((start, end))
        spoken_s += end - start
    return spans


@dataclass(frozen=True)
class SpokenPart:
    """Some spans of one channel, in their order (`transcribe_gpu.ports.Audio`)."""

    audio: Audio
    channel: int
    spans: Sequence[Span]

    @property
    def channels(self) -> int:
        """One."""
        return 1

    @property
    def spoken_s(self) -> float:
        """How long the spans are together."""
        return sum(end - start for start, end in self.spans)

    @property
    def expected_duration_s(self) -> float:
        """About how long it takes to hear it, what lies between the spans included."""
        return self.spoken_s + _DECODING * (self.spans[-1][1] if self.spans else 0.0)

    @property
    def decoded_s(self) -> float:
        """How long the spans are together."""
        return self.spoken_s

    @property
    def flags(self) -> tuple[str, ...]:
        """What was wrong with the recording."""
        return self.audio.flags

    @property
    def one_sound(self) -> bool:
        """One channel carries one sound."""
        return True

    def stretches(self) -> Iterator[Float32Array]:
        """Give each block as a channel of its own."""
        return (block[None] for block in self.blocks())

    def blocks(self, channel: int | None = None) -> Iterator[Float32Array]:
        """Decode no further than the last span; there is one channel, whichever is asked for."""
        del channel
        spans = [(round(a * SAMPLE_RATE_HZ), round(b * SAMPLE_RATE_HZ)) for a, b in self.spans]
        at = 0
        for block in self.audio.blocks(self.channel):
            while spans and spans[0][0] < at + block.size:
                start, end = spans[0]
                piece = block[max(0, start - at) : max(0, end - at)]
                if piece.size:
                    yield piece
                if end > at + block.size:
                    break
                yield _GAP
                del spans[0]
            at += block.size
            if not spans:
                return
