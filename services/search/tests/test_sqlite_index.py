"""What is the embedded index's own: its file, its versions, several processes."""

import sqlite3
from pathlib import Path

import pytest

from everyword_events import Misconfigured
from search.adapters.sqlite_index import SqliteWordIndex


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


def test_a_file_that_is_no_index_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(Misconfigured, match="cannot be read"):
        SqliteWordIndex(path)


def test_a_folder_that_is_not_there_is_refused(path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be opened"):
        SqliteWordIndex(path.parent / "nowhere" / "index.db")
