"""One page out of the embedded index: candidates by FTS5, moments by array, snippets by block."""

import json
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Final

import numpy as np

from search.adapters.sqlite.episode_cache import SpokenCache, TokenCache
from search.adapters.sqlite.match import match_expression
from search.adapters.sqlite.scan import (
    Accepted,
    AcceptedPattern,
    EpisodeTokens,
    SingleWord,
    occurrences,
)
from search.adapters.sqlite.show import SaidBy, shown
from search.adapters.sqlite.vocabulary import variants
from search.domain.expansion import VariantKind
from search.domain.matching import Alternatives, Match, QueryPlan, Slot, kept, matches
from search.domain.pages import (
    CandidateEpisode,
    Located,
    Outline,
    SearchPage,
    SearchRequest,
    Tally,
    locate,
    newest_first,
    unweighed,
    weighed,
)
from search.domain.query import Filters

_TALLIED_AT_ONCE: Final = 200


def find_page(
    connection: sqlite3.Connection,
    request: SearchRequest,
    *,
    most_weighed: int,
    tokens: TokenCache,
    spoken: SpokenCache,
) -> SearchPage:
    """Return the page; the connection is in a transaction, so it sees one state of the index."""
    scanners = [_Scanner.of(connection, plan, request.filters) for plan in request.plans]
    candidates = [
        candidate
        for number, plan in enumerate(request.plans)
        for candidate in _candidates(connection, plan, request.filters, number)
    ]

    def scan(some: Sequence[CandidateEpisode]) -> list[Located]:
        of_episode = tokens.of(connection, some)
        locate_in = [scanner.locate for scanner in scanners]
        return [locate_in[one.plan](one, of_episode[one.handle]) for one in some]

    compounds = variants(connection, VariantKind.JOIN, request.look_up) if request.look_up else {}
    if request.tally:
        return _tallied(connection, request, candidates, scan, compounds)
    if len(candidates) <= most_weighed:
        page = weighed(request, scan(candidates))
    else:
        page = unweighed(request, iter(newest_first(candidates, request.after)), scan)
        page = _with_totals(connection, request, page, len(candidates), scanners)
    return SearchPage(
        page.hits,
        page.episodes,
        page.capped,
        shown(
            connection,
            page.cuts,
            spoken.of(connection, [cut.located.candidate for cut in page.cuts]),
        ),
        page.next,
        compounds,
    )


def _tallied(
    connection: sqlite3.Connection,
    request: SearchRequest,
    candidates: Sequence[CandidateEpisode],
    scan: Callable[[Sequence[CandidateEpisode]], list[Located]],
    compounds: Mapping[str, Collection[str]],
) -> SearchPage:
    """Count the hits of every candidate, some at a time."""
    counts: dict[int, int] = {}
    for at in range(0, len(candidates), _TALLIED_AT_ONCE):
        request.left_s()
        for found in scan(candidates[at : at + _TALLIED_AT_ONCE]):
            if found.matches:
                counts[found.candidate.handle] = len(found.matches)
    rows = connection.execute(
        "select id, episode_id, title, published from episode"
        " where id in (select value from json_each(?))",
        (json.dumps([*counts]),),
    )
    tally = tuple(
        Tally(episode_id, title, published, counts[row])
        for row, episode_id, title, published in rows
    )
    hits = sum(counts.values())
    return SearchPage(hits, len(tally), False, (), None, compounds, tally)


def _with_totals(
    connection: sqlite3.Connection,
    request: SearchRequest,
    page: Outline,
    n_candidates: int,
    scanners: "Sequence[_Scanner]",
) -> Outline:
    """State what is known of the totals without scanning every candidate."""
    known = _known_hits(connection, request)
    if known is not None:
        return replace(page, hits=known, episodes=n_candidates, capped=False)
    if request.after is None and all(scanner.is_lone for scanner in scanners):
        # Each candidate has at least the one hit it was found by.
        hits = page.hits + n_candidates - page.episodes
        return replace(page, hits=hits, episodes=n_candidates)
    return page


def where(filters: Filters) -> tuple[str, dict[str, Any]]:
    """Return the condition on `episode e` and its values."""
    parts = ["true"]
    values: dict[str, Any] = {}
    for column, names in (("show_folded", filters.shows), ("episode_id", filters.episodes)):
        if names is not None:
            parts.append(f"e.{column} in (select value from json_each(:{column}))")  # noqa: S608
            values[column] = json.dumps(sorted(names))
    if filters.speakers is not None:
        parts.append(
            "exists (select 1 from speaker s where s.id = e.id"
            " and s.folded in (select value from json_each(:speakers)))"
        )
        values["speakers"] = json.dumps(sorted(filters.speakers))
    if filters.published_from is not None:
        parts.append("e.published >= :published_from")
        values["published_from"] = filters.published_from
    if filters.published_before is not None:
        parts.append("e.published < :published_before")
        values["published_before"] = filters.published_before
    return " and ".join(parts), values


