"""The embedded word index: SQLite FTS5 finds the episodes, arrays of term ids the moments."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

import numpy as np

from everyword_events import EpisodeInfo
from everyword_transcripts.folding import folded_name
from search.adapters.sqlite.blobs import breaks_of, pack_ints, pack_starts, pack_words
from search.adapters.sqlite.connections import Connections
from search.adapters.sqlite.episode_cache import SpokenCache, TokenCache
from search.adapters.sqlite.find import find_page, where
from search.adapters.sqlite.phonetics import SqlitePhoneticIndex, delete_phones, store_phones
from search.adapters.sqlite.purging import purge
from search.adapters.sqlite.scan import EpisodeTokens, pack_tokens
from search.adapters.sqlite.vocabulary import SqliteVocabulary
from search.domain.document import EpisodeDocument
from search.domain.expansion import variants_of
from search.domain.pages import EpisodeMoments, Facet, Facets, SearchPage, SearchRequest, Stored
from search.domain.phonetics import PhoneSequence, Pronouncer, is_english
from search.domain.query import Filters, title_tokens
from search.domain.tokens import tokens_of

INDEX_NAME: Final = "sqlite-1"


class SqliteWordIndex:
    """Keeps the index in one file; several processes may read it while one writes.

    `most_weighed`: of up to so many matching episodes every hit is counted and weighed. With a
    `pronouncer`, English episodes are stored as sounds too; it is asked for at the first of them.
    """

    def __init__(
        self,
        path: Path,
        *,
        most_weighed: int = 200,
        pronouncer: Callable[[], Pronouncer] | None = None,
    ) -> None:
        self._connections = Connections(path)
        self._most_weighed = most_weighed
        self._variants_known: dict[str, set[str]] = {}
        self._purges = 0
        self._pronouncer = pronouncer
        self._tokens = TokenCache()
        self._spoken = SpokenCache()
        self.vocabulary = SqliteVocabulary(self._connections)
        self.phonetics = SqlitePhoneticIndex(self._connections, self._spoken)

    def close(self) -> None:
        """Close the file."""
        self._connections.close()

    def check(self) -> None:
        """Look the file over.

        Raises:
            Misconfigured: it is damaged (code `data_unreadable`).
        """
        self._connections.check()

    @property
    def is_complete(self) -> bool:
        """Whether the index was made from all that the event log tells."""
        with self._connections.reading() as connection:
            return bool(connection.execute("select is_complete from state").fetchone()[0])

    def mark_complete(self) -> None:
        """Note that all that the event log tells is indexed now."""
        with self._connections.writing() as connection:
            connection.execute("update state set is_complete = 1")

    def put(self, document: EpisodeDocument) -> Stored | None:
        """Store or replace an episode's words."""
        frequencies: AbstractSet[str] = frozenset()
        phones = self._phones(document)
        with self._connections.writing() as connection:
            row, revision, removed = _episode_row(connection, document.episode_id)
            if removed or revision > document.revision:
                return None
            if revision != document.revision:
                _describe(connection, row, document.info)
                frequencies = self._replace_words(connection, row, document)
                _replace_phones(connection, row, phones)
        # Only now is it durable that these terms' variants are noted.
        self._variants_known.setdefault(document.language, set()).update(frequencies)
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
            gone, compounds = _forget_words(connection, row)
            _count_terms(connection, Counter(), gone)
            _count_compounds(connection, (), compounds)
            delete_phones(connection, row)
            purge(connection)
            connection.execute(
                "update episode set removed = 1, revision = '', title = '', title_tokens = '',"
                " show = '', show_folded = '', published = null, link = null, language = '',"
                " words = 0, duration_ms = 0 where id = ?",
                (row,),
            )
        self._tokens.forget(episode_id)
        self._spoken.forget(episode_id)
        self._connections.leave_no_trace()

    def find(self, request: SearchRequest) -> SearchPage:
        """Return one page of what is found."""
        with self._connections.reading(ends_at=request.ends_at) as connection:
            return find_page(
                connection,
                request,
                most_weighed=self._most_weighed,
                tokens=self._tokens,
                spoken=self._spoken,
            )

    def titled(
        self, words: Sequence[str], filters: Filters, *, limit: int
    ) -> Sequence[EpisodeMoments]:
        """Return episodes in whose titles all the words begin some word, the newest first."""
        condition, values = where(filters)
        for number, word in enumerate(words):
            condition += f" and instr(e.title_tokens, :word{number}) > 0"
            values[f"word{number}"] = f" {word}"
        with self._connections.reading() as connection:
            rows = connection.execute(
                "select e.episode_id, e.show, e.title, e.published, e.link, e.duration_ms"  # noqa: S608
                f" from episode e where e.revision <> '' and {condition}"
                " order by e.published desc, e.episode_id desc limit :limit",
                {**values, "limit": limit},
            ).fetchall()
        return [
            EpisodeMoments(episode_id, show, title, published, link, duration_ms / 1000, 0, (), ())
            for episode_id, show, title, published, link, duration_ms in rows
        ]

    def facets(self, filters: Filters) -> Facets:
        """Return the shows and speakers among the episodes that pass `filters`."""
        with self._connections.reading() as connection:
            return _facets(connection, filters)

    def _phones(self, document: EpisodeDocument) -> PhoneSequence | None:
        """Return what an episode sounds like; made before the file is held, others write too."""
        if self._pronouncer is None or not is_english(document.language):
            return None
        return document.phones(self._pronouncer())

    def _known_variants(self, connection: sqlite3.Connection, language: str) -> set[str]:
        """Return the terms of a language whose variants this process noted since the last purge."""
        (purges,) = connection.execute("select purges from state").fetchone()
        if purges != self._purges:
            self._purges = purges
            self._variants_known.clear()
        return self._variants_known.setdefault(language, set())

    def _replace_words(
        self, connection: sqlite3.Connection, row: int, document: EpisodeDocument
    ) -> AbstractSet[str]:
        tokens, words = document.tokenized
        several = {
            word: of_word for word in set(document.words) if len(of_word := tokens_of(word)) > 1
        }
        repeating = {
            word: Counter(of_word) - Counter(set(of_word)) for word, of_word in several.items()
        }
        doubled: Counter[str] = Counter()
        if any(repeating.values()):
            for word in document.words:
                doubled.update(repeating.get(word, ()))
        frequencies = Counter(tokens)
        frequencies.subtract(doubled)
        gone, gone_compounds = _forget_words(connection, row)
        ids = _count_terms(connection, frequencies, gone)
        _count_compounds(connection, set(several.values()), gone_compounds)
        connection.executemany(
            "insert or ignore into variants (kind, key, term) values (?, ?, ?)",
            variants_of(
                frequencies.keys() - self._known_variants(connection, document.language),
                (),
                document.language,
            ),
        )
        connection.execute(
            "insert into postings (rowid, tokens) values (?, ?)", (row, " ".join(tokens))
        )
        connection.execute(
            "insert into tokens (id, terms, counts, places, breaks, repeats)"
            " values (?, ?, ?, ?, ?, ?)",
            (
                row,
                *pack_tokens([*map(ids.__getitem__, tokens)]),
                breaks_of(words),
                bool(doubled),
            ),
        )
        _store_spoken(connection, row, document)
        connection.execute(
            "update episode set revision = ?, language = ?, words = ?, duration_ms = ?"
            " where id = ?",
            (
                document.revision,
                document.language,
                len(document.words),
                document.duration_ms,
                row,
            ),
        )
        return frequencies.keys()


