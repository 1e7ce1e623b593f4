"""What is shown of a passage: its words and those around it, as they are written, with times."""

import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.domain.document import EpisodeDocument
from search.domain.matching import Match
from search.domain.pages import Moment, shown_range, snippet

_INT16: Final = np.iinfo(np.int16)
_FORMS: Final = (np.dtype("<i4"), np.dtype("<i2"))
_HEADER: Final = "<i?"
Milliseconds = NDArray[np.int64]


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
        left, right = shown_range(match, self.first + len(self.words))
        around = self.part(left, right - left + 1)
        return Moment(
            start_s=self.start_s(match.first),
            end_s=self.end_s(match.last),
            speaker=speaker,
            first_word=match.first,
            n_words=match.last - match.first + 1,
            snippet=snippet(match, left, around.words, (around.starts_ms / 1000).tolist()),
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


def unpack_times(times: str) -> tuple[Milliseconds, Milliseconds]:
    """Read back the starts and lengths that `pack_times` wrote."""
    raw = zlib.decompress(base64.b64decode(times))
    first_ms, narrow = struct.unpack_from(_HEADER, raw)
    form = _FORMS[narrow]
    planes = np.frombuffer(raw, np.uint8, offset=struct.calcsize(_HEADER))
    data = np.ascontiguousarray(planes.reshape(form.itemsize, -1).T)
    pauses, lengths_ms = data.view(form).astype(np.int64).reshape(2, -1)
    pauses[0] = first_ms
    pauses[1:] += lengths_ms[:-1]
    return pauses.cumsum(), lengths_ms
