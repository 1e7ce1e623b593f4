"""Measure searches a second with 1, 8 and 32 clients: with the gate and without, in processes.

    python benchmarks/many_searches.py [--hours 200] [--seconds 3] [--processes 2]

The clients ask the same queries, each after the answer to the one before, and get JSON. `none`,
`gate 1` and `gate 2` search in this process, `processes` in several over the same index, as
`[server] search_processes` does. The yardstick is one client's rate in this process: 32 must reach
.95 of it, and their p95 1.5 x 32 / rate; two processes on two idle cores 1.6 of gate 1's 32.
"""

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil
from pydantic_core import to_json

from everyword_local.search_processes import SearchProcesses
from everyword_local.settings import SettingsFile
from search.adapters.pronunciations import pronouncer
from search.adapters.sqlite.index import SqliteWordIndex
from search.config import SearchSettings
from search.fifo_gate import FifoGate
from search.service import SearchService
from search.testing.speech import queries, speech

Search = Callable[[str], bytes]
PATIENCE_S: Final = 60.0
"""So long a search may take here: on a machine where others compute, 32 wait longer than people."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "words.sqlite"
        index = SqliteWordIndex(file, pronouncer=pronouncer)
        archive = speech(options.hours)
        for number in range(options.hours):
            index.put(archive.document(number))
        index.mark_complete()
        asked = [query for some in queries(archive, 20).values() for query in some]
        print(f"{options.hours} hours with phones, {os.cpu_count()} cores")
        print(
            f"{'':12} {'clients':>7} {'a second':>9} {'of one':>7} {'CPU ms':>7}"
            f" {'p95 ms':>8} {'bound':>8}"
        )
        first = 0.0
        for name, way in ways(index, file, options.processes):
            with way as search:
                for query in asked:
                    search(query)  # warms caches, and starts processes
                for clients in (1, 8, 32):
                    rate, cpu_s, p95_s = measure(search, asked, clients, options.seconds)
                    first = first or rate
                    bound = 1.5 * clients / rate
                    print(f"{name:12} {clients:7} {rate:9.1f} {rate / first:7.2f}"
                          f" {1000 * cpu_s:7.2f} {1000 * p95_s:8.1f} {1000 * bound:8.1f}",
                          flush=True)  # fmt: skip
        index.close()
    return 0


def ways(index: SqliteWordIndex, file: Path, processes: int) -> Iterator[tuple[str, Any]]:
    """Yield what searches, by name."""
    for name, gate in (("none", None), ("gate 1", FifoGate(1)), ("gate 2", FifoGate(2))):
        yield name, in_process(index, gate)
    yield f"{processes} processes", in_processes(file, processes)


@contextmanager
def in_process(index: SqliteWordIndex, gate: FifoGate | None) -> Iterator[Search]:
    """Search in this process."""
    blobs: Any = None
    settings = SearchSettings(time_budget_s=PATIENCE_S)
    service = SearchService(index, index.vocabulary, blobs, lambda _: settings, None, gate)
    yield lambda query: to_json(service.search(query))


@contextmanager
def in_processes(file: Path, count: int) -> Iterator[Search]:
    """Search in several processes."""
    settings = file.with_name("everyword.toml")
    settings.write_text(f"[search]\ntime_budget_s = {PATIENCE_S}\n")
    with SearchProcesses(count, file, SettingsFile(settings)) as processes:
        yield lambda query: processes.search(q=query)


def cpu_s() -> float:
    """Return the CPU seconds of this process and its children."""
    process = psutil.Process()
    every = [process, *process.children(recursive=True)]
    return sum(sum(each.cpu_times()[:2]) for each in every)


def measure(
    search: Search, asked: Sequence[str], clients: int, seconds: float
) -> tuple[float, float, float]:
    """Return the searches a second, the CPU seconds of each, and the p95 of its seconds."""
    took: list[float] = []
    ends = time.monotonic() + seconds

    def client(number: int) -> None:
        for query in itertools.islice(itertools.cycle(asked), 7 * number, None):
            began = time.monotonic()
            if began > ends:
                return
            search(query)
            took.append(time.monotonic() - began)

    began, cpu_began = time.monotonic(), cpu_s()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = len(took) / (time.monotonic() - began)
    return rate, (cpu_s() - cpu_began) / len(took), statistics.quantiles(took, n=20)[-1]


if __name__ == "__main__":
    sys.exit(main())
