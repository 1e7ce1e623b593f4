"""kill -9 while episodes are indexed: nothing acknowledged is lost, none is ever half there."""

import random
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from chaos.index_child import EPISODES, times_said

from search.adapters.sqlite.index import SqliteWordIndex
from search.service import SearchService
from search.testing import PATIENT
from support.waiting import until

SEED = 20260304
CHILD = Path(__file__).with_name("index_child.py")


class Reader:
    """What somebody who searches sees, in another process than the one that writes."""

    def __init__(self, file: Path) -> None:
        self._index = SqliteWordIndex(file)
        blobs: Any = None
        self._service = SearchService(self._index, self._index.vocabulary, blobs, lambda _: PATIENT)

    def run_of(self, episode: str) -> int | None:
        """Return the run that is there, having checked that all of it is and nothing else."""
        page = self._service.search("run*", episode=episode)
        if page["hits"] == 0:
            return None
        (result,) = page["results"]
        runs = {
            int(re.sub(r"\D", "", word["text"]))
            for moment in result["moments"]
            for word in moment["snippet"]
            if word["match"]
        }
        (run,) = runs
        assert page["hits"] == times_said(run)
        assert self._service.search("word7", episode=episode)["hits"] == 2
        return run

    def close(self) -> None:
        self._index.close()


def acknowledged_in(notes: Path) -> dict[str, int]:
    """Return the last run of each episode whose put returned."""
    lines = (line.split() for line in notes.read_text().split("\n")[:-1])
    return {episode: int(run) for episode, run in lines}


@pytest.mark.parametrize("kills", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_a_killed_indexer_loses_and_halves_nothing(tmp_path: Path, kills: int) -> None:
    draw = random.Random(SEED)
    file, notes = tmp_path / "index.db", tmp_path / "notes"
    notes.touch()
    reader = Reader(file)
    for kill in range(1, kills + 1):
        command = [sys.executable, str(CHILD), str(file), str(notes), str(kill)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            begun = notes.stat().st_size
            until(lambda: notes.stat().st_size > begun or child.poll() is not None)  # noqa: B023
            if kill == 1:
                until(lambda: len(acknowledged_in(notes)) == len(EPISODES))
            ends = time.monotonic() + draw.uniform(0.0, 0.25)
            while time.monotonic() < ends:
                reader.run_of(draw.choice(EPISODES))
            assert child.poll() is None, "the indexer ended by itself"
            child.kill()
        acknowledged = acknowledged_in(notes)
        for episode, run in acknowledged.items():
            found = reader.run_of(episode)
            assert found is not None, f"{episode} was lost at kill {kill}"
            assert found >= run, f"run {run} of {episode} was lost at kill {kill}"
    reader.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        connection.execute("insert into postings (postings) values ('integrity-check')")
        said = dict(connection.execute("select term, frequency from term where term like 'run%'"))
    connection.close()
    assert sum(said.values()) == sum(
        times_said(int(re.sub(r"\D", "", term))) for term, count in said.items() if count
    )
