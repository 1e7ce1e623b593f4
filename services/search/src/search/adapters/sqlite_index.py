"""The embedded word index: SQLite FTS5 finds the episodes, arrays of term ids the moments."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from everyword_events import EpisodeInfo
from search.adapters.sqlite_blobs import breaks_of, pack_ints, pack_words
from search.adapters.sqlite_connections import Connections
from search.adapters.sqlite_find import find_page, where
from search.adapters.sqlite_scan import said_terms
from search.adapters.sqlite_vocabulary import SqliteVocabulary, kin_of
from search.domain.document import EpisodeDocument
from search.domain.pages import Facet, Facets, Find, Found, Stored
from search.domain.query import Filters, folded_name
from search.domain.tokens import tokens_of

INDEX_NAME: Final = "sqlite-1"


class SqliteWordIndex:
    """Keeps the index in one file; several processes may read it while one writes.

    `most_weighed`: of up to so many matching episodes every hit is counted and weighed.
    """

    def __init__(self, path: Path, *, most_weighed: int = 200) -> None:
        self._connections = Connections(path)
        self._most_weighed = most_weighed
        self.vocabulary = SqliteVocabulary(self._connections)

    def close(self) -> None:
        """Close the file."""
        self._connections.close()

    def put(self, document: EpisodeDocument) -> Stored | None:
        """Store or replace an episode's words."""
        with self._connections.writing() as connection:
            row, revision, removed = _episode_row(connection, document.episode_id)
            if removed or revision > document.revision:
                return None
            if revision != document.revision:
                _forget_words(connection, row)
                _describe(connection, row, document.info)
                self._store_words(connection, row, document)
            return Stored(len(document.words), 1, INDEX_NAME)

    def describe(self, episode_id: str, info: EpisodeInfo) -> None:
        """State an episode's title, show, date and link."""
        with self._connections.writing() as connection:
            row, _, removed = _episode_row(connection, episode_id)
            if not removed:
                _describe(connection, row, info)

    def remove(self, episode_id: str) -> None:
        """Forget an episode for good."""
        with self._connections.writing() as connection:
            row, _, _ = _episode_row(connection, episode_id)
            _forget_words(connection, row)
            connection.execute(
                "update episode set removed = 1, revision = '', title = '', show = '',"
                " show_folded = '', published = null, link = null, language = '', words = 0"
                " where id = ?",
                (row,),
            )

    def find(self, find: Find) -> Found:
        """Return one page of what is found."""
        with self._connections.reading() as connection:
            return find_page(connection, find, most_weighed=self._most_weighed)

    def facets(self, filters: Filters) -> Facets:
        """Return the shows, speakers and languages among the episodes that pass `filters`."""
        with self._connections.reading() as connection:
            return _facets(connection, filters)

    def _store_words(
        self, connection: sqlite3.Connection, row: int, document: EpisodeDocument
    ) -> None:
        tokens: list[str] = []
        words: list[int] = []
        said: Counter[str] = Counter()
        compounds: set[tuple[str, ...]] = set()
        for index, word in enumerate(document.words):
            of_word = tokens_of(word)
            tokens += of_word
            words += [index] * len(of_word)
            if len(of_word) > 1:
                compounds.add(of_word)
                said.update(set(of_word))
            else:
                said.update(of_word)
        ids = _count_terms(connection, said)
        connection.executemany(
            "insert or ignore into kin (kinship, key, term) values (?, ?, ?)",
            kin_of(said, compounds, document.language),
        )
        connection.execute(
            "insert into postings (rowid, tokens) values (?, ?)", (row, " ".join(tokens))
        )
        connection.execute(
            "insert into tokens (id, terms, breaks) values (?, ?, ?)",
            (row, pack_ints([ids[token] for token in tokens]), breaks_of(words)),
        )
        connection.execute(
            "insert into spoken (id, starts, ends, words, turns) values (?, ?, ?, ?, ?)",
            (
                row,
                pack_ints(document.starts_ms),
                pack_ints(document.ends_ms),
                pack_words(document.words),
                json.dumps(document.turns, ensure_ascii=False),
            ),
        )
        names = {folded_name(turn.speaker): turn.speaker for turn in document.turns if turn.speaker}
        connection.executemany(
            "insert into speaker (id, folded, name) values (?, ?, ?)",
            ((row, folded, name) for folded, name in names.items()),
        )
        connection.execute(
            "update episode set revision = ?, language = ?, words = ? where id = ?",
            (document.revision, document.language, len(document.words), row),
        )


