"""Measure search: index time and size an hour of speech, and p50/p95 of every kind of query.

    python benchmarks/word_search.py [--hours 200] [--keep FILE] [--sounds] [--indexing]
    python benchmarks/word_search.py --opensearch [--hours 40]

Speech is generated: a Zipf vocabulary of 160,000 syllabic words with topics, about 9,700 words
an hour, one hour an episode. A whole operation is `SearchService.search`: the first page of ten
episodes with every moment's word times and snippet. Beside it stands the engine's own query for
the same words on the same index, and how many times as long a whole operation takes: FTS5's MATCH,
which gives row ids and nothing else, or to OpenSearch one request by a bare HTTP client, which
gives the passages as an answer needs them, parsed.
"""

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import numpy as np
import urllib3

from search.adapters.opensearch.client import OpenSearchClient, driver_for
from search.adapters.opensearch.index import OpenSearchWordIndex
from search.adapters.opensearch.match import passage_query
from search.adapters.pronunciations import pronouncer
from search.adapters.sqlite.index import SqliteWordIndex
from search.adapters.sqlite.match import match_expression
from search.config import SearchSettings
from search.domain.document import EpisodeDocument
from search.domain.expansion import Expansion, Tier, Vocabulary
from search.domain.matching import QueryPlan
from search.domain.query import Filters, parse_query
from search.ports import WordIndex
from search.service import SearchService
from search.testing.opensearch_node import opensearch_node
from search.testing.speech import WORDS_AN_HOUR, Speech, queries, speech

MOST_PASSAGES = 500


@dataclass(frozen=True)
class Measured:
    """An engine, its own query without anything around it, and how to weigh the index."""

    index: WordIndex
    vocabulary: Vocabulary
    raw: Callable[[QueryPlan], object]
    size: Callable[[], int]

    @property
    def service(self) -> SearchService:
        """The whole operation."""
        blobs: Any = None
        settings = SearchSettings()
        return SearchService(self.index, self.vocabulary, blobs, lambda _: settings)

    def plan(self, query: str) -> QueryPlan:
        """Return what a query asks the engine for."""
        (plan,) = Expansion(parse_query(query), self.vocabulary).plans(Tier.EXACT, ())
        return plan


def embedded(path: Path, *, sounds: bool) -> Measured:
    """Measure SQLite, keeping what English episodes sound like as well if `sounds`."""
    index = SqliteWordIndex(path, pronouncer=pronouncer if sounds else None)
    connection = sqlite3.connect(path)

    def raw(plan: QueryPlan) -> object:
        match = "select rowid from postings where postings match ?"
        return connection.execute(match, (match_expression(plan),)).fetchall()

    def size() -> int:
        connection.execute("pragma wal_checkpoint(truncate)")
        return path.stat().st_size

    return Measured(index, index.vocabulary, raw, size)


def opensearch(url: str, *, sounds: bool) -> Measured:
    """Measure OpenSearch, keeping sounds as well if `sounds`."""
    driver = driver_for(url)
    client = OpenSearchClient(driver)
    prefix = f"bench-{uuid4().hex[:8]}"
    index = OpenSearchWordIndex(
        client,
        prefix=prefix,
        most_passages=MOST_PASSAGES,
        pronouncer=pronouncer if sounds else None,
    )

    bare = urllib3.connection_from_url(url)

    def raw(plan: QueryPlan) -> object:
        asked = {
            "size": MOST_PASSAGES,
            "query": passage_query(plan, Filters(), None),
            "sort": ["_doc"],
            "track_total_hits": MOST_PASSAGES + 1,
        }
        reply = bare.urlopen(
            "POST",
            f"/{prefix}-passages/_search",
            body=json.dumps(asked),
            headers={"Content-Type": "application/json"},
        )
        assert reply.status == HTTPStatus.OK
        return msgspec.json.decode(reply.data)

    def size() -> int:
        driver.indices.forcemerge(index=f"{prefix}-*", max_num_segments=1)
        stats = driver.indices.stats(index=f"{prefix}-*")
        return int(stats["_all"]["primaries"]["store"]["size_in_bytes"])

    return Measured(index, index.vocabulary, raw, size)


def timed(items: Sequence[str], *works: Callable[[str], object]) -> list[tuple[float, float]]:
    """Return p50 and p95 in milliseconds of each work over the items.

    Each item is done by one after the other, three times; the best of three counts.
    """
    best = [[min(times) for times in zip(*_rounds(item, works), strict=True)] for item in items]
    return [
        (statistics.median(taken), float(np.percentile(taken, 95)))
        for taken in zip(*best, strict=True)
    ]


def _rounds(item: str, works: Sequence[Callable[[str], object]]) -> Iterator[list[float]]:
    for _ in range(3):
        yield [_once(work, item) for work in works]


