"""How the embedded index packs an episode: little-endian arrays and deflated blocks of words."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_UINT16: Final = np.dtype("<u2")
_UINT32: Final = np.dtype("<u4")
_BLOCK_WORDS: Final = 512
_SEPARATOR: Final = "\n"
_SEPARATOR_BYTE: Final = ord(_SEPARATOR)


def pack_ints(values: Sequence[int]) -> bytes:
    """Pack as uint32."""
    return np.asarray(values, dtype=_UINT32).tobytes()


def unpack_ints(blob: bytes | memoryview) -> NDArray[np.uint32]:
    """Unpack uint32 without copying."""
    return np.frombuffer(blob, dtype=_UINT32)


@dataclass(frozen=True)
class WordOfToken:
    """Gives the word a token belongs to; most episodes have few words of several tokens."""

    tokens: Ints
    words: Ints

    @classmethod
    def read(cls, blob: bytes) -> "WordOfToken":
        """Unpack what `breaks_of` packed."""
        if not blob:
            return _IDENTITY
        pairs = unpack_ints(blob).astype(np.int64).reshape(-1, 2)
        return cls(pairs[:, 0], pairs[:, 1])

    def __call__(self, at: Ints) -> Ints:
        """Return the word index of each token position."""
        if len(self.tokens) == 0:
            return at
        pair = np.searchsorted(self.tokens, at, side="right") - 1
        shifted = at - self.tokens[pair] + self.words[pair]
        return np.where(pair < 0, at, shifted)


_IDENTITY: Final = WordOfToken(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


def pack_lengths(starts: Sequence[int], ends: Sequence[int]) -> bytes:
    """Pack how long each word lasts."""
    return pack_narrow(np.asarray(ends, dtype=np.int64) - np.asarray(starts, dtype=np.int64))


def pack_narrow(values: Ints) -> bytes:
    """Pack as uint16 where that is wide enough, else as uint32."""
    narrow = not len(values) or int(values.max()) <= np.iinfo(_UINT16).max
    return values.astype(_UINT16 if narrow else _UINT32).tobytes()


def unpack_narrow(blob: bytes, count: int) -> NDArray[np.unsignedinteger[Any]]:
    """Unpack `count` values that `pack_narrow` packed."""
    return np.frombuffer(blob, dtype=_UINT16 if len(blob) == 2 * count else _UINT32)


def breaks_of(words: Sequence[int]) -> bytes:
    """Pack the places where the word index no longer rises with the token index."""
    of_token = np.asarray(words, dtype=np.int64)
    steps = np.diff(of_token, prepend=-1)
    at = np.flatnonzero(steps != 1)
    return np.stack([at, of_token[at]], axis=1).astype(_UINT32).tobytes()


def pack_words(words: Sequence[str]) -> bytes:
    """Pack display words in blocks, each read alone: uint32 block ends, then the blocks."""
    blocks = [
        zlib.compress(_SEPARATOR.join(words[at : at + _BLOCK_WORDS]).encode(), 6)
        for at in range(0, len(words), _BLOCK_WORDS)
    ]
    ends = np.cumsum([len(block) for block in blocks]) if blocks else np.zeros(0)
    return pack_ints([len(blocks), *ends.tolist()]) + b"".join(blocks)


class PackedWords:
    """Reads words out of `pack_words`' bytes: a block is inflated once, and cut where read."""

    def __init__(self, blob: bytes) -> None:
        self._blob = blob
        n_blocks = int(unpack_ints(blob[:4])[0])
        self._base = 4 + 4 * n_blocks
        self._ends = [0, *unpack_ints(blob[4 : self._base]).tolist()]
        self._open: dict[int, tuple[bytes, list[int]]] = {}

    def slice(self, first: int, last: int) -> list[str]:
        """Return the words `first`..`last`, both included."""
        found: list[str] = []
        for number in range(first // _BLOCK_WORDS, last // _BLOCK_WORDS + 1):
            raw, starts = self._open.get(number) or self._opened(number)
            begin = number * _BLOCK_WORDS
            at, end = max(0, first - begin), min(last - begin + 1, len(starts) - 1)
            found += raw[starts[at] : starts[end] - 1].decode().split(_SEPARATOR)
        return found

    def _opened(self, number: int) -> tuple[bytes, list[int]]:
        """Return a block and where its words start; the last number is where one more would."""
        packed = self._blob[self._base + self._ends[number] : self._base + self._ends[number + 1]]
        raw = zlib.decompress(packed)
        breaks = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8) == _SEPARATOR_BYTE)
        self._open[number] = (raw, [0, *(breaks + 1).tolist(), len(raw) + 1])
        return self._open[number]
