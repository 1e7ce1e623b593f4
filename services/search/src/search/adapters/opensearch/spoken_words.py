"""What is shown of a passage: its words and those around it, as they are written, with times."""

import base64
import binascii
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from search.domain.document import EpisodeDocument
from search.domain.matching import Match
from search.domain.pages import Moment, shown_range, snippet

_INT16: Final = np.iinfo(np.int16)
_FORMS: Final[tuple[np.dtype[np.signedinteger[Any]], ...]] = (np.dtype("<i4"), np.dtype("<i2"))
_HEADER: Final = "<i?"
_HEADER_SIZE: Final = struct.calcsize(_HEADER)
_SPACE: Final = ord(" ")
Milliseconds = NDArray[np.signedinteger[Any]]


class TextWords(Sequence[str]):
    """The words of a text, cut where they are read: a moment shows few of a passage's."""

    def __init__(self, text: str) -> None:
        self._text = text.encode() + b" "
        (self._ends,) = (np.frombuffer(self._text, np.uint8) == _SPACE).nonzero()

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, int):
            return self[range(len(self))[at] :][0]
        first, stop, step = at.indices(len(self))
        if first >= stop:
            return []
        start = self._ends[first - 1] + 1 if first else 0
        return self._text[start : self._ends[stop - 1]].decode().split(" ")[::step]


@dataclass(frozen=True)
class SpokenWords:
    """Words in a row, from word `first` of the episode on."""

    first: int
    words: Sequence[str]
    starts_ms: Milliseconds
    lengths_ms: Milliseconds

    @classmethod
    def of(cls, document: EpisodeDocument, first: int, end: int) -> "SpokenWords":
        """Take the words `first` up to `end`, or as many as there are."""
        part = slice(first, end)
        starts_ms = np.asarray(document.starts_ms[part], np.int64)
        ends_ms = np.asarray(document.ends_ms[part], np.int64)
        return cls(first, document.words[part], starts_ms, ends_ms - starts_ms)

    def start_s(self, word: int) -> float:
        """Return when a word starts."""
        return int(self.starts_ms[word - self.first]) / 1000

    def end_s(self, word: int) -> float:
        """Return when a word has ended."""
        at = word - self.first
        return int(self.starts_ms[at] + self.lengths_ms[at]) / 1000

    def part(self, first: int, count: int) -> "SpokenWords":
        """Return some of the words."""
        at = slice(first - self.first, first - self.first + count)
        return SpokenWords(first, self.words[at], self.starts_ms[at], self.lengths_ms[at])

    def moment(self, match: Match, speaker: str | None) -> Moment:
        """Return a moment with its times and the words around it."""
        left, right = shown_range(match, self.first + len(self.starts_ms))
        around = slice(left - self.first, right - self.first + 1)
        starts_s = (self.starts_ms[around] / 1000).tolist()
        return Moment(
            start_s=self.start_s(match.first),
            end_s=self.end_s(match.last),
            speaker=speaker,
            first_word=match.first,
            n_words=match.last - match.first + 1,
            snippet=snippet(match, left, self.words[around], starts_s),
        )


def pack_times(starts_ms: Milliseconds, lengths_ms: Milliseconds) -> str:
    """Pack the times of words in a row: how long after the one before each starts, and lasts.

    int16 where all fit; the low bytes of all before the high bytes, which are nearly all alike;
    deflated, in base64.
    """
    pauses = np.diff(starts_ms, prepend=starts_ms[:1])
    pauses[1:] -= lengths_ms[:-1]
    numbers = np.concatenate([pauses, lengths_ms])
    narrow = bool(np.all((numbers >= _INT16.min) & (numbers <= _INT16.max)))
    data = numbers.astype(_FORMS[narrow]).view(np.uint8)
    raw = struct.pack(_HEADER, starts_ms[0], narrow) + data.reshape(len(numbers), -1).T.tobytes()
    return base64.b64encode(zlib.compress(raw, 9)).decode()


@lru_cache(maxsize=1_000)
def unpack_times(times: str) -> tuple[Milliseconds, Milliseconds]:
    """Read back the starts and lengths that `pack_times` wrote.

    Remembered, some 5 KB each: a query is typed letter by letter, and paged through.
    """
    raw = zlib.decompress(binascii.a2b_base64(times))
    first_ms, narrow = struct.unpack_from(_HEADER, raw)
    form = _FORMS[narrow]
    planes = np.frombuffer(raw, np.uint8, offset=_HEADER_SIZE).reshape(form.itemsize, -1)
    numbers = np.frombuffer(planes.T.tobytes(), form)
    count = len(numbers) // 2
    pauses, lengths_ms = numbers[:count], numbers[count:]
    starts_ms = np.empty(count, np.int64)
    starts_ms[0] = first_ms
    np.add(pauses[1:], lengths_ms[:-1], out=starts_ms[1:], dtype=np.int64)
    starts_ms.cumsum(out=starts_ms).setflags(write=False)
    return starts_ms, lengths_ms
