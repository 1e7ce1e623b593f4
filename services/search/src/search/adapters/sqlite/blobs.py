"""How the embedded index packs an episode: little-endian arrays and deflated blocks of words."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_UINT16: Final = np.dtype("<u2")
_UINT32: Final = np.dtype("<u4")
_INT32: Final = np.dtype("<i4")
_STEP_BITS: Final = 16
BLOCK_WORDS: Final = 2_048
_BLOCK_BYTES: Final = 32_768
_SEPARATOR: Final = "\n"
_BREAK: Final = ord(_SEPARATOR)


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


def pack_starts(starts_ms: Sequence[int]) -> bytes:
    """Pack when each word starts, as steps from the one before.

    A uint32 count of the steps that 16 bits do not hold, an int32 place and an int32 of upper bits
    for each of these, then the lower 16 bits of all.
    """
    steps = np.array(starts_ms, dtype=np.int64)
    steps[1:] -= steps[:-1].copy()
    upper = steps >> _STEP_BITS
    wide = np.flatnonzero(upper)
    far = np.stack([wide, upper[wide]], axis=1).astype(_INT32).tobytes()
    return pack_ints([len(wide)]) + far + steps.astype(_UINT16).tobytes()


def unpack_starts(blob: bytes) -> Ints:
    """Unpack what `pack_starts` packed."""
    n_wide = int.from_bytes(blob[:4], "little")
    wide = np.frombuffer(blob, dtype=_INT32, count=2 * n_wide, offset=4).reshape(-1, 2)
    steps = np.frombuffer(blob, dtype=_UINT16, offset=4 + wide.nbytes).astype(np.int64)
    steps[wide[:, 0]] += wide[:, 1].astype(np.int64) << _STEP_BITS
    return np.cumsum(steps, out=steps)


def pack_narrow(values: Ints) -> bytes:
    """Pack as uint16 where that is wide enough, else as uint32."""
    narrow = not len(values) or int(values.max()) <= np.iinfo(_UINT16).max
    return values.astype(_UINT16 if narrow else _UINT32).tobytes()


def unpack_narrow(blob: bytes, count: int) -> NDArray[np.unsignedinteger[Any]]:
    """Unpack `count` values that `pack_narrow` packed."""
    return np.frombuffer(blob, dtype=_UINT16 if len(blob) == 2 * count else _UINT32)


def breaks_of(words: Sequence[int] | Ints) -> bytes:
    """Pack the places where the word index no longer rises with the token index."""
    of_token = np.asarray(words, dtype=np.int64)
    steps = np.diff(of_token, prepend=-1)
    at = np.flatnonzero(steps != 1)
    return np.stack([at, of_token[at]], axis=1).astype(_UINT32).tobytes()


def pack_words(words: Sequence[str], lengths_ms: Ints) -> bytes:
    """Pack display words and how long each lasts in blocks, each read alone.

    uint32: how many blocks, and where each ends; then the deflated blocks. A block is the lowest
    byte of each length, the next byte of each, and so on up to 32 bits; then the words.
    """
    blocks = [
        zlib.compress(
            _planes(lengths_ms[at : at + BLOCK_WORDS])
            + _SEPARATOR.join(words[at : at + BLOCK_WORDS]).encode(),
            6,
        )
        for at in range(0, len(words), BLOCK_WORDS)
    ]
    ends = np.cumsum([len(block) for block in blocks]) if blocks else np.zeros(0)
    return pack_ints([len(blocks), *ends.tolist()]) + b"".join(blocks)


def _planes(values: Ints) -> bytes:
    return values.astype(_UINT32).view(np.uint8).reshape(-1, _UINT32.itemsize).T.tobytes()


class _Block(NamedTuple):
    """Words of an inflated block; `starts` is where each is in `raw`, and where one more would."""

    raw: bytes
    n_words: int
    starts: memoryview

    @classmethod
    def inflated(cls, packed: bytes, n_words: int) -> "_Block":
        raw = zlib.decompress(packed, bufsize=_BLOCK_BYTES)
        before = _UINT32.itemsize * n_words
        breaks = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8, offset=before) == _BREAK)
        starts = np.empty(n_words + 1, dtype=np.intc)
        starts[0], starts[-1] = before, len(raw) + 1
        np.add(breaks, before + 1, out=starts[1:-1], casting="unsafe")
        return cls(raw, n_words, starts.data)

    def length(self, at: int) -> int:
        return int.from_bytes(
            self.raw[at : _UINT32.itemsize * self.n_words : self.n_words], "little"
        )

    def words(self, first: int, stop: int) -> list[str]:
        return self.raw[self.starts[first] : self.starts[stop] - 1].decode().split(_SEPARATOR)


class PackedWords:
    """Reads words out of `pack_words`' bytes: a block is inflated once, and cut where read."""

    def __init__(self, blob: bytes, n_words: int) -> None:
        self._blob = blob
        n_blocks = int.from_bytes(blob[:4], "little")
        self._base = 4 + 4 * n_blocks
        self._ends = [0, *unpack_ints(blob[4 : self._base]).tolist()]
        self._n_words = n_words
        self._open: dict[int, _Block] = {}

    @property
    def size(self) -> int:
        """About how many bytes it takes in memory when all of it is open."""
        return 4 * len(self._blob) + _UINT32.itemsize * self._n_words

    def slice(self, first: int, last: int) -> list[str]:
        """Return the words `first`..`last`, both included."""
        number, begin = divmod(first, BLOCK_WORDS)
        end = last - number * BLOCK_WORDS
        found = self._block(number).words(begin, min(end + 1, BLOCK_WORDS))
        if end >= BLOCK_WORDS:
            found += self.slice((number + 1) * BLOCK_WORDS, last)
        return found

    def length_ms(self, word: int) -> int:
        """Return how long a word lasts."""
        number, at = divmod(word, BLOCK_WORDS)
        return self._block(number).length(at)

    def _block(self, number: int) -> _Block:
        block = self._open.get(number)
        if block is None:
            base, ends = self._base, self._ends
            packed = self._blob[base + ends[number] : base + ends[number + 1]]
            n_words = min(BLOCK_WORDS, self._n_words - number * BLOCK_WORDS)
            block = self._open[number] = _Block.inflated(packed, n_words)
        return block
