"""An episode as one row of sounds, each owned by a word: an acoustic reading, or its words'."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.domain.sounds.phones import GRAM, UNKNOWN, written
from search.domain.sounds.query import MOST_SOUNDS
from search.domain.sounds.speech import Pronouncer

PASSAGE: Final = 240
"""Sounds from the start of one passage to the next: about twenty seconds of speech."""
OVERLAP: Final = MOST_SOUNDS + 8
"""So much of the next passage is repeated that no place is cut in two."""


_FIRST: Final = np.dtype("<i4")
_STEP: Final = np.dtype("i1")


class Reading(NamedTuple):
    """What an acoustic decoder that knows no words heard: phones (ARPAbet) between two times."""

    start_ms: int
    end_ms: int
    phones: tuple[str, ...]


class SoundPassage(NamedTuple):
    """A stretch of an episode's sounds; `owners` holds the packed index of each one's word."""

    sounds: str
    owners: bytes

    @property
    def own(self) -> str:
        """What it is found by: its sounds without the overlap, but for the last trigrams."""
        return self.sounds[: PASSAGE + GRAM - 1]

    def words(self) -> NDArray[np.int64]:
        """Return the index of the word of each sound."""
        raw = zlib.decompress(self.owners)
        narrow = len(raw) < _FIRST.itemsize * len(self.sounds)
        steps = np.frombuffer(raw, _STEP if narrow else _FIRST, offset=_FIRST.itemsize)
        first = np.frombuffer(raw, _FIRST, count=1)
        return np.cumsum(np.concatenate([first, steps]), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class SoundStream:
    """All sounds of an episode in a row; `owners` gives the index of each one's word.

    `is_reading`: they were read from the audio, else they are those of the recognised words.
    """

    sounds: str
    owners: NDArray[np.int32]
    is_reading: bool = False

    @classmethod
    def joined(cls, passages: Iterable[SoundPassage], *, is_reading: bool) -> "SoundStream":
        """Put together again what `passages` cut."""
        cut = [*passages]
        own = [slice(PASSAGE) for _ in cut[:-1]] + [slice(None)]
        owners = [one.words()[part] for one, part in zip(cut, own, strict=False)]
        return cls(
            "".join(one.sounds[part] for one, part in zip(cut, own, strict=False)),
            np.concatenate([np.zeros(0), *owners]).astype(np.int32),
            is_reading,
        )

    def passages(self) -> Iterator[SoundPassage]:
        """Yield overlapping passages; number n starts at sound n * PASSAGE."""
        count = len(self.sounds)
        for at in range(0, max(1, count - OVERLAP) if count else 0, PASSAGE):
            part = slice(at, at + PASSAGE + OVERLAP)
            yield SoundPassage(self.sounds[part], _pack(self.owners[part]))


def _pack(owners: NDArray[np.int32]) -> bytes:
    """Pack the first as int32 and the steps from it as int8, or int32 where they are too wide."""
    steps = np.diff(owners)
    narrow = bool(np.all(np.abs(steps) <= np.iinfo(_STEP).max))
    first = owners[:1].astype(_FIRST).tobytes()
    return zlib.compress(first + steps.astype(_STEP if narrow else _FIRST).tobytes(), 6)


def stream_of_words(tokens: Iterable[tuple[int, str]], pronouncer: Pronouncer) -> SoundStream:
    """Return the sounds of (word index, token) pairs."""
    said: list[str] = []
    words: list[int] = []
    for index, token in tokens:
        said.append(pronouncer.sounds_of(token) or UNKNOWN)
        words.append(index)
    owners = np.repeat(np.asarray(words, dtype=np.int32), [*map(len, said)])
    return SoundStream("".join(said), owners)


def stream_of_readings(
    readings: Sequence[Reading], starts_ms: Sequence[int], ends_ms: Sequence[int]
) -> SoundStream:
    """Return the sounds of acoustic readings; a sound is owned by the word said at its time.

    Sounds before a word's start belong to the word before, unless the next one is nearer.
    """
    if not readings or not len(starts_ms):
        return SoundStream("", np.zeros(0, dtype=np.int32), is_reading=True)
    heard = [written(reading.phones) for reading in readings]
    counts = np.array([*map(len, heard)])
    begins = np.array([reading.start_ms for reading in readings])
    steps = (np.array([reading.end_ms for reading in readings]) - begins) / np.maximum(counts, 1)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    at = np.repeat(begins, counts) + (number + 0.5) * np.repeat(steps, counts)
    order = np.argsort(np.asarray(starts_ms), kind="stable")
    starts = np.asarray(starts_ms)[order]
    ends = np.asarray(ends_ms)[order]
    before = np.clip(np.searchsorted(starts, at, side="right") - 1, 0, None)
    after = np.clip(before + 1, None, len(starts) - 1)
    in_gap = (at > ends[before]) & (starts[after] - at < at - ends[before])
    owners = order[np.where(in_gap, after, before)].astype(np.int32)
    return SoundStream("".join(heard), owners, is_reading=True)
