"""Searches in processes of their own: the same replies and errors, and a death costs nothing."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from everyword_events import InvalidInput
from everyword_local.search_processes import SearchProcesses
from everyword_local.settings import SettingsFile
from search.adapters.sqlite.index import SqliteWordIndex
from search.testing.corpus import document


@pytest.fixture(name="processes")
def _processes(tmp_path: Path) -> Iterator[SearchProcesses]:
    index = SqliteWordIndex(tmp_path / "words.sqlite")
    index.put(document("a", "Ada: bees hum and bees sting"))
    index.mark_complete()
    settings = tmp_path / "everyword.toml"
    settings.write_text("[search]\ntime_budget_s = 60\n")  # a process starts within it
    with SearchProcesses(1, tmp_path / "words.sqlite", SettingsFile(settings)) as processes:
        yield processes
        index.put(document("b", "bees again"))
        assert json.loads(processes.search(q="bees"))["episodes"] == 2, "what came since is found"
    index.close()
    assert not workers()


def workers() -> list[psutil.Process]:
    """Return the processes that search."""
    return [each for each in psutil.Process().children() if is_spawned(each)]


def is_spawned(process: psutil.Process) -> bool:
    """Whether multiprocessing spawned it and it lives: another test's child may just be ending."""
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # a zombie, too
        return False


def test_replies_and_errors_are_those_of_the_service(processes: SearchProcesses) -> None:
    assert json.loads(processes.search(q="bees"))["hits"] == 2
    with pytest.raises(InvalidInput) as refused:
        processes.search(q="bees", limit=0)
    assert (refused.value.code, refused.value.hint) == ("query_invalid", "give 1 to 1000")


@pytest.mark.slow
def test_a_process_that_dies_is_replaced(processes: SearchProcesses) -> None:
    processes.search(q="bees")
    for worker in workers():
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert json.loads(processes.search(q="bees"))["hits"] == 2
