"""One page out of the embedded index: candidates by FTS5, moments by array, snippets by block."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from search.adapters.sqlite_blobs import PackedWords, WordOfToken, unpack_ints
from search.adapters.sqlite_match import match_expression
from search.adapters.sqlite_scan import Accepted, occurrences
from search.domain.document import Turn, speaker_at
from search.domain.matching import CONTEXT, Match, Plan, Slot, matches
from search.domain.pages import (
    Candidate,
    Cut,
    EpisodeMoments,
    Find,
    Found,
    Located,
    Moment,
    SaidWord,
    locate,
    outline,
)
from search.domain.query import Filters, folded_name

_NO_DATE = float("-inf")


def find_page(connection: sqlite3.Connection, find: Find, *, most_weighed: int) -> Found:
    """Return the page; the connection is in a transaction, so it sees one state of the index."""
    scanners = [_Scanner.of(connection, plan, find.filters) for plan in find.plans]
    candidates = [
        candidate
        for number, plan in enumerate(find.plans)
        for candidate in _candidates(connection, plan, find.filters, number)
    ]

    def scan(some: Sequence[Candidate]) -> list[Located]:
        return [scanners[candidate.plan].locate(candidate) for candidate in some]

    lone = all(scanner.is_lone for scanner in scanners)
    page = outline(
        find,
        candidates,
        scan,
        most_weighed=most_weighed,
        known_hits=_known_hits(connection, find) if len(candidates) > most_weighed else None,
        all_match=lone,
    )
    return Found(
        page.hits,
        page.episodes,
        page.capped,
        tuple(_shown(connection, cut) for cut in page.cuts),
        page.next,
    )


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
    connection: sqlite3.Connection, plan: Plan, filters: Filters, number: int
) -> list[Candidate]:
    expression = match_expression(plan)
    if expression is None:
        return []
    condition, values = where(filters)
    if plan.language is not None:
        condition += " and e.language = :language"
        values["language"] = plan.language
    rows = connection.execute(
        "select e.id, e.episode_id, e.published from postings"  # noqa: S608
        " join episode e on e.id = postings.rowid"
        f" where postings match :match and {condition}",
        {"match": expression, **values},
    )
    return [
        Candidate(episode_id, _NO_DATE if published is None else published, row, number)
        for row, episode_id, published in rows
    ]


def _known_hits(connection: sqlite3.Connection, find: Find) -> int | None:
    """Return how often a single word is said in the whole archive, from its count."""
    if len(find.plans) != 1 or find.filters != Filters():
        return None
    plan = find.plans[0]
    if plan.language is not None or plan.unwanted or len(plan.wanted) != 1:
        return None
    if len(plan.wanted[0]) != 1 or len(plan.wanted[0][0]) != 1:
        return None
    slot = plan.wanted[0][0][0]
    if slot.prefix or len(slot.terms) != 1:
        return None
    found = connection.execute("select said from term where term = ?", tuple(slot.terms)).fetchone()
    return found[0] if found else None


@dataclass(frozen=True)
class _Scanner:
    """Locates one plan's moments in an episode."""

    connection: sqlite3.Connection
    plan: Plan
    accepted: dict[Slot, Accepted]
    speakers: frozenset[str] | None

    @classmethod
    def of(cls, connection: sqlite3.Connection, plan: Plan, filters: Filters) -> "_Scanner":
        slots = {
            slot
            for alternatives in (*plan.wanted, *plan.unwanted)
            for pattern in alternatives
            for slot in pattern
        }
        return cls(
            connection,
            plan,
            {slot: _accepted(connection, slot) for slot in slots},
            filters.speakers,
        )

    @property
    def is_lone(self) -> bool:
        """One clause and nothing that could take a hit away."""
        return len(self.plan.wanted) == 1 and not self.plan.unwanted and self.speakers is None

    def locate(self, candidate: Candidate) -> Located:
        row = self.connection.execute(
            "select terms, breaks from tokens where id = ?", (candidate.handle,)
        ).fetchone()
        terms, word_of = unpack_ints(row[0]), WordOfToken.read(row[1])
        wanted = [occurrences(terms, word_of, way, self.accepted) for way in self.plan.wanted]
        if self.is_lone:
            return locate(candidate, wanted[0], lone=True)
        unwanted = [occurrences(terms, word_of, way, self.accepted) for way in self.plan.unwanted]
        found = matches(
            [spans.spans() for spans in wanted],
            [spans.spans() for spans in unwanted],
            said_by=self._said_by(candidate) if self.speakers is not None else None,
        )
        return locate(candidate, found, lone=len(wanted) == 1)

    def _said_by(self, candidate: Candidate) -> "_SaidBy":
        turns = self.connection.execute(
            "select turns from spoken where id = ?", (candidate.handle,)
        ).fetchone()[0]
        return _SaidBy(_turns(turns), self.speakers or frozenset())


