"""Removing many episodes: full-text tables are filled anew before SQLite takes them for corrupt."""

import sqlite3
from pathlib import Path

import pytest

from everyword_events.sqlite.opener import is_damaged, problems_of
from search.adapters.pronunciations import pronouncer
from search.adapters.sqlite import purging
from search.adapters.sqlite.index import SqliteWordIndex
from search.testing.corpus import document

STRUCTURE = "select length(block) from postings_data where id = 10"
"""FTS5's record of its levels: two bytes each."""


LONG = " ".join(f"water-melons number{number % 7} kept bees" for number in range(200))
"""So many words that a table takes several pages: only such a one rises when it is merged."""


def remove_many(path: Path, count: int) -> SqliteWordIndex:
    index = SqliteWordIndex(path, pronouncer=pronouncer)
    for number in range(8):
        index.put(document(f"kept-{number}", f"Ada: {LONG} day{number}"))
    for number in range(count):
        index.put(document(f"e{number}", f"storms number{number} took the fog-horn"))
        index.remove(f"e{number}")
    return index


def stored(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return what the full-text tables hold."""
    with sqlite3.connect(path) as connection:
        found = {}
        for table, kind in (("postings", "instance"), ("phone_trigram", "row")):
            connection.execute(
                f"create virtual table temp.v_{table} using fts5vocab(main, {table}, {kind})"
            )
            found[table] = connection.execute(f"select * from temp.v_{table}").fetchall()
    connection.close()
    return found


def test_filled_anew_the_tables_hold_what_they_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_many(tmp_path / "merged", 7).close()
    monkeypatch.setattr(purging, "PURGES_TO_REFILL", 7)
    remove_many(tmp_path / "refilled", 7).close()
    held = stored(tmp_path / "refilled")
    assert all(held.values())
    assert held == stored(tmp_path / "merged")


@pytest.mark.parametrize(("every", "grows"), [(10, False), (1_000, True)])
def test_levels_grow_only_until_the_tables_are_filled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int, grows: bool
) -> None:
    monkeypatch.setattr(purging, "PURGES_TO_REFILL", every)
    path = tmp_path / "index"
    remove_many(path, 40).close()
    with sqlite3.connect(path) as connection:
        (length,) = connection.execute(STRUCTURE).fetchone()
    connection.close()
    assert (length > 100) == grows


@pytest.mark.slow
def test_after_1100_removals_it_is_sound_and_finds(tmp_path: Path) -> None:
    path = tmp_path / "index"
    index = remove_many(path, 1_100)
    index.put(document("new", "nobody slept"))
    index.close()
    assert not is_damaged(path)


def test_a_full_text_table_that_cannot_be_opened_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "index"
    remove_many(path, 0).close()
    assert (is_damaged(path), problems_of(path)) == (False, "")
    with sqlite3.connect(path) as connection:
        connection.execute("update postings_data set block = x'000000008F510100' where id = 10")
    connection.close()
    assert is_damaged(path)
    assert "postings" in problems_of(path)