def _replace_phones(connection: sqlite3.Connection, row: int, phones: PhoneSequence | None) -> None:
    if phones is None:
        delete_phones(connection, row)
    else:
        store_phones(connection, row, phones)


def _count_compounds(
    connection: sqlite3.Connection,
    compounds: Iterable[tuple[str, ...]],
    gone: Iterable[tuple[str, ...]],
) -> None:
    """Count the episodes that say each compound; one that none says any more is deleted."""
    connection.executemany(
        "insert into variants (kind, key, term, episodes) values (?, ?, ?, 1)"
        " on conflict do update set episodes = episodes + 1",
        variants_of((), compounds, ""),
    )
    old = [*variants_of((), gone, "")]
    connection.executemany(
        "update variants set episodes = episodes - 1 where kind = ? and key = ? and term = ?", old
    )
    connection.executemany(
        "delete from variants where kind = ? and key = ? and term = ? and episodes <= 0", old
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
        " link = ?6, title_tokens = ?8 where id = ?7 and as_of <= ?1",
        (
            info.as_of.timestamp(),
            info.show,
            folded_name(info.show),
            info.title,
            info.published_at.timestamp() if info.published_at else None,
            info.link,
            row,
            f" {' '.join(title_tokens(info.title))} ",
        ),
    )


