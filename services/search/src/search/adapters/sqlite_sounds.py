"""Found by sound in the embedded index: FTS5 trigrams choose passages, alignment the places.

The rows lie in the index's own file and change in the same transaction as the episode's words.
"""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.adapters.sqlite_connections import Connections
from search.adapters.sqlite_find import where
from search.adapters.sqlite_show import shown
from search.domain.matching import Match, Span
from search.domain.pages import Candidate, Cut, EpisodeMoments, Located
from search.domain.query import Filters
from search.domain.sounds import (
    Place,
    SoundQuery,
    SoundStream,
    grams_of,
    nearest_around_shared,
    nearest_in,
    ranked,
)
from search.domain.sounds.stream import PASSAGE

EXHAUSTIVE: Final = 6_000
"""In an archive of so few passages (about nine hours) all are aligned."""
MOST_POSTINGS: Final = 100_000
MOST_ALIGNED: Final = 2_000
_PASSAGES: Final = 1 << 16
_ROUNDING: Final = 1e-5
_Ids = NDArray[np.int64]


def store_sounds(connection: sqlite3.Connection, row: int, streams: Sequence[SoundStream]) -> None:
    """Replace an episode's sounds; streams in their fixed order, empty ones are not stored."""
    forget_sounds(connection, row)
    for number, stream in enumerate(streams):
        if not stream.sounds:
            continue
        passages = [*stream.passages()][:_PASSAGES]
        base = _base(row, number)
        connection.executemany(
            "insert into sound_passage (rowid, sounds) values (?, ?)",
            [(base + at, passage) for at, passage in enumerate(passages)],
        )
        connection.execute(
            "insert into sound_stream (id, stream, passages, owners) values (?, ?, ?, ?)",
            (row, number, len(passages), _pack(stream.owners)),
        )


def forget_sounds(connection: sqlite3.Connection, row: int) -> None:
    """Delete an episode's sounds."""
    stored = connection.execute(
        "select stream, passages from sound_stream where id = ?", (row,)
    ).fetchall()
    for stream, passages in stored:
        base = _base(row, stream)
        connection.executemany(
            "delete from sound_passage where rowid = ?", [(base + at,) for at in range(passages)]
        )
    connection.execute("delete from sound_stream where id = ?", (row,))


@dataclass(frozen=True)
class SqliteSounds:
    """Finds the moments that sound most like a query."""

    connections: Connections

    def find_by_sound(
        self, query: SoundQuery, filters: Filters, *, most: int
    ) -> Sequence[EpisodeMoments]:
        """Return at most `most` moments, nearest first, each alone in its episode."""
        with self.connections.reading() as connection:
            allowed = _allowed(connection, filters)
            places = ranked(_places(connection, query, allowed), most=most)
            return [_moment(connection, place) for place in places]


def _allowed(connection: sqlite3.Connection, filters: Filters) -> _Ids:
    """Return the rows of the episodes with sounds that pass the filters, in order."""
    condition, values = where(filters)
    rows = connection.execute(
        f"select e.id from episode e where {condition}"  # noqa: S608
        " and exists (select 1 from sound_stream s where s.id = e.id) order by 1",
        values,
    )
    return np.fromiter((row for (row,) in rows), dtype=np.int64)


def _places(connection: sqlite3.Connection, query: SoundQuery, allowed: _Ids) -> Iterator[Place]:
    """Yield the places near enough, nearest first."""
    every = _all_passages(connection, allowed)
    passages = _best_passages(connection, query.sounds, allowed) if every is None else every
    rows = connection.execute(
        "select rowid, sounds from sound_passage where rowid in (select value from json_each(?))",
        (json.dumps(passages),),
    ).fetchall()
    stretches = [sounds for _, sounds in rows]
    heard = nearest_around_shared(query.sounds, stretches)
    if every is not None:
        heard = heard.and_also(nearest_in(query.sounds, stretches))
    near = np.flatnonzero(heard.distances <= query.within + _ROUNDING)
    owners: dict[int, _Ids] = {}
    for at in near[np.argsort(heard.distances[near], kind="stable")].tolist():
        stream, number = divmod(rows[int(heard.stretches[at])][0], _PASSAGES)
        if stream not in owners:
            owners[stream] = _owners(connection, stream)
        first, last = (number * PASSAGE + int(end[at]) for end in (heard.firsts, heard.lasts))
        yield Place(
            float(heard.distances[at]),
            stream // 2,
            int(owners[stream][first]),
            int(owners[stream][last]),
        )


def _all_passages(connection: sqlite3.Connection, allowed: _Ids) -> Sequence[int] | None:
    """Return every passage to look in, or None where they are too many."""
    stored = connection.execute(
        "select id, stream, passages from sound_stream where id in (select value from json_each(?))"
        " and (select sum(passages) from sound_stream"
        "      where id in (select value from json_each(?))) <= ?",
        (ids := json.dumps(allowed.tolist()), ids, EXHAUSTIVE),
    ).fetchall()
    if not stored:
        return None
    return [_base(row, stream) + at for row, stream, count in stored for at in range(count)]


def _best_passages(connection: sqlite3.Connection, sounds: str, allowed: _Ids) -> Sequence[int]:
    """Return the passages that share the most trigrams, a rare one weighing more."""
    found: list[_Ids] = []
    room = MOST_POSTINGS
    for gram in sorted(grams_of(sounds), key=_commonness):
        # As one text: a row each would take three times as long.
        (listed,) = connection.execute(
            "select group_concat(rowid) from (select rowid from sound_passage"
            " where sound_passage match ? order by rowid desc limit ?)",
            (f'"{gram}"', room),
        ).fetchone()
        rows = np.fromstring(listed or "", dtype=np.int64, sep=",")
        found.append(rows)
        room -= len(rows)
        if room <= 0:
            break
    weights = [np.full(len(rows), 1 / np.log2(2 + len(rows))) for rows in found]
    passages, which = np.unique(np.concatenate(found), return_inverse=True)
    weight = np.bincount(which, np.concatenate(weights), len(passages))
    weight[~np.isin(passages // _PASSAGES // 2, allowed)] = 0
    best = np.argsort(-weight, kind="stable")[:MOST_ALIGNED]
    chosen: list[int] = passages[best[weight[best] > 0]].tolist()
    return chosen


def _owners(connection: sqlite3.Connection, stream: int) -> NDArray[np.int64]:
    (packed,) = connection.execute(
        "select owners from sound_stream where id = ? and stream = ?", divmod(stream, 2)
    ).fetchone()
    return _unpack(packed)


def _moment(connection: sqlite3.Connection, place: Place) -> EpisodeMoments:
    (episode_id,) = connection.execute(
        "select episode_id from episode where id = ?", (place.episode,)
    ).fetchone()
    match = Match(place.first, place.last, (Span(place.first, place.last),))
    located = Located(Candidate(place.episode, episode_id, 0.0), [match], 1.0)
    return shown(connection, Cut(located, 0, 1, None))


def _base(row: int, stream: int) -> int:
    return (row * 2 + stream) * _PASSAGES


_COMMON: Final = {c: n for n, c in enumerate(".jwoqxyhcufmpkreislnta")}


def _commonness(gram: str) -> int:
    """Order trigrams roughly as English speech has them, the rare ones first."""
    return sum(_COMMON[c] for c in gram)


def _pack(owners: NDArray[np.int32]) -> bytes:
    return zlib.compress(np.diff(owners, prepend=0).astype("<i4").tobytes(), 6)


def _unpack(packed: bytes) -> NDArray[Any]:
    return np.cumsum(np.frombuffer(zlib.decompress(packed), dtype="<i4"), dtype=np.int64)
