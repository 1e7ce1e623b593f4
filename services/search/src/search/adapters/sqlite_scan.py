"""Finds a clause's occurrences in an episode's array of term ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from search.adapters.sqlite_blobs import Ints, WordOfToken, unpack_ints
from search.domain.matching import Alternatives, Match, Slot, Span

TermIds = NDArray[np.uint32]


@dataclass(frozen=True)
class Accepted:
    """The term ids a slot accepts: one, or a table of booleans over all ids."""

    one: int | None
    table: NDArray[np.bool_] | None

    def where(self, terms: TermIds) -> NDArray[np.bool_]:
        """Tell for each term whether it is accepted."""
        if self.table is not None:
            return self.table[terms]
        return terms == self.one if self.one is not None else np.zeros(len(terms), dtype=bool)


def said_terms(terms: bytes, breaks: bytes) -> tuple[list[int], dict[int, int]]:
    """Return an episode's term ids in order, and in how many words each stands."""
    ids = unpack_ints(terms)
    words = WordOfToken.read(breaks)(np.arange(len(ids)))
    pairs = np.unique(np.stack([ids.astype(np.int64), words], axis=1), axis=0)
    which, counts = np.unique(pairs[:, 0], return_counts=True)
    return ids.tolist(), dict(zip(which.tolist(), counts.tolist(), strict=True))


class Occurrences(Sequence[Match]):
    """The moments of a query of one clause; each is made only when it is shown."""

    def __init__(self, firsts: Ints, lasts: Ints) -> None:
        self._firsts = firsts
        self._lasts = lasts

    def __len__(self) -> int:
        return len(self._firsts)

    @overload
    def __getitem__(self, at: int) -> Match: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Match]: ...
    def __getitem__(self, at: int | slice) -> Match | Sequence[Match]:
        if isinstance(at, slice):
            return Occurrences(self._firsts[at], self._lasts[at])
        span = Span(int(self._firsts[at]), int(self._lasts[at]))
        return Match(span.first, span.last, (span,))

    def spans(self) -> list[Span]:
        """Return the occurrences as plain spans."""
        return [*map(Span, self._firsts.tolist(), self._lasts.tolist())]


def occurrences(
    terms: TermIds,
    word_of: WordOfToken,
    alternatives: Alternatives,
    accepted: Mapping[Slot, Accepted],
) -> Occurrences:
    """Return where a clause is said: the same as `search.domain.matching.occurrences`, faster."""
    found: list[tuple[Ints, Ints]] = []
    for pattern in alternatives:
        length = len(pattern)
        if length > len(terms):
            continue
        stop = len(terms) - length + 1
        at = np.flatnonzero(accepted[pattern[0]].where(terms[:stop]))
        for step, slot in enumerate(pattern[1:], start=1):
            at = at[accepted[slot].where(terms[at + step])]
        if len(at):
            found.append((word_of(at), word_of(at + (length - 1))))
    if not found:
        nothing = np.zeros(0, dtype=np.int64)
        return Occurrences(nothing, nothing)
    if len(found) == 1 and len(word_of.tokens) == 0:
        return Occurrences(*found[0])
    pairs = np.unique(
        np.stack(
            [np.concatenate([f for f, _ in found]), np.concatenate([la for _, la in found])], axis=1
        ),
        axis=0,
    )
    return Occurrences(pairs[:, 0], pairs[:, 1])
