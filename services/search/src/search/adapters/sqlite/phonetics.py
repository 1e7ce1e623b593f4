"""Found by sound in the embedded index: trigrams of phones choose the passages to align."""

import json
import math
import sqlite3
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.adapters.sqlite.connections import Connections
from search.adapters.sqlite.episode_cache import SpokenCache
from search.adapters.sqlite.find import where
from search.adapters.sqlite.show import shown
from search.domain.matching import Match, MatchSpan
from search.domain.pages import CandidateEpisode, Cut, EpisodeMoments, Located
from search.domain.phonetics import (
    Passages,
    PhoneMatch,
    PhonePassage,
    PhoneSequence,
    coarse,
    packed,
    unpacked,
    weighed_grams,
)
from search.domain.query import Filters

MOST_POSTINGS: Final = 200_000
_PASSAGES: Final = 1 << 16
_Ids = NDArray[np.int64]


class _Run(NamedTuple):
    """A run of an episode, by its row."""

    row: int
    revision: str


def store_phones(connection: sqlite3.Connection, row: int, stream: PhoneSequence) -> None:
    """Replace an episode's phones; none are stored of an empty row."""
    delete_phones(connection, row)
    passages = [*stream.passages()][:_PASSAGES]
    if not passages:
        return
    base = row * _PASSAGES
    connection.executemany(
        "insert into phone_passage (id, phones, owners) values (?, ?, ?)",
        zip(
            range(base, base + len(passages)),
            packed([passage.phones for passage in passages]),
            [passage.owners for passage in passages],
            strict=True,
        ),
    )
    connection.executemany(
        "insert into phone_trigram (rowid, classes) values (?, ?)",
        [(base + at, coarse(passage.own)) for at, passage in enumerate(passages)],
    )
    connection.execute(
        "insert into phone_episode (id, is_recognized, passages) values (?, ?, ?)",
        (row, stream.is_recognized, len(passages)),
    )


def delete_phones(connection: sqlite3.Connection, row: int) -> None:
    """Delete an episode's phones."""
    base = row * _PASSAGES
    stored = connection.execute(
        "select id, phones from phone_passage where id between ? and ?",
        (base, base + _PASSAGES - 1),
    ).fetchall()
    phones = unpacked([kept for _, kept in stored])
    connection.executemany(
        "insert into phone_trigram (phone_trigram, rowid, classes) values ('delete', ?, ?)",
        [
            (passage, coarse(PhonePassage(kept, b"").own))
            for (passage, _), kept in zip(stored, phones, strict=True)
        ],
    )
    connection.execute(
        "delete from phone_passage where id between ? and ?", (base, base + _PASSAGES - 1)
    )
    connection.execute("delete from phone_episode where id = ?", (row,))


@dataclass(frozen=True)
class SqlitePhoneticIndex:
    """What the episodes of one index file sound like."""

    connections: Connections
    spoken: SpokenCache

    def candidates(
        self, phones: str, filters: Filters, *, most: int, ends_at: float = math.inf
    ) -> Passages:
        """Return the passages that may hold the phones."""
        condition, values = where(filters)
        with self.connections.reading(ends_at=ends_at) as connection:
            episodes = connection.execute(
                "select e.id, e.revision, s.is_recognized, s.passages from episode e"  # noqa: S608
                f" join phone_episode s on s.id = e.id where {condition} order by e.id",
                values,
            ).fetchall()
            are_all = sum(passages for *_, passages in episodes) <= most
            ids = (
                [row * _PASSAGES + at for row, *_, passages in episodes for at in range(passages)]
                if are_all
                else _best(connection, phones, [row for row, *_ in episodes], most)
            )
            rows = connection.execute(
                "select id, phones, owners from phone_passage"
                " where id in (select value from json_each(?)) order by id",
                (json.dumps(ids),),
            ).fetchall()
        runs = {row: (_Run(row, revision), is_read) for row, revision, is_read, _ in episodes}
        read: list[tuple[Hashable, PhonePassage]] = []
        derived: list[tuple[Hashable, PhonePassage]] = []
        phones_of = unpacked([kept for _, kept, _ in rows])
        for (passage, _, owners), kept in zip(rows, phones_of, strict=True):
            run, is_read = runs[passage // _PASSAGES]
            (read if is_read else derived).append((run, PhonePassage(kept, owners)))
        return Passages(read, derived, are_all)

    def moments(self, places: Sequence[PhoneMatch]) -> Mapping[PhoneMatch, EpisodeMoments]:
        """Return the moment of each place."""
        with self.connections.reading() as connection:
            return {
                place: moment
                for place in places
                if (moment := self._moment(connection, place)) is not None
            }

    def _moment(self, connection: sqlite3.Connection, place: PhoneMatch) -> EpisodeMoments | None:
        run = place.episode
        assert isinstance(run, _Run)
        found = connection.execute(
            "select episode_id from episode where id = ? and revision = ?", run
        ).fetchone()
        if found is None:
            return None  # replaced since its passages were read
        match = Match(place.first, place.last, (MatchSpan(place.first, place.last),))
        candidate = CandidateEpisode(run.row, found[0], 0.0, revision=run.revision)
        cut = Cut(Located(candidate, [match], 1.0), 0, 1, None)
        (moment,) = shown(connection, [cut], self.spoken.of(connection, [candidate]))
        return moment


def _best(
    connection: sqlite3.Connection, phones: str, episodes: Sequence[int], most: int
) -> Sequence[int]:
    """Return the passages that share the most with the phones, a rare trigram weighing more."""
    found: list[_Ids] = []
    weights: list[NDArray[np.float64]] = []
    room = MOST_POSTINGS
    for gram, weight in weighed_grams(phones):
        # As one text: a row each would take three times as long.
        (listed,) = connection.execute(
            "select group_concat(rowid) from (select rowid from phone_trigram"
            " where phone_trigram match ? order by rowid desc limit ?)",
            (f'"{gram}"', room),
        ).fetchone()
        rows = np.fromstring(listed or "", dtype=np.int64, sep=",")
        found.append(rows)
        weights.append(np.full(len(rows), weight))
        room -= len(rows)
        if room <= 0:
            break
    passages, which = np.unique(np.concatenate(found), return_inverse=True)
    weight_of = np.bincount(which, np.concatenate(weights), len(passages))
    weight_of[~np.isin(passages // _PASSAGES, episodes)] = 0
    best = np.argsort(-weight_of, kind="stable")[:most]
    chosen: list[int] = passages[best[weight_of[best] > 0]].tolist()
    return chosen
