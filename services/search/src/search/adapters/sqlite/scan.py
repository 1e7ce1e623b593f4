"""Finds a clause's occurrences in an episode's own postings: where each of its terms stands."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from search.adapters.sqlite.blobs import (
    Ints,
    WordOfToken,
    pack_narrow,
    unpack_ints,
    unpack_narrow,
)
from search.domain.matching import Match, MatchSpan

TermIds = NDArray[np.uint32]


@dataclass(frozen=True)
class Accepted:
    """The term ids a slot accepts: one, or a table of booleans over all ids."""

    one: int
    table: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class EpisodeTokens:
    """Where each term of an episode stands, and the words that the tokens belong to.

    The term `ids` are distinct and ascend; the `n`th stands at the tokens
    `places[bounds[n] : bounds[n + 1]]`, which ascend too. They are kept as a memoryview because
    that is what `bisect` walks fastest: one is looked up in each of hundreds of episodes.
    """

    ids: memoryview
    counts: NDArray[np.unsignedinteger[Any]]
    bounds: Ints
    places: NDArray[np.unsignedinteger[Any]]
    word_of: WordOfToken
    repeats: bool

    @classmethod
    def read(
        cls, terms: bytes, counts: bytes, breaks: bytes, repeats: int, places: bytes
    ) -> "EpisodeTokens":
        """Unpack a row of `tokens`."""
        ids = memoryview(terms).cast("I")
        of_each = unpack_narrow(counts, len(ids))
        bounds = np.zeros(len(ids) + 1, dtype=np.int64)
        np.cumsum(of_each, out=bounds[1:])
        return cls(
            ids,
            of_each,
            bounds,
            unpack_narrow(places, int(bounds[-1])),
            WordOfToken.read(breaks),
            bool(repeats),
        )

    @property
    def terms(self) -> TermIds:
        """The distinct term ids."""
        return unpack_ints(self.ids)

    @property
    def size(self) -> int:
        """How many bytes it takes in memory."""
        of_words = self.word_of.tokens.nbytes + self.word_of.words.nbytes
        of_terms = self.ids.nbytes + self.counts.nbytes + self.bounds.nbytes
        return of_terms + self.places.nbytes + of_words

    def count(self, slot: Accepted) -> int:
        """Return how many tokens a slot accepts."""
        if slot.table is not None:
            return int(self.counts[slot.table.take(self.terms)].sum())
        at = bisect_left(self.ids, slot.one)
        found = at < len(self.ids) and self.ids[at] == slot.one
        return self.counts.item(at) if found else 0

    def at(self, slot: Accepted) -> Ints:
        """Return the tokens that a slot accepts, ascending."""
        if slot.table is None:
            first, last = self._bounds_of(slot.one)
            return self.places[first:last].astype(np.int64)
        accepted = np.repeat(slot.table.take(self.terms), self.counts)
        return np.sort(self.places[accepted].astype(np.int64))

    def in_order(self) -> TermIds:
        """Return the term at each token."""
        terms = np.empty(len(self.places), dtype=np.uint32)
        terms[self.places] = np.repeat(self.terms, self.counts)
        return terms

    def compounds(self) -> set[tuple[int, ...]]:
        """Return the terms of each word that has several."""
        if not len(self.word_of.tokens):
            return set()
        terms = self.in_order()
        words = self.word_of(np.arange(len(terms)))
        _, firsts, counts = np.unique(words, return_index=True, return_counts=True)
        several = counts > 1
        return {
            tuple(terms[first : first + count].tolist())
            for first, count in zip(firsts[several], counts[several], strict=True)
        }

    def frequencies(self) -> dict[int, int]:
        """Return in how many words each term stands."""
        if not self.repeats:
            return dict(zip(self.terms.tolist(), self.counts.tolist(), strict=True))
        words = self.word_of(self.places.astype(np.int64))
        pairs = np.stack([np.repeat(self.terms, self.counts).astype(np.int64), words], axis=1)
        which, counts = np.unique(np.unique(pairs, axis=0)[:, 0], return_counts=True)
        return dict(zip(which.tolist(), counts.tolist(), strict=True))

    def _bounds_of(self, term: int) -> tuple[int, int]:
        at = bisect_left(self.ids, term)
        if at == len(self.ids) or self.ids[at] != term:
            return 0, 0
        return self.bounds.item(at), self.bounds.item(at + 1)


def pack_tokens(terms: Sequence[int]) -> tuple[bytes, bytes, bytes]:
    """Pack the term at each token, as the columns `terms`, `counts` and `places`."""
    in_order = np.asarray(terms, dtype=np.uint32)
    places = np.argsort(in_order, kind="stable")
    distinct, counts = np.unique(in_order, return_counts=True)
    return distinct.tobytes(), pack_narrow(counts), pack_narrow(places)


class Occurrences(Sequence[Match]):
    """The moments of one clause: first and last tokens, looked up as words when they are shown."""

    __slots__ = ("_firsts", "_lasts", "_word_of")

    def __init__(self, firsts: Ints, lasts: Ints, word_of: WordOfToken) -> None:
        self._firsts = firsts
        self._lasts = lasts
        self._word_of = word_of

    def __len__(self) -> int:
        return len(self._firsts)

    @overload
    def __getitem__(self, at: int) -> Match: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Match]: ...
    def __getitem__(self, at: int | slice) -> Match | Sequence[Match]:
        if isinstance(at, slice):
            part = Occurrences(self._firsts[at], self._lasts[at], self._word_of)
            return [Match(span.first, span.last, (span,)) for span in part.spans()]
        return self[at : at + 1][0]

    def first_words(self) -> Ints:
        """Return the words the occurrences start with."""
        return self._word_of(self._firsts)

    def spans(self) -> list[MatchSpan]:
        """Return the occurrences as words."""
        firsts, lasts = self._word_of(self._firsts), self._word_of(self._lasts)
        return [*map(MatchSpan, firsts.tolist(), lasts.tolist())]


class SingleWord(Sequence[Match]):
    """The moments of one word in one of many episodes: counted at once, found when shown.

    No word of the episode may hold a token twice.
    """

    __slots__ = ("_episode", "_slot", "hits")

    def __init__(self, episode: EpisodeTokens, slot: Accepted) -> None:
        self._episode = episode
        self._slot = slot
        self.hits = episode.count(slot)

    def __len__(self) -> int:
        return self.hits

    @overload
    def __getitem__(self, at: int) -> Match: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Match]: ...
    def __getitem__(self, at: int | slice) -> Match | Sequence[Match]:
        return self.found()[at]

    def found(self) -> Occurrences:
        """Find them."""
        at = self._episode.at(self._slot)
        return Occurrences(at, at, self._episode.word_of)


_NOTHING = np.zeros(0, dtype=np.int64)
AcceptedPattern = Sequence[Accepted | None]
"""What each slot of a pattern accepts; None where no such word was ever said."""


def occurrences(episode: EpisodeTokens, patterns: Sequence[AcceptedPattern]) -> Occurrences:
    """Return where a clause is said: the same as `search.domain.matching.occurrences`, faster."""
    word_of = episode.word_of
    if len(patterns) == 1 and not episode.repeats:
        (pattern,) = patterns
        if len(pattern) == 1 and (word := pattern[0]) is not None:
            return SingleWord(episode, word).found()
        at = _starts(episode, pattern)
        return Occurrences(at, at + (len(pattern) - 1), word_of)
    pairs = [
        np.stack([word_of(at), word_of(at + (len(pattern) - 1))], axis=1)
        for pattern in patterns
        if len(at := _starts(episode, pattern))
    ]
    if not pairs:
        return Occurrences(_NOTHING, _NOTHING, WordOfToken.read(b""))
    distinct = np.unique(np.concatenate(pairs), axis=0)
    return Occurrences(distinct[:, 0], distinct[:, 1], WordOfToken.read(b""))


def _starts(episode: EpisodeTokens, slots: AcceptedPattern) -> Ints:
    """Return the positions at which a pattern starts."""
    starts = _NOTHING
    for step, slot in enumerate(slots):
        if slot is None:
            return _NOTHING
        at = episode.at(slot) - step
        starts = at if step == 0 else starts[_are_in(starts, at)]
        if not len(starts):
            return _NOTHING
    return starts


def _are_in(some: Ints, others: Ints) -> NDArray[np.bool_]:
    """Tell which of `some` are among `others`; both ascend."""
    if not len(others):
        return np.zeros(len(some), dtype=bool)
    nearest = others.searchsorted(some)
    among: NDArray[np.bool_] = others.take(nearest, mode="clip") == some
    return among
