"""From occurrences of single clauses to moments: one definition, whichever engine found them.

All positions are word indexes in the episode, so no cutting of a transcript into segments,
turns or passages shows in what is found.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from search.domain.query import WINDOW, Clause

CONTEXT: Final = 12
"""Words shown before and after a match; `-word` drops a match when the word is among them."""


class MatchSpan(NamedTuple):
    """The words `first`..`last` of an episode, both included."""

    first: int
    last: int


@dataclass(frozen=True)
class Slot:
    """What one token of a clause may be."""

    terms: frozenset[str]
    prefix: str = ""

    def accepts(self, token: str) -> bool:
        """Tell whether `token` stands for this slot."""
        return token in self.terms or (self.prefix != "" and token.startswith(self.prefix))

    def positions(self, tokens: Sequence[str]) -> list[int]:
        """Return where the slot stands in a row of tokens."""
        if self.prefix:
            return [at for at, token in enumerate(tokens) if self.accepts(token)]
        if len(self.terms) > 1:
            terms = self.terms
            return [at for at, token in enumerate(tokens) if token in terms]
        found: list[int] = []
        for term in self.terms:
            # Walks at the speed of C: most slots are one word, most passages hold it once.
            for _ in range(tokens.count(term)):
                found.append(tokens.index(term, found[-1] + 1 if found else 0))
        return found


Pattern = tuple[Slot, ...]
"""Tokens in a row."""
Alternatives = tuple[Pattern, ...]
"""Ways to say one clause; any of them will do."""


def pattern_of(tokens: Iterable[str]) -> Pattern:
    """Return the pattern of tokens just as they are."""
    return tuple(Slot(frozenset((token,))) for token in tokens)


def as_written(clauses: Iterable[Clause]) -> tuple[Alternatives, ...]:
    """Return clauses just as they are, but for prefixes."""
    return tuple(
        (
            (*pattern_of(clause.tokens[:-1]), Slot(frozenset(), clause.tokens[-1]))
            if clause.is_prefix
            else pattern_of(clause.tokens),
        )
        for clause in clauses
    )


@dataclass(frozen=True)
class QueryPlan:
    """A query at one tier: what is looked for, in episodes of one language or (None) of all.

    Where nothing is wanted, all that the wanted speakers say is found: see `turns_of`.
    """

    wanted: tuple[Alternatives, ...]
    unwanted: tuple[Alternatives, ...] = ()
    language: str | None = None


class Match(NamedTuple):
    """A moment before it has times: its words, and which of them the query names."""

    first: int
    last: int
    named: tuple[MatchSpan, ...]

    @property
    def weight(self) -> float:
        """How tight the named words lie in the moment: 1 for a word or a phrase."""
        covered = {word for span in self.named for word in range(span.first, span.last + 1)}
        return len(covered) / (self.last - self.first + 1)


def occurrences(
    tokens: Sequence[str], words: Sequence[int], alternatives: Alternatives
) -> list[MatchSpan]:
    """Return where a clause is said in a row of tokens; `words` gives each token's word."""
    spans = set()
    for head, *rest in alternatives:
        for at in head.positions(tokens):
            last = at + len(rest)
            if last < len(tokens) and all(
                slot.accepts(token)
                for slot, token in zip(rest, tokens[at + 1 : last + 1], strict=True)
            ):
                spans.add(MatchSpan(words[at], words[last]))
    return sorted(spans)


def matches(
    wanted: Sequence[Sequence[MatchSpan]],
    unwanted: Sequence[Sequence[MatchSpan]] = (),
    *,
    said_by: Callable[[int], bool] | None = None,
) -> list[Match]:
    """Combine each clause's occurrences (in order) into moments.

    One clause: every occurrence, overlapping ones too. Several: the smallest stretches of at
    most `WINDOW` words that hold all of them, none overlapping another, left to right.
    `said_by` tells whether the speaker of a moment's first word is wanted.
    """
    found = kept(combined(wanted), unwanted, said_by=said_by)
    return found if len(wanted) == 1 else apart(found)


def combined(wanted: Sequence[Sequence[MatchSpan]]) -> list[Match]:
    """Combine clauses into moments, overlapping ones included.

    A moment depends on nothing outside it: an engine may combine stretch by stretch.
    """
    if len(wanted) == 1:
        return [Match(span.first, span.last, (span,)) for span in wanted[0]]
    return _windows(wanted)


def kept(
    found: list[Match],
    unwanted: Sequence[Sequence[MatchSpan]],
    *,
    said_by: Callable[[int], bool] | None = None,
) -> list[Match]:
    """Drop the moments of other speakers, and those with an unwanted clause among their words."""
    if said_by is not None:
        found = [match for match in found if said_by(match.first)]
    for spans in unwanted:
        found = [match for match in found if not _near(match, spans)]
    return found


def _windows(wanted: Sequence[Sequence[MatchSpan]]) -> list[Match]:
    """Return the minimal windows: none holds another."""
    at = [0] * len(wanted)
    found: list[Match] = []
    while all(index < len(spans) for index, spans in zip(at, wanted, strict=True)):
        heads = [spans[index] for index, spans in zip(at, wanted, strict=True)]
        first = min(head.first for head in heads)
        last = max(head.last for head in heads)
        if last - first < WINDOW:
            while found and found[-1].last >= last:
                found.pop()
            if not found or found[-1].first < first:
                found.append(Match(first, last, tuple(sorted(set(heads)))))
        for clause, head in enumerate(heads):
            if head.first == first:
                at[clause] += 1
                break
    return found


def turns_of(
    turns: Iterable[tuple[int, str | None]], end: int, wanted: Callable[[str | None], bool]
) -> Iterator[Match]:
    """Yield a moment where a wanted speaker begins to speak: the first words of the turn.

    `turns` says who speaks from which word on, until word `end`.
    """
    starts: list[tuple[int, str | None]] = []
    for first, speaker in turns:
        if not starts or speaker != starts[-1][1]:
            starts.append((first, speaker))
    for (first, speaker), (stop, _) in zip(starts, [*starts[1:], (end, None)], strict=True):
        if wanted(speaker) and first < stop:
            yield Match(first, min(stop, first + WINDOW) - 1, ())


def apart(found: Sequence[Match]) -> list[Match]:
    """Drop moments that overlap one kept before, left to right."""
    chosen: list[Match] = []
    for match in found:
        if not chosen or match.first > chosen[-1].last:
            chosen.append(match)
    return chosen


def _near(match: Match, spans: Sequence[MatchSpan]) -> bool:
    at = bisect_left(spans, match.first - CONTEXT - WINDOW, key=lambda span: span.first)
    while at < len(spans) and spans[at].first <= match.last + CONTEXT:
        if spans[at].last >= match.first - CONTEXT:
            return True
        at += 1
    return False
