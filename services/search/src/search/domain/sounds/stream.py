"""An episode as rows of sounds, each owned by a word: of its words, and of an acoustic reading."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.domain.sounds.classes import UNKNOWN, coarse
from search.domain.sounds.query import MOST_SOUNDS
from search.domain.sounds.speech import Pronouncer

PASSAGE: Final = 120
"""Sounds from the start of one passage to the next: about ten seconds of speech."""
OVERLAP: Final = MOST_SOUNDS + 8
"""So much of the next passage is repeated that no place is cut in two."""


class Reading(NamedTuple):
    """What an acoustic decoder that knows no words heard: phones (ARPAbet) between two times."""

    start_ms: int
    end_ms: int
    phones: tuple[str, ...]


@dataclass(frozen=True)
class SoundStream:
    """All sounds of an episode in a row; `owners` gives the index of each one's word."""

    sounds: str
    owners: NDArray[np.int32]

    def passages(self) -> Iterator[str]:
        """Yield overlapping passages; number n starts at sound n * PASSAGE."""
        for at in range(0, max(1, len(self.sounds) - OVERLAP), PASSAGE):
            yield self.sounds[at : at + PASSAGE + OVERLAP]


def stream_of_words(tokens: Iterable[tuple[int, str]], pronouncer: Pronouncer) -> SoundStream:
    """Return the sounds of (word index, token) pairs."""
    said: list[str] = []
    words: list[int] = []
    for index, token in tokens:
        said.append(pronouncer.sounds_of(token) or UNKNOWN)
        words.append(index)
    owners = np.repeat(np.asarray(words, dtype=np.int32), [*map(len, said)])
    return SoundStream("".join(said), owners)


def readings_of(
    readings: Sequence[Reading], starts_ms: Sequence[int], ends_ms: Sequence[int]
) -> SoundStream:
    """Return the sounds of acoustic readings; a sound is owned by the word said at its time.

    Sounds before a word's start belong to the word before, unless the next one is nearer.
    """
    if not readings or not len(starts_ms):
        return SoundStream("", np.zeros(0, dtype=np.int32))
    sounds: list[str] = []
    times: list[NDArray[np.float64]] = []
    for reading in readings:
        heard = coarse(reading.phones)
        edges = np.linspace(reading.start_ms, reading.end_ms, len(heard) + 1)
        sounds.append(heard)
        times.append((edges[:-1] + edges[1:]) / 2)
    order = np.argsort(np.asarray(starts_ms), kind="stable")
    starts = np.asarray(starts_ms)[order]
    ends = np.asarray(ends_ms)[order]
    at = np.concatenate(times)
    before = np.clip(np.searchsorted(starts, at, side="right") - 1, 0, None)
    after = np.clip(before + 1, None, len(starts) - 1)
    in_gap = (at > ends[before]) & (starts[after] - at < at - ends[before])
    owners = order[np.where(in_gap, after, before)].astype(np.int32)
    return SoundStream("".join(sounds), owners)
