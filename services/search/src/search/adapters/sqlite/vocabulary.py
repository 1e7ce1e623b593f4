"""The embedded index's vocabulary: exact look-ups in SQL, typing errors in memory."""

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Collection, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.adapters.sqlite.connections import Connections
from search.domain.expansion import Shared, VariantKind


class SqliteVocabulary:
    """Reads the term and variants tables.

    For typing errors all terms are kept in memory by length (about 100 bytes each), and only
    those added since are read before a use.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._by_length: defaultdict[int, list[str]] = defaultdict(list)
        self._read_up_to = 0
        self._lock = threading.Lock()

    def languages(self) -> Sequence[str]:
        """Return the languages of the episodes: a step through the index for each."""
        found: list[str] = []
        with self._connections.reading() as connection:
            while True:
                (language,) = connection.execute(
                    "select min(language) from episode where language > ?", (found or [""])[-1:]
                ).fetchone()
                if language is None:
                    return found
                found.append(language)

    def spoken(self, terms: Collection[str]) -> frozenset[str]:
        """Return those of `terms` that are said somewhere."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                "select term from term where frequency > 0"
                " and term in (select value from json_each(?))",
                (json.dumps(sorted(terms)),),
            ).fetchall()
        return frozenset(term for (term,) in rows)

    def variants(self, shared: Collection[Shared]) -> dict[Shared, list[str]]:
        """Return, for each key, the words that share it."""
        keys: defaultdict[VariantKind, set[str]] = defaultdict(set)
        for kind, key in shared:
            keys[kind].add(key)
        with self._connections.reading() as connection:
            return {
                (kind, key): words
                for kind, some in keys.items()
                for key, words in variants(connection, kind, some).items()
            }

    def near(self, term: str, distance: int) -> frozenset[str]:
        """Return the words within `distance` edits of `term`."""
        with self._lock:
            self._catch_up()
            found = [
                word
                for length in range(len(term) - distance, len(term) + distance + 1)
                for word, _, _ in process.extract(
                    term,
                    self._by_length.get(length, []),
                    scorer=OSA.distance,
                    score_cutoff=distance,
                    limit=None,
                )
            ]
        return self.spoken(found)

    def starting(self, prefix: str, *, limit: int) -> Sequence[str]:
        """Return words that start with `prefix`, those said the most first."""
        query = (
            "select term from term where term >= ? and term < ? and frequency > 0"
            " order by frequency desc, term limit ?"
        )
        with self._connections.reading() as connection:
            rows = connection.execute(query, (*_from_to(prefix), limit)).fetchall()
        return [term for (term,) in rows]

    def folded_starting(self, prefix: str, *, limit: int) -> Sequence[str]:
        """Return the words whose fold starts with `prefix`: the shortest, then by alphabet."""
        query = (
            "select term from (select term from term where term >= ?1 and term < ?2"
            " union select term from variants where kind = 'fold' and key >= ?1 and key < ?2)"
            " order by length(term), term limit ?3"
        )
        with self._connections.reading() as connection:
            rows = connection.execute(query, (*_from_to(prefix), limit)).fetchall()
        return [term for (term,) in rows]

    def _catch_up(self) -> None:
        with self._connections.reading() as connection:
            rows = connection.execute(
                "select id, term from term where id > ? order by id", (self._read_up_to,)
            ).fetchall()
        for number, term in rows:
            self._by_length[len(term)].append(term)
            self._read_up_to = number


def variants(
    connection: sqlite3.Connection, kind: VariantKind, keys: Collection[str]
) -> dict[str, list[str]]:
    """Return, for each key, the words that share it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, term in connection.execute(
        "select key, term from variants where kind = ? and key in (select value from json_each(?))",
        (kind, json.dumps(sorted(keys))),
    ):
        found[key].append(term)
    return dict(found)


def _from_to(prefix: str) -> tuple[str, str]:
    return prefix, prefix + chr(0x10FFFF)
