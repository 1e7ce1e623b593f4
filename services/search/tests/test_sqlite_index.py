"""What is the embedded index's own: its file, its versions, several processes."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from everyword_events import Misconfigured
from search.adapters.pronunciations import pronouncer
from search.adapters.sqlite.index import SqliteWordIndex
from search.domain.reply import SearchReply
from search.service import SearchService
from search.testing import PATIENT
from search.testing.corpus import document, info
from support.waiting import PATIENCE_S


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "index.db"


def test_an_index_of_a_newer_version_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(Misconfigured, match="newer Everyword") as refused:
        SqliteWordIndex(path)
    assert "event log" in refused.value.hint


def test_an_index_of_an_older_format_is_made_anew_and_says_so(path: Path) -> None:
    index = SqliteWordIndex(path)
    index.put(document("old", "kept bees"))
    index.mark_complete()
    index.close()
    to_format_2(path)
    index = SqliteWordIndex(path)
    assert (index.is_complete, lengths(index)) == (False, {})
    index.put(replace(document("old", "kept bees"), audio_ms=9_000))
    assert lengths(index) == {"old": 9.0}
    index.close()


def test_a_lost_index_is_incomplete_until_it_was_made_again(path: Path) -> None:
    index = SqliteWordIndex(path)
    assert not index.is_complete
    index.mark_complete()
    index.close()
    index = SqliteWordIndex(path)
    assert index.is_complete
    index.close()
    path.unlink()
    index = SqliteWordIndex(path)
    assert not index.is_complete
    index.close()


def test_opened_several_times_at_once_it_is_made_anew_once(path: Path) -> None:
    for _ in range(5):
        index = SqliteWordIndex(path)
        index.put(document("old", "kept bees"))
        index.close()
        to_format_2(path)
        together = Barrier(4, timeout=PATIENCE_S)
        opened: list[SqliteWordIndex] = []

        def opens() -> None:
            together.wait()  # noqa: B023
            opened.append(SqliteWordIndex(path))  # noqa: B023

        threads = [Thread(target=opens) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        opened[0].put(document("new", "kept bees"))
        assert [lengths(one) for one in opened] == [{"new": 0.903}] * 4
        for one in opened:
            one.close()


def to_format_2(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create virtual table sound_passage using fts5 (sounds)")
        connection.execute("create table sound_stream (id integer primary key, owners blob)")
        connection.execute("pragma user_version = 2")
    connection.close()


def lengths(index: SqliteWordIndex, query: str = "bees") -> dict[str, float]:
    blobs: Any = None
    service = SearchService(index, index.vocabulary, blobs, lambda _: PATIENT)
    found: SearchReply = service.search(query)
    return {group["episode_id"]: group["duration_s"] for group in found["results"]}


def test_a_file_that_is_no_index_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(Misconfigured, match="is damaged"):
        SqliteWordIndex(path)


def test_a_folder_that_is_not_there_is_refused(path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot write"):
        SqliteWordIndex(path.parent / "nowhere" / "index.db")


def test_a_removed_episode_leaves_no_word_in_any_file(path: Path) -> None:
    index = SqliteWordIndex(path, pronouncer=pronouncer)
    for number in range(30):
        index.put(document(f"other-{number}", f"Bo: kept bees and water number{number} " * 20))
    about = info("Zwiebelkuchen", show="Quittenbrot")
    secret = "Xaverius: the unmistakable kurz-hals and water-melons at Llanfairpwll, Žluťoučký"
    index.put(document("secret", secret, about=about))
    index.put(document("secret", secret + " reprocessed", about=about, run="2"))
    assert set(lengths(index, "kurzhals")) == {"secret"}
    words = b"unmistakable kurz kurzhals melons llanfairpwll xaverius zwiebelkuchen quittenbrot"
    assert found_in(path.parent, words) != set()
    index.remove("secret")
    assert found_in(path.parent, words + b" reprocessed zlutoucky") == set()
    assert lengths(index, "kurzhals") == lengths(index, "melons") == {}
    assert len(lengths(index, "water")) == 10
    index.put(document("again", "kurz-hals and žluťoučký"))
    assert set(lengths(index, "kurzhals")) == set(lengths(index, "zlutoucky")) == {"again"}
    index.close()
    assert found_in(path.parent, words.replace(b"kurzhals", b"").replace(b"kurz", b"")) == set()


def found_in(folder: Path, words: bytes) -> set[bytes]:
    stored = b"".join(file.read_bytes().lower() for file in folder.iterdir())
    return {word for word in words.split() if word in stored}
