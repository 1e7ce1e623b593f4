"""Cuts an episode into passages, and reads moments out of them again.

A passage owns a stretch of the episode's words and carries the tokens of the words that follow,
as many as the longest phrase or window needs: whatever starts in a passage can be matched there
whole, and counts only there. No speaker turn or segment is a border.
"""

import base64
import json
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Final

from search.adapters.opensearch_client import Json
from search.domain.document import EpisodeDocument
from search.domain.matching import CONTEXT, Alternatives, Match, Span, occurrences
from search.domain.pages import Moment, SnippetWord, shown_range, snippet
from search.domain.query import WINDOW, folded_name
from search.domain.tokens import tokens_of

PASSAGE_WORDS: Final = 300
_LAST_WORD: Final = "\U0010fffd"
"""Stands after all words: OpenSearch 2.19 fails to aggregate a prefix beyond the last one."""
LOCATED_BY: Final = [
    "episode_id",
    "revision",
    "number",
    "first",
    "own",
    "tokens",
    "breaks",
    "turns",
]
"""What is read of a passage to locate moments; what is shown is read only for those shown."""


def passage_id(episode_id: str, revision: str, number: int) -> str:
    """Return a passage's document id: another run's passages never overwrite these."""
    run = blake2b(revision.encode(), digest_size=6).hexdigest()
    return f"{episode_id}~{run}~{number}"


def cut(document: EpisodeDocument, size: int) -> Iterator[tuple[str, Json]]:
    """Yield an episode's passages with their ids."""
    tokens = [tokens_of(word) for word in document.words]
    for number, first in enumerate(range(0, len(tokens), size)):
        stop = min(first + size, len(tokens))
        end = _reach(tokens, stop)
        positions = [word for word in range(first, end) for _ in tokens[word]]
        turns = _turns_between(document, first, stop)
        yield (
            passage_id(document.episode_id, document.revision, number),
            {
                "episode_id": document.episode_id,
                "revision": document.revision,
                "language": document.language,
                "speakers": sorted({folded_name(name) for _, name in turns if name}),
                "number": number,
                "first": first,
                "own": stop - first,
                "tokens": " ".join(token for word in tokens[first:end] for token in word),
                "words": [*{token for word in tokens[first:stop] for token in word}, _LAST_WORD],
                "breaks": _breaks(positions, first),
                "turns": turns,
                "said": pack(document, max(0, first - CONTEXT), end + CONTEXT),
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

    @property
    def key(self) -> tuple[str, str, int]:
        """Tell passages apart: episode, revision, number."""
        return self.episode_id, self.source["revision"], self.source["number"]

    @property
    def document_id(self) -> str:
        """The id it is stored under."""
        return passage_id(*self.key)

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

    @cached_property
    def _words(self) -> Sequence[int]:
        breaks = [[0, self.source["first"]], *self.source["breaks"], [len(self._tokens), 0]]
        return [
            word + step
            for (token, word), (following, _) in pairwise(breaks)
            for step in range(following - token)
        ]


class SaidWords:
    """What is shown of a passage: its words, those around it, and their times."""

    def __init__(self, said: str) -> None:
        packed = unpack(said)
        self._first: int = packed["first"]
        self._n_words: int = packed["n_words"]
        self._words: list[str] = packed["words"]
        self._starts_ms: list[int] = packed["starts_ms"]
        self._lengths_ms: list[int] = packed["lengths_ms"]

    def moment(self, match: Match, speaker: str | None) -> Moment:
        """Return a moment with its times and the words around it."""
        left, right = shown_range(match, self._n_words)
        texts, starts_ms = self._between(left, right)
        last = match.last - self._first
        shown: list[SnippetWord] = snippet(match, left, texts, starts_ms)
        return Moment(
            start_s=self._starts_ms[match.first - self._first] / 1000,
            end_s=(self._starts_ms[last] + self._lengths_ms[last]) / 1000,
            speaker=speaker,
            first_word=match.first,
            n_words=match.last - match.first + 1,
            snippet=shown,
        )

    def _between(self, left: int, right: int) -> tuple[list[str], list[int]]:
        part = slice(left - self._first, right - self._first + 1)
        return self._words[part], self._starts_ms[part]


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


def pack(document: EpisodeDocument, first: int, end: int) -> str:
    """Pack the words `first` up to `end` with their times: deflated JSON in base64."""
    starts = document.starts_ms[first:end]
    form = {
        "first": first,
        "n_words": len(document.words),
        "words": document.words[first:end],
        "starts_ms": starts,
        "lengths_ms": [e - s for s, e in zip(starts, document.ends_ms[first:end], strict=True)],
    }
    raw = json.dumps(form, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(raw.encode(), 6)).decode()


def unpack(said: str) -> Json:
    """Read back what `pack` wrote."""
    form: Json = json.loads(zlib.decompress(base64.b64decode(said)))
    return form
