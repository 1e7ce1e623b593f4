"""Cuts an episode into passages, and reads moments out of them again.

A passage owns a stretch of the episode's words and carries the tokens of the words that follow,
as many as the longest phrase or window needs: whatever starts in a passage can be matched there
whole, and counts only there. No speaker turn or segment is a border.
"""

import base64
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Final, NamedTuple, overload

import numpy as np

from search.adapters.opensearch_client import Json
from search.domain.document import EpisodeDocument
from search.domain.matching import CONTEXT, Alternatives, Match, Span, occurrences
from search.domain.pages import Moment, shown_range, snippet
from search.domain.query import WINDOW, folded_name
from search.domain.tokens import tokens_of

_INT16: Final = 1 << 15
PASSAGE_WORDS: Final = 400
LOCATED_BY: Final = [
    "episode_id",
    "revision",
    "size",
    "number",
    "first",
    "own",
    "tokens",
    "breaks",
    "turns",
]
"""What is read of a passage to locate moments; what is shown is read only for those shown."""


class PassageKey(NamedTuple):
    """What tells passages apart; `size` is how many words each was given when it was cut."""

    episode_id: str
    revision: str
    size: int
    number: int

    @property
    def document_id(self) -> str:
        """The id it is stored under: another run, or another cut, never overwrites it."""
        run = blake2b(self.revision.encode(), digest_size=6).hexdigest()
        return f"{self.episode_id}~{run}~{self.size}~{self.number}"

    def beside(self, step: int) -> "PassageKey":
        """Return the key of the passage so many after this one."""
        return self._replace(number=self.number + step)


def cut(document: EpisodeDocument, size: int) -> Iterator[tuple[str, Json]]:
    """Yield an episode's passages with their ids."""
    tokens = [tokens_of(word) for word in document.words]
    for number, first in enumerate(range(0, len(tokens), size)):
        stop = min(first + size, len(tokens))
        end = _reach(tokens, stop)
        positions = [word for word in range(first, end) for _ in tokens[word]]
        turns = _turns_between(document, first, stop)
        said = SaidWords.of(document, _first_shown(first), end + CONTEXT)
        yield (
            PassageKey(document.episode_id, document.revision, size, number).document_id,
            {
                "episode_id": document.episode_id,
                "revision": document.revision,
                "language": document.language,
                "speakers": sorted({folded_name(name) for _, name in turns if name}),
                "size": size,
                "number": number,
                "first": first,
                "own": stop - first,
                "tokens": " ".join(token for word in tokens[first:end] for token in word),
                "breaks": _breaks(positions, first),
                "turns": turns,
                "said": said.pack(),
                "times": pack_times(said.starts_ms),
            },
        )


@dataclass(frozen=True)
class Passage:
    """A passage as it is read back."""

    source: Mapping[str, Any]

    @property
    def episode_id(self) -> str:
        """Whose words these are."""
        return str(self.source["episode_id"])

    @cached_property
    def key(self) -> PassageKey:
        """What tells it apart."""
        source = self.source
        return PassageKey(self.episode_id, source["revision"], source["size"], source["number"])

    @property
    def first(self) -> int:
        """The index of its first own word."""
        return int(self.source["first"])

    @property
    def first_shown(self) -> int:
        """The index of the first word of what is shown and timed."""
        return _first_shown(self.first)

    def owns(self, word: int) -> bool:
        """Tell whether a word of the episode counts here."""
        first = self.source["first"]
        return bool(first <= word < first + self.source["own"])

    def spans(self, alternatives: Alternatives) -> list[Span]:
        """Return where a clause is said, from the first own word to the end of what follows."""
        return occurrences(self._tokens, self._words, alternatives)

    def speaker(self, word: int) -> str | None:
        """Return who says an own word."""
        turns = self.source["turns"]
        at = bisect_right(turns, word, key=lambda turn: turn[0]) - 1
        return turns[at][1] if at >= 0 else None

    @cached_property
    def _tokens(self) -> list[str]:
        return str(self.source["tokens"]).split()

    @property
    def _words(self) -> Sequence[int]:
        return _WordOfToken(self.source["first"], self.source["breaks"], len(self._tokens))


@dataclass(frozen=True)
class _WordOfToken(Sequence[int]):
    """The word of each token, looked up only for the few that match."""

    first: int
    breaks: Sequence[Sequence[int]]
    n_tokens: int

    def __len__(self) -> int:
        return self.n_tokens

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(self.n_tokens))]
        before = bisect_right(self.breaks, at, key=lambda pair: pair[0]) - 1
        token, word = self.breaks[before] if before >= 0 else (0, self.first)
        return word + at - token


