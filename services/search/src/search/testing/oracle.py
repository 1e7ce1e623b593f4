"""Brute force: every word of every episode is looked at, slowly and in the plainest way."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from everyword_events import InvalidInput
from everyword_transcripts.folding import folded_name
from search.domain.document import EpisodeDocument
from search.domain.expansion import Tier
from search.domain.number_queries import with_numbers
from search.domain.query import WINDOW, Clause, Query, parse_query
from search.domain.tokens import folds, is_hangul, joined, stem, tokens_of, without_particle

_SHOWN = 12
_MOST_STARTS = 1_000


class Hit(NamedTuple):
    """A hit as every engine must report it; times in seconds."""

    episode_id: str
    first_word: int
    n_words: int
    start: float
    end: float


@dataclass(frozen=True)
class OracleAnswer:
    """What a query finds, and at which tier."""

    tier: Tier
    hits: frozenset[Hit]

    def starts(self, episode_id: str) -> list[float]:
        """Return when an episode's hits start; of more than 1,000, every second, third, …."""
        found = sorted(hit for hit in self.hits if hit.episode_id == episode_id)
        for step in itertools.count(1):
            some = [hit.start for number, hit in enumerate(found) if number % step == 0]
            if len(some) <= _MOST_STARTS:
                return sorted(some)
        raise AssertionError


def length_s(document: EpisodeDocument) -> float:
    """Return how long an episode is: its audio, or until nobody speaks any more."""
    return max([document.audio_ms, *document.ends_ms]) / 1000


def answer(documents: Sequence[EpisodeDocument], text: str) -> OracleAnswer | None:
    """Return all hits of a query, or None for a query that is refused."""
    try:
        query = with_numbers(parse_query(text), {document.language for document in documents})
    except InvalidInput:
        return None
    archive = _Archive(documents)
    for tier in (Tier.EXACT, Tier.FOLDED, Tier.STEMMED, Tier.FUZZY):
        hits = frozenset(
            hit for document in documents for hit in archive.hits(query, tier, document)
        )
        if hits:
            return OracleAnswer(tier, hits)
    return OracleAnswer(Tier.EXACT, frozenset())


