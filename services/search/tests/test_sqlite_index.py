"""What is the embedded index's own: its file, its versions, several processes."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from everyword_events import Misconfigured
from search.adapters.sqlite.index import SqliteWordIndex
from search.config import SearchSettings
from search.domain.reply import SearchReply
from search.service import SearchService
from search.testing.corpus import document


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "index.db"


def test_an_index_of_a_newer_version_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(Misconfigured, match="newer version") as refused:
        SqliteWordIndex(path)
    assert "replay" in refused.value.hint


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
        together = Barrier(4)
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


def lengths(index: SqliteWordIndex) -> dict[str, float]:
    blobs: Any = None
    service = SearchService(index, index.vocabulary, blobs, lambda _: SearchSettings())
    found: SearchReply = service.search("bees")
    return {group["episode_id"]: group["duration_s"] for group in found["results"]}


def test_a_file_that_is_no_index_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(Misconfigured, match="cannot be read"):
        SqliteWordIndex(path)


def test_a_folder_that_is_not_there_is_refused(path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be opened"):
        SqliteWordIndex(path.parent / "nowhere" / "index.db")