def _once(work: Callable[[str], object], item: str) -> float:
    start = time.perf_counter()
    work(item)
    return (time.perf_counter() - start) * 1000


def _put(measured: Measured, document: EpisodeDocument) -> tuple[float, float]:
    """Index an episode; return the milliseconds of the clock and of this process's CPU."""
    cpu = time.process_time()
    clock = _once(lambda _: measured.index.put(document), "")
    return clock, (time.process_time() - cpu) * 1000


def build(measured: Measured, archive: Speech) -> None:
    """Index everything, then replace some; print times and size."""
    hours = sum(map(len, archive.episodes)) / WORDS_AN_HOUR
    taken = [_put(measured, archive.document(at)) for at in range(len(archive.episodes))]
    size = measured.size()
    replaced = []
    for number in range(0, len(archive.episodes), max(1, len(archive.episodes) // 40)):
        document = archive.document(number, run=2)
        document = replace(document, words=document.words[1:] + document.words[:1])
        replaced.append(_put(measured, document))
    print(f"{'milliseconds':24} {'p50':>8} {'p95':>8}   {'CPU p50':>8} {'CPU p95':>8}")
    for name, times in (("index an hour", taken), ("replace an hour", replaced)):
        (clock, cpu), (most, most_cpu) = np.median(times, axis=0), np.percentile(times, 95, axis=0)
        print(f"{name:24} {clock:8.1f} {most:8.1f}   {cpu:8.1f} {most_cpu:8.1f}")
    print(f"{'index size an hour':24} {size / hours / 1000:8.0f} KB")


def measure(measured: Measured, archive: Speech) -> Iterator[str]:
    """Time every kind of query, whole and raw."""
    search = measured.service.search
    for asked in queries(archive).values():
        for query in asked[:20]:
            search(query)  # warms caches, and the engine's compiler
    for kind, asked in queries(archive).items():
        if kind == "typing error":
            (whole,) = timed(asked, search)
            yield f"{kind:24} {whole[0]:8.2f} {whole[1]:8.2f}"
            continue
        plans = {query: measured.plan(query) for query in asked}
        whole, bare = timed(asked, search, lambda query, p=plans: measured.raw(p[query]))
        times = f"{kind:24} {whole[0]:8.2f} {whole[1]:8.2f}   {bare[0]:8.2f} {bare[1]:8.2f}"
        yield f"{times} {whole[0] / bare[0]:8.2f}"


def at_once(measured: Measured, archive: Speech) -> Iterator[str]:
    """Time searches by several people at a time."""
    asked = [query for kind in queries(archive).values() for query in kind[:20]]
    for people in (1, 8, 32):
        with ThreadPoolExecutor(people) as pool:
            start = time.perf_counter()
            taken = list(pool.map(lambda q: _once(measured.service.search, q), asked))
            rate = len(asked) / (time.perf_counter() - start)
        yield (
            f"{people:3} at once {'':14} {np.median(taken):8.2f} {np.percentile(taken, 95):8.2f}"
            f"   {rate:8.0f} searches a second"
        )


def report(
    measured: Measured, archive: Speech, *, name: str, built: bool, searched: bool = True
) -> None:
    """Print everything; without `searched` what indexing takes alone."""
    print(f"search, {name}: {len(archive.episodes)} h, {sum(map(len, archive.episodes)):,} words")
    if not built:
        build(measured, archive)
    if not searched:
        return
    print(f"{'milliseconds':24} {'p50':>8} {'p95':>8}   {'raw p50':>8} {'raw p95':>8} {'/ raw':>8}")
    for line in (*measure(measured, archive), *at_once(measured, archive)):
        print(line, flush=True)


def main() -> int:
    """Run."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--hours", type=int)
    arguments.add_argument("--keep", type=Path, help="build here, or use what was built here")
    arguments.add_argument("--opensearch", action="store_true", help="on a real node")
    arguments.add_argument("--sounds", action="store_true", help="keep sounds too, as by default")
    arguments.add_argument("--indexing", action="store_true", help="search nothing")
    options = arguments.parse_args()
    beside = ", with sounds" if options.sounds else ""
    if options.opensearch:
        with opensearch_node() as url:
            archive = speech(options.hours or 40)
            measured = opensearch(url, sounds=options.sounds)
            report(measured, archive, name=f"OpenSearch{beside}", built=False)
        return 0
    archive = speech(options.hours or 200)
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "index.db"
        built = path.exists()
        measured = embedded(path, sounds=options.sounds)
        name, searched = f"embedded{beside}", not options.indexing
        report(measured, archive, name=name, built=built, searched=searched)
    return 0


if __name__ == "__main__":
    sys.exit(main())