@dataclass(frozen=True)
class SaidWords:
    """What is shown of a passage: its words and those around it, from word `first` on."""

    first: int
    n_words: int
    words: Sequence[str]
    starts_ms: Sequence[int]
    lengths_ms: Sequence[int]

    def moment(self, match: Match, speaker: str | None) -> Moment:
        """Return a moment with its times and the words around it."""
        left, right = shown_range(match, self.n_words)
        part = slice(left - self.first, right - self.first + 1)
        last = match.last - self.first
        return Moment(
            start_s=self.starts_ms[match.first - self.first] / 1000,
            end_s=(self.starts_ms[last] + self.lengths_ms[last]) / 1000,
            speaker=speaker,
            first_word=match.first,
            n_words=match.last - match.first + 1,
            snippet=snippet(match, left, self.words[part], self.starts_ms[part]),
        )

    def pack(self) -> str:
        """Pack for a document: counts, how long each word lasts, the words; deflated, in base64.

        When they start is packed apart, by `pack_times`: it is wanted of more words than are shown.
        """
        code, narrow = _width(self.lengths_ms)
        header = struct.pack("<III?", self.first, self.n_words, len(self.words), narrow)
        lengths = struct.pack(f"<{len(self.words)}{code}", *self.lengths_ms)
        return _deflated(header + lengths + "\n".join(self.words).encode("utf-8", "replace"))

    @classmethod
    def unpack(cls, said: str, times: str) -> "SaidWords":
        """Read back what `pack` and `pack_times` wrote."""
        raw = zlib.decompress(base64.b64decode(said))
        first, n_words, count, narrow = struct.unpack_from("<III?", raw)
        form = f"<{count}{'h' if narrow else 'i'}"
        at = struct.calcsize("<III?")
        lengths_ms = struct.unpack_from(form, raw, at)
        words = raw[at + struct.calcsize(form) :].decode().split("\n")
        return cls(first, n_words, words, unpack_times(times), lengths_ms)

    @classmethod
    def of(cls, document: EpisodeDocument, first: int, end: int) -> "SaidWords":
        """Take the words `first` up to `end`."""
        starts_ms = document.starts_ms[first:end]
        lengths = [e - s for s, e in zip(starts_ms, document.ends_ms[first:end], strict=True)]
        return cls(first, len(document.words), document.words[first:end], starts_ms, lengths)


def pack_times(starts_ms: Sequence[int]) -> str:
    """Pack when words start: each as the step from the one before, in int16 where all fit."""
    first_ms, *_ = (*starts_ms, 0)
    steps = [b - a for a, b in pairwise((first_ms, *starts_ms))]
    code, narrow = _width(steps)
    return _deflated(struct.pack(f"<i?{len(steps)}{code}", first_ms, narrow, *steps))


def unpack_times(times: str) -> Sequence[int]:
    """Read back what `pack_times` wrote."""
    raw = zlib.decompress(base64.b64decode(times))
    first_ms, narrow = struct.unpack_from("<i?", raw)
    steps = np.frombuffer(raw, "<i2" if narrow else "<i4", offset=struct.calcsize("<i?"))
    starts_ms: list[int] = (first_ms + np.cumsum(steps, dtype=np.int64)).tolist()
    return starts_ms


def _first_shown(first: int) -> int:
    return max(0, first - CONTEXT)


def _width(numbers: Sequence[int]) -> tuple[str, bool]:
    narrow = all(-_INT16 <= n < _INT16 for n in numbers)
    return ("h" if narrow else "i"), narrow


def _deflated(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw, 9)).decode()


def _reach(tokens: Sequence[Sequence[str]], stop: int) -> int:
    """Return where the tokens that follow end: a window's words, and a longest phrase's tokens."""
    end = min(stop + WINDOW - 1, len(tokens))
    counted = sum(len(word) for word in tokens[stop:end])
    while end < len(tokens) and counted < WINDOW - 1:
        counted += len(tokens[end])
        end += 1
    return end


def _breaks(positions: Sequence[int], first: int) -> list[list[int]]:
    """Return [token, word] wherever the word index does not simply rise with the token index."""
    expected = first
    found = []
    for token, word in enumerate(positions):
        if word != expected:
            found.append([token, word])
        expected = word + 1
    return found


def _turns_between(document: EpisodeDocument, first: int, stop: int) -> list[list[Any]]:
    inside = [[turn.first, turn.speaker] for turn in document.turns if first < turn.first < stop]
    return [[first, document.speaker_of(first)], *inside]