def _candidates(
    connection: sqlite3.Connection, plan: QueryPlan, filters: Filters, number: int
) -> list[CandidateEpisode]:
    expression = match_expression(plan)
    condition, values = where(filters)
    if not plan.wanted:
        rows = connection.execute(
            f"select e.id, e.episode_id, coalesce(e.published, -9e999), {number}, e.revision"  # noqa: S608
            f" from episode e where e.revision <> '' and {condition}",
            values,
        )
        return [*map(CandidateEpisode._make, rows)]
    if expression is None:
        return []
    if plan.language is not None:
        condition += " and e.language = :language"
        values["language"] = plan.language
    # The planner would rather ask the postings once for each episode of a language.
    join = "cross join" if filters.episodes is None else "join"
    rows = connection.execute(
        f"select e.id, e.episode_id, coalesce(e.published, -9e999), {number}, e.revision"  # noqa: S608
        f" from postings {join} episode e on e.id = postings.rowid"
        f" where postings match :match and {condition}",
        {"match": expression, **values},
    )
    # As `CandidateEpisode._make`, without its check of the length: there may be thousands.
    return [*map(partial(tuple.__new__, CandidateEpisode), rows)]


def _known_hits(connection: sqlite3.Connection, request: SearchRequest) -> int | None:
    """Return how often a single word is said in the whole archive, from its count."""
    if len(request.plans) != 1 or request.filters != Filters():
        return None
    plan = request.plans[0]
    if plan.language is not None or plan.unwanted or len(plan.wanted) != 1:
        return None
    if len(plan.wanted[0]) != 1 or len(plan.wanted[0][0]) != 1:
        return None
    slot = plan.wanted[0][0][0]
    if slot.prefix or len(slot.terms) != 1:
        return None
    found = connection.execute(
        "select frequency from term where term = ?", tuple(slot.terms)
    ).fetchone()
    return found[0] if found else None


@dataclass(frozen=True)
class _Scanner:
    """Locates one plan's moments in an episode."""

    connection: sqlite3.Connection
    wanted: Sequence[Sequence[AcceptedPattern]]
    unwanted: Sequence[Sequence[AcceptedPattern]]
    speakers: frozenset[str] | None

    @classmethod
    def of(cls, connection: sqlite3.Connection, plan: QueryPlan, filters: Filters) -> "_Scanner":
        def patterns(clauses: Sequence[Alternatives]) -> list[list[AcceptedPattern]]:
            return [
                [[_accepted(connection, slot) for slot in pattern] for pattern in alternatives]
                for alternatives in clauses
            ]

        return cls(connection, patterns(plan.wanted), patterns(plan.unwanted), filters.speakers)

    @property
    def is_lone(self) -> bool:
        """One clause and nothing that could take a hit away."""
        return len(self.wanted) == 1 and not self.unwanted and self.speakers is None

    @cached_property
    def _word(self) -> Accepted | None:
        """The one word that is looked for, where it is but one."""
        if self.is_lone and len(self.wanted[0]) == 1 and len(self.wanted[0][0]) == 1:
            return self.wanted[0][0][0]
        return None

    def locate(self, candidate: CandidateEpisode, episode: EpisodeTokens) -> Located:
        if not episode.repeats and (word := self._word) is not None:
            said = SingleWord(episode, word)
            return Located(candidate, said, float(said.hits))
        if not self.wanted:
            return locate(candidate, self._turns(candidate, episode), lone=True)
        if self.is_lone:
            return locate(candidate, occurrences(episode, self.wanted[0]), lone=True)
        found = matches(
            [occurrences(episode, clause).spans() for clause in self.wanted],
            [occurrences(episode, clause).spans() for clause in self.unwanted],
            said_by=None
            if self.speakers is None
            else SaidBy.of(self.connection, candidate.handle, self.speakers),
        )
        return locate(candidate, found, lone=len(self.wanted) == 1)

    def _turns(self, candidate: CandidateEpisode, episode: EpisodeTokens) -> list[Match]:
        said_by = SaidBy.of(self.connection, candidate.handle, self.speakers or frozenset())
        unwanted = [occurrences(episode, clause).spans() for clause in self.unwanted]
        return kept([*said_by.beginnings()], unwanted)


def _accepted(connection: sqlite3.Connection, slot: Slot) -> Accepted | None:
    """Return what a slot accepts, or None where no such word was ever said."""
    rows = connection.execute(
        "select id from term where term in (select value from json_each(?))",
        (json.dumps([*slot.terms]),),
    ).fetchall()
    if slot.prefix:
        rows += connection.execute(
            "select id from term where term >= ? and term < ?",
            (slot.prefix, slot.prefix + chr(0x10FFFF)),
        ).fetchall()
    ids = [row for (row,) in rows]
    if len(ids) <= 1:
        return Accepted(ids[0]) if ids else None
    (highest,) = connection.execute("select max(id) from term").fetchone()
    table = np.zeros(highest + 1, dtype=bool)
    table[ids] = True
    return Accepted(ids[0], table)