class _Archive:
    def __init__(self, documents: Sequence[EpisodeDocument]) -> None:
        self.speakers = {
            folded_name(turn.speaker) for d in documents for turn in d.turns if turn.speaker
        }
        self.shows = {folded_name(d.info.show) for d in documents}
        self.spoken = {t for d in documents for word in d.words for t in tokens_of(word)}
        self.compounds: dict[str, set[tuple[str, ...]]] = {}
        for tokens in {tokens_of(word) for d in documents for word in d.words}:
            together = joined(tokens)
            if together is not None:
                self.compounds.setdefault(together, set()).add(tokens)

    def hits(self, query: Query, tier: Tier, document: EpisodeDocument) -> Iterator[Hit]:
        if not self._passes(query, document):
            return
        wanted = [self._said(clause, tier, document) for clause in query.wanted]
        unwanted = [self._said(c, tier, document, corrects=False) for c in query.unwanted]
        for first, last in self._moments(query, wanted, unwanted, document):
            yield Hit(
                document.episode_id,
                first,
                last - first + 1,
                document.starts_ms[first] / 1000,
                document.ends_ms[last] / 1000,
            )

    def _passes(self, query: Query, document: EpisodeDocument) -> bool:
        filters = query.filters
        published = document.info.published_at
        dated = filters.published_from is not None or filters.published_before is not None
        if dated and published is None:
            return False
        instant = published.timestamp() if published else 0.0
        if filters.published_from is not None and instant < filters.published_from:
            return False
        if filters.published_before is not None and instant >= filters.published_before:
            return False
        return filters.shows is None or folded_name(document.info.show) in self._full(
            filters.shows, self.shows
        )

    def _full(self, wanted: Iterable[str], known: set[str]) -> set[str]:
        """`speaker:ada` is Ada Lovelace where nobody is called just Ada."""
        return {
            name
            for asked in wanted
            for name in (
                {asked}
                if asked in known
                else {k for k in known if set(asked.split()) <= set(k.split())}
            )
        }

    def _moments(
        self,
        query: Query,
        wanted: list[set[tuple[int, int]]],
        unwanted: list[set[tuple[int, int]]],
        document: EpisodeDocument,
    ) -> list[tuple[int, int]]:
        if not wanted:
            found = self._turns(document)
        elif len(wanted) == 1:
            found = sorted(wanted[0])
        else:
            holds = {
                (first, last)
                for first in {f for spans in wanted for f, _ in spans}
                for last in {la for spans in wanted for _, la in spans}
                if first <= last < first + WINDOW
                and all(any(first <= f and la <= last for f, la in spans) for spans in wanted)
            }
            # A window that holds another holds one that starts later or ends earlier.
            tightest = {first: min(la for f, la in holds if f == first) for first, _ in holds}
            found = sorted(
                (first, last)
                for first, last in tightest.items()
                if not any(first < f and la <= last for f, la in tightest.items())
            )
        names = query.filters.speakers
        if names is not None:
            full = self._full(names, self.speakers)
            found = [w for w in found if folded_name(document.speaker_of(w[0]) or "") in full]
        found = [
            (first, last)
            for first, last in found
            if not any(
                f <= last + _SHOWN and la >= first - _SHOWN for spans in unwanted for f, la in spans
            )
        ]
        if len(wanted) <= 1:
            return found
        apart: list[tuple[int, int]] = []
        for first, last in found:
            if not apart or first > apart[-1][1]:
                apart.append((first, last))
        return apart

    def _turns(self, document: EpisodeDocument) -> list[tuple[int, int]]:
        """Everybody's turns, or their first words."""
        spoken = [document.speaker_of(word) for word in range(len(document.words))]
        starts = [w for w, name in enumerate(spoken) if w == 0 or name != spoken[w - 1]]
        ends = [*starts[1:], len(spoken)]
        return [(s, min(e, s + WINDOW) - 1) for s, e in zip(starts, ends, strict=True)]

    def _said(
        self, clause: Clause, tier: Tier, document: EpisodeDocument, *, corrects: bool = True
    ) -> set[tuple[int, int]]:
        tokens = list(document.tokens())
        rows: list[tuple[str, ...]] = [()]
        for number, spelling in enumerate(clause.spellings):
            ways = {spelling.tokens}
            if (
                not (clause.is_prefix and number == len(clause.spellings) - 1)
                and tier != Tier.FUZZY
            ):
                key = spelling.joined or (spelling.tokens[0] if len(spelling.tokens) == 1 else "")
                ways |= self.compounds.get(key, set())
                ways |= {(spelling.joined,)} if spelling.joined else set()
                ways |= {*spelling.others}
            rows = [(*row, *way) for row in rows for way in ways]
        found = set()
        for row in rows:
            for at in range(len(tokens) - len(row) + 1):
                if all(
                    self._same(
                        tokens[at + step][1],
                        term,
                        tier if corrects or tier is not Tier.FUZZY else Tier.FOLDED,
                        document.language,
                        is_prefix=clause.is_prefix and step == len(row) - 1,
                    )
                    for step, term in enumerate(row)
                ):
                    found.add((tokens[at][0], tokens[at + len(row) - 1][0]))
        return found

    def _same(  # noqa: PLR0911 - a line for each way to be the same
        self, said: str, asked: str, tier: Tier, language: str, *, is_prefix: bool
    ) -> bool:
        if is_prefix:
            return said.startswith(asked) or (
                tier is not Tier.EXACT
                and any(one.startswith(other) for one in folds(said) for other in folds(asked))
            )
        if said == asked or (is_hangul(asked) and without_particle(said) == asked):
            return True
        if tier is Tier.EXACT:
            return False
        if tier is Tier.FUZZY and said in self._corrections(asked):
            return True
        if tier is Tier.STEMMED and stem(said, language) == stem(asked, language):
            return True
        if tier is Tier.STEMMED and language == "ko" and is_hangul(asked) and len(asked) > 1:
            return said.startswith(asked)
        return bool({*folds(said)} & {*folds(asked)})

    def _corrections(self, asked: str) -> set[str]:
        known = any({*folds(word)} & {*folds(asked)} for word in self.spoken)
        if known or len(asked) < 4 or not asked.isalpha():  # noqa: PLR2004
            return set()
        for distance in range(1, 3 if len(asked) >= 8 else 2):  # noqa: PLR2004
            near = {word for word in self.spoken if _edits(word, asked) <= distance}
            if near:
                return set(
                    sorted(near, key=lambda w: (w[0] != asked[0], abs(len(w) - len(asked)), w))[:16]
                )
        return set()


def _edits(one: str, other: str) -> int:
    """Return the optimal string alignment distance, by its recurrence."""
    rows = [
        [max(i, j) if i * j == 0 else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)
    ]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            rows[i][j] = min(
                rows[i - 1][j] + 1,
                rows[i][j - 1] + 1,
                rows[i - 1][j - 1] + (one[i - 1] != other[j - 1]),
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[len(one)][len(other)]
