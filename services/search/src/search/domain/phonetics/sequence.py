"""An episode as one row of phones, each owned by a word: an acoustic reading, or its words'."""

import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.domain.phonetics.phones import GRAM, UNKNOWN, written
from search.domain.phonetics.pronunciation import Pronouncer
from search.domain.phonetics.query import MOST_PHONES

PASSAGE: Final = 240
"""Sounds from the start of one passage to the next: about twenty seconds of speech."""
OVERLAP: Final = MOST_PHONES + 8
"""So much of the next passage is repeated that no place is cut in two."""


_FIRST: Final = np.dtype("<i4")
_STEP: Final = np.dtype("i1")


class TimedPhones(NamedTuple):
    """What an acoustic decoder that knows no words heard: phones (ARPAbet) between two times."""

    start_ms: int
    end_ms: int
    phones: tuple[str, ...]


class PhonePassage(NamedTuple):
    """A stretch of an episode's phones; `owners` holds the packed index of each one's word."""

    phones: str
    owners: bytes

    @property
    def own(self) -> str:
        """What it is found by: its phones without the overlap, but for the last trigrams."""
        return self.phones[: PASSAGE + GRAM - 1]

    def words(self) -> NDArray[np.int64]:
        """Return the index of the word of each sound."""
        raw = zlib.decompress(self.owners)
        narrow = len(raw) < _FIRST.itemsize * len(self.phones)
        steps = np.frombuffer(raw, _STEP if narrow else _FIRST, offset=_FIRST.itemsize)
        first = np.frombuffer(raw, _FIRST, count=1)
        return np.cumsum(np.concatenate([first, steps]), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class PhoneSequence:
    """All phones of an episode in a row; `owners` gives the index of each one's word.

    `is_recognized`: they were read from the audio, else they are those of the recognised words.
    """

    phones: str
    owners: NDArray[np.int32]
    is_recognized: bool = False

    @classmethod
    def joined(cls, passages: Iterable[PhonePassage], *, is_recognized: bool) -> "PhoneSequence":
        """Put together again what `passages` cut."""
        cut = [*passages]
        own = [slice(PASSAGE) for _ in cut[:-1]] + [slice(None)]
        owners = [one.words()[part] for one, part in zip(cut, own, strict=False)]
        return cls(
            "".join(one.phones[part] for one, part in zip(cut, own, strict=False)),
            np.concatenate([np.zeros(0), *owners]).astype(np.int32),
            is_recognized,
        )

    def passages(self) -> Iterator[PhonePassage]:
        """Yield overlapping passages; number n starts at sound n * PASSAGE."""
        count = len(self.phones)
        for at, owners in self._packed_owners(range(0, count and max(1, count - OVERLAP), PASSAGE)):
            yield PhonePassage(self.phones[at : at + PASSAGE + OVERLAP], owners)

    def _packed_owners(self, starts: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Pack the owners from each start on.

        The first as int32, then the steps from it as int8, or int32 where they are too wide.
        """
        firsts = self.owners.astype(_FIRST)
        steps = np.diff(firsts)
        narrow = steps.astype(_STEP)
        wide = np.flatnonzero(narrow != steps).tolist()
        first_bytes, narrow_bytes = firsts.tobytes(), narrow.tobytes()
        size = _FIRST.itemsize
        for at in starts:
            end = min(at + PASSAGE + OVERLAP, len(firsts)) - 1
            is_narrow = bisect_left(wide, at) == bisect_left(wide, end)
            rest = narrow_bytes[at:end] if is_narrow else steps[at:end].tobytes()
            yield at, zlib.compress(first_bytes[size * at : size * (at + 1)] + rest, 6)


def phones_of_words(tokens: Iterable[tuple[int, str]], pronouncer: Pronouncer) -> PhoneSequence:
    """Return the phones of (word index, token) pairs."""
    pairs = [*tokens]
    phones_of = {
        token: pronouncer.phones_of(token) or UNKNOWN for token in {token for _, token in pairs}
    }
    said = [phones_of[token] for _, token in pairs]
    words = np.asarray([index for index, _ in pairs], dtype=np.int32)
    return PhoneSequence("".join(said), np.repeat(words, [*map(len, said)]))


def recognized_phones(
    readings: Sequence[TimedPhones], starts_ms: Sequence[int], ends_ms: Sequence[int]
) -> PhoneSequence:
    """Return the phones of acoustic readings; a sound is owned by the word said at its time.

    Sounds before a word's start belong to the word before, unless the next one is nearer.
    """
    if not readings or not len(starts_ms):
        return PhoneSequence("", np.zeros(0, dtype=np.int32), is_recognized=True)
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
    return PhoneSequence("".join(heard), owners, is_recognized=True)