def _count_terms(
    connection: sqlite3.Connection, frequencies: Counter[str], gone: Counter[str]
) -> dict[str, int]:
    """Count what an episode says now and no longer says; return the ids of what it says."""
    ids = {
        term: number
        for number, term in _terms(connection, "term", frequencies.keys() | gone.keys())
    }
    for term in frequencies:
        if term not in ids:
            made = connection.execute("insert into term (term) values (?)", (term,))
            assert made.lastrowid is not None
            ids[term] = made.lastrowid
    connection.executemany(
        "update term set frequency = frequency + ? where id = ?",
        (
            (change, number)
            for term, number in ids.items()
            if (change := frequencies[term] - gone[term])
        ),
    )
    return ids


def _terms(
    connection: sqlite3.Connection, column: str, values: Iterable[str | int]
) -> Sequence[tuple[int, str]]:
    return connection.execute(
        f"select id, term from term where {column} in (select value from json_each(?))",  # noqa: S608
        (json.dumps(list(values)),),
    ).fetchall()


def _store_spoken(connection: sqlite3.Connection, row: int, document: EpisodeDocument) -> None:
    names = list(dict.fromkeys(turn.speaker for turn in document.turns))
    turns = [
        *(turn.first for turn in document.turns),
        *(names.index(turn.speaker) for turn in document.turns),
    ]
    connection.execute(
        "insert into spoken (id, starts, words, turns, speakers) values (?, ?, ?, ?, ?)",
        (
            row,
            pack_starts(document.starts_ms),
            pack_words(document.words, np.subtract(document.ends_ms, document.starts_ms)),
            pack_ints(turns),
            json.dumps(names, ensure_ascii=False),
        ),
    )
    connection.executemany(
        "insert or ignore into speaker (id, folded, name) values (?, ?, ?)",
        ((row, folded_name(name), name) for name in names if name),
    )


def _forget_words(
    connection: sqlite3.Connection, row: int
) -> tuple[Counter[str], set[tuple[str, ...]]]:
    """Delete an episode's words; return in how many each term stood, and the compounds."""
    found = connection.execute(
        "select terms, counts, breaks, repeats, places from tokens where id = ?", (row,)
    ).fetchone()
    if found is None:
        return Counter(), set()
    episode = EpisodeTokens.read(*found)
    frequencies = episode.frequencies()
    spelled = dict(_terms(connection, "id", frequencies))
    connection.execute(
        "insert into postings (postings, rowid, tokens) values ('delete', ?, ?)",
        (row, " ".join(map(spelled.__getitem__, episode.in_order().tolist()))),
    )
    for table in ("tokens", "spoken", "speaker"):
        connection.execute(f"delete from {table} where id = ?", (row,))  # noqa: S608
    compounds = {tuple(map(spelled.__getitem__, terms)) for terms in episode.compounds()}
    return Counter({spelled[term]: count for term, count in frequencies.items()}), compounds


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
    return Facets(
        tuple(Facet(*row) for row in shows),
        tuple(Facet(*row) for row in speakers),
    )
