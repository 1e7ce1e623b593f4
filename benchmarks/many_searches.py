"""Measure searches a second with 1, 8 and 32 clients of one process, with the gate and without.

    python benchmarks/many_searches.py [--hours 200] [--seconds 5]

The clients ask the same queries, each after the answer to the one before. The yardstick is one
client's rate in the same run: 32 must reach .95 of it, and their p95 1.5 x 32 / rate.
"""

import argparse
import itertools
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from search.adapters.pronunciations import pronouncer
from search.adapters.sqlite.index import SqliteWordIndex
from search.config import SearchSettings
from search.fifo_gate import FifoGate
from search.service import SearchService
from search.testing.speech import queries, speech


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        index = SqliteWordIndex(Path(folder) / "words.sqlite", pronouncer=pronouncer)
        archive = speech(options.hours)
        for number in range(options.hours):
            index.put(archive.document(number))
        asked = [query for some in queries(archive, 20).values() for query in some]
        print(f"{options.hours} hours with phones")
        print(
            f"{'gate':6} {'clients':>7} {'a second':>9} {'of one':>7} {'CPU ms':>7}"
            f" {'p95 ms':>8} {'bound':>8}"
        )
        for name, gate in (("none", None), ("1", FifoGate(1)), ("2", FifoGate(2))):
            blobs: Any = None
            service = SearchService(
                index, index.vocabulary, blobs, lambda _: SearchSettings(), None, gate
            )
            alone = 0.0
            for clients in (1, 8, 32):
                rate, cpu_s, p95_s = measure(service, asked, clients, options.seconds)
                alone = alone or rate
                bound = 1.5 * clients / rate
                print(f"{name:6} {clients:7} {rate:9.1f} {rate / alone:7.2f} {1000 * cpu_s:7.2f}"
                      f" {1000 * p95_s:8.1f} {1000 * bound:8.1f}")  # fmt: skip
        index.close()
    return 0


def measure(
    service: SearchService, asked: Sequence[str], clients: int, seconds: float
) -> tuple[float, float, float]:
    """Return the searches a second, the CPU seconds of each, and the p95 of its seconds."""
    took: list[float] = []
    ends = time.monotonic() + seconds

    def client(number: int) -> None:
        for query in itertools.islice(itertools.cycle(asked), 7 * number, None):
            began = time.monotonic()
            if began > ends:
                return
            service.search(query)
            took.append(time.monotonic() - began)

    began, cpu_began = time.monotonic(), time.process_time()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = len(took) / (time.monotonic() - began)
    cpu_s = (time.process_time() - cpu_began) / len(took)
    return rate, cpu_s, statistics.quantiles(took, n=20)[-1]


if __name__ == "__main__":
    sys.exit(main())
