"""Takes what nobody says any more out of the full-text tables.

Merging all of a table's segments (FTS5's 'optimize') drops deleted entries, but puts the result two
levels further up each time, and a table of more than 2,000 levels (FTS5_MAX_SEGMENT, SQLite 3.40)
is taken for corrupt. So now and then the tables are filled anew instead, from what is stored of
each episode, which begins at the lowest level again.
"""

import sqlite3
from typing import Final

from search.adapters.sqlite.scan import EpisodeTokens
from search.domain.phonetics import PhonePassage, coarse, unpacked

PURGES_TO_REFILL: Final = 256
_AT_ONCE: Final = 100


def purge(connection: sqlite3.Connection) -> None:
    """Delete the terms that nobody says any more, from postings and trigrams too."""
    connection.execute("delete from term where frequency <= 0")
    connection.execute(
        "delete from variants where kind <> 'join' and term not in (select term from term)"
    )
    connection.execute("update state set purges = purges + 1")
    (purges,) = connection.execute("select purges from state").fetchone()
    if purges % PURGES_TO_REFILL == 0:
        _refill_postings(connection)
        _refill_trigrams(connection)
    else:
        connection.execute("insert into postings (postings) values ('optimize')")
        connection.execute("insert into phone_trigram (phone_trigram) values ('optimize')")


def _refill_postings(connection: sqlite3.Connection) -> None:
    connection.execute("insert into postings (postings) values ('delete-all')")
    spelled = dict(connection.execute("select id, term from term"))
    stored = connection.execute("select id, terms, counts, breaks, repeats, places from tokens")
    connection.executemany(
        "insert into postings (rowid, tokens) values (?, ?)",
        (
            (row, " ".join(map(spelled.__getitem__, EpisodeTokens.read(*kept).in_order().tolist())))
            for row, *kept in stored
        ),
    )


def _refill_trigrams(connection: sqlite3.Connection) -> None:
    connection.execute("insert into phone_trigram (phone_trigram) values ('delete-all')")
    stored = connection.execute("select id, phones from phone_passage")
    while passages := stored.fetchmany(_AT_ONCE):
        phones = unpacked([kept for _, kept in passages])
        connection.executemany(
            "insert into phone_trigram (rowid, classes) values (?, ?)",
            [
                (passage, coarse(PhonePassage(each, b"").own))
                for (passage, _), each in zip(passages, phones, strict=True)
            ],
        )