def _episode_row(connection: sqlite3.Connection, episode_id: str) -> tuple[int, str, bool]:
    """Return an episode's row id, revision and whether it was removed, making the row."""
    found = connection.execute(
        "select id, revision, removed from episode where episode_id = ?", (episode_id,)
    ).fetchone()
    if found is not None:
        return found[0], found[1], bool(found[2])
    made = connection.execute("insert into episode (episode_id) values (?)", (episode_id,))
    assert made.lastrowid is not None
    return made.lastrowid, "", False


def _describe(connection: sqlite3.Connection, row: int, info: EpisodeInfo) -> None:
    connection.execute(
        "update episode set as_of = ?1, show = ?2, show_folded = ?3, title = ?4, published = ?5,"
        " link = ?6 where id = ?7 and as_of <= ?1",
        (
            info.as_of.timestamp(),
            info.show,
            folded_name(info.show),
            info.title,
            info.published_at.timestamp() if info.published_at else None,
            info.link,
            row,
        ),
    )


def _count_terms(connection: sqlite3.Connection, said: Counter[str]) -> dict[str, int]:
    """Add to the terms' counts, making those that are new; return the ids."""
    connection.executemany(
        "insert into term (term, said) values (?, ?)"
        " on conflict (term) do update set said = said + excluded.said",
        said.items(),
    )
    return {term: number for number, term in _terms(connection, "term", said)}


def _terms(
    connection: sqlite3.Connection, column: str, values: Iterable[str | int]
) -> Sequence[tuple[int, str]]:
    return connection.execute(
        f"select id, term from term where {column} in (select value from json_each(?))",  # noqa: S608
        (json.dumps(list(values)),),
    ).fetchall()


def _forget_words(connection: sqlite3.Connection, row: int) -> None:
    """Take an episode's words out of the postings and counts."""
    found = connection.execute("select terms, breaks from tokens where id = ?", (row,)).fetchone()
    if found is None:
        return
    ids, said = said_terms(found[0], found[1])
    spelled = dict(_terms(connection, "id", said))
    connection.execute(
        "insert into postings (postings, rowid, tokens) values ('delete', ?, ?)",
        (row, " ".join(map(spelled.__getitem__, ids))),
    )
    connection.executemany(
        "update term set said = said - ? where id = ?", ((n, term) for term, n in said.items())
    )
    for table in ("tokens", "spoken", "speaker"):
        connection.execute(f"delete from {table} where id = ?", (row,))  # noqa: S608


def _facets(connection: sqlite3.Connection, filters: Filters) -> Facets:
    condition, values = where(filters)
    rest = f"from episode e where e.revision <> '' and {condition}"
    shows = connection.execute(
        f"select min(e.show), count(*) {rest} and e.show <> '' group by e.show_folded"
        " order by 2 desc, 1",
        values,
    )
    speakers = connection.execute(
        f"select min(s.name), count(*) from speaker s where s.id in (select e.id {rest})"  # noqa: S608
        " group by s.folded order by 2 desc, 1",
        values,
    )
    languages = connection.execute(f"select distinct e.language {rest} order by 1", values)
    return Facets(
        tuple(Facet(*row) for row in shows),
        tuple(Facet(*row) for row in speakers),
        tuple(language for (language,) in languages),
    )