@dataclass(frozen=True)
class _SaidBy:
    turns: Sequence[Turn]
    speakers: frozenset[str]

    def __call__(self, word: int) -> bool:
        speaker = speaker_at(self.turns, word)
        return speaker is not None and folded_name(speaker) in self.speakers


def _turns(raw: str) -> list[Turn]:
    return [Turn(*turn) for turn in json.loads(raw)]


def _accepted(connection: sqlite3.Connection, slot: Slot) -> Accepted:
    ids = [
        row
        for (row,) in connection.execute(
            "select id from term where term in (select value from json_each(?))",
            (json.dumps(sorted(slot.terms)),),
        )
    ]
    if slot.prefix:
        ids += [
            row
            for (row,) in connection.execute(
                "select id from term where term >= ? and term < ?",
                (slot.prefix, slot.prefix + chr(0x10FFFF)),
            )
        ]
    if len(ids) <= 1:
        return Accepted(ids[0] if ids else None, None)
    highest = connection.execute("select max(id) from term").fetchone()[0]
    table = np.zeros(highest + 1, dtype=bool)
    table[ids] = True
    return Accepted(None, table)


def _shown(connection: sqlite3.Connection, cut: Cut) -> EpisodeMoments:
    candidate = cut.located.candidate
    show, title, published, link = connection.execute(
        "select show, title, published, link from episode where id = ?", (candidate.handle,)
    ).fetchone()
    spoken = _Spoken.of(connection, candidate.handle)
    return EpisodeMoments(
        episode_id=candidate.episode_id,
        show=show,
        title=title,
        published_s=published,
        link=link,
        hits=len(cut.located.matches),
        moments=tuple(spoken.moment(match) for match in cut.located.matches[cut.first : cut.last]),
        more=cut.more,
    )


@dataclass(frozen=True)
class _Spoken:
    """What is shown of an episode's words."""

    starts: Any
    ends: Any
    words: PackedWords
    turns: Sequence[Turn]

    @classmethod
    def of(cls, connection: sqlite3.Connection, row: int) -> "_Spoken":
        starts, ends, words, turns = connection.execute(
            "select starts, ends, words, turns from spoken where id = ?", (row,)
        ).fetchone()
        return cls(unpack_ints(starts), unpack_ints(ends), PackedWords(words), _turns(turns))

    def moment(self, match: Match) -> Moment:
        first = max(0, match.first - CONTEXT)
        last = min(len(self.starts) - 1, match.last + CONTEXT)
        named = {word for span in match.named for word in range(span.first, span.last + 1)}
        starts = self.starts[first : last + 1].tolist()
        texts = self.words.slice(first, last)
        return Moment(
            start_s=int(self.starts[match.first]) / 1000,
            end_s=int(self.ends[match.last]) / 1000,
            speaker=speaker_at(self.turns, match.first),
            first_word=match.first,
            n_words=match.last - match.first + 1,
            snippet=tuple(
                SaidWord(text, start / 1000, at in named)
                for at, (text, start) in enumerate(zip(texts, starts, strict=True), start=first)
            ),
        )
