"""Measure whole searches beside tantivy's, in CPU milliseconds and as a ratio, in one run.

    python benchmarks/against_tantivy.py [--hours 200] [--rounds 5]

tantivy holds a document an episode, with its text and start times stored; its operation is the
query, how many episodes match, and up to a hundred moments with their times in the first ten.
Ours is `SearchService.search`: exact counts over all episodes, ordered and grouped by episode,
up to a hundred moments with times, speaker and words around them, phrases across any border, and
spelling variants looked up. Each query is done by one after the other, `--rounds` times; the
median of each kind's queries counts, each at its best.
"""

import argparse
import re
import statistics
import tempfile
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import tantivy

from search.adapters.sqlite.index import SqliteWordIndex
from search.config import SearchSettings
from search.domain.tokens import tokens_of
from search.service import SearchService
from search.testing.speech import Speech, queries, speech

KINDS: Final = ("common word", "rare word", "prefix of 3", "phrase of 2", "two words")
EPISODES: Final = 10
MOST: Final = 100
GOAL: Final = 2.0


class TantivyArchive:
    """One document an episode, in memory-mapped files."""

    def __init__(self, folder: Path, archive: Speech) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", stored=True, tokenizer_name="whitespace")
        builder.add_text_field("episode", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_bytes_field("starts", stored=True)
        folder.mkdir()
        self._index = tantivy.Index(builder.build(), path=str(folder))
        writer = self._index.writer(heap_size=128_000_000, num_threads=1)
        for number in range(len(archive.episodes)):
            document = archive.document(number)
            text = " ".join("".join(tokens_of(word)) for word in document.words)
            starts = array("I", document.starts_ms).tobytes()
            writer.add_document(
                tantivy.Document(text=text, episode=document.episode_id, starts=starts)
            )
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, query: str) -> tuple[int, list[tuple[str, float]]]:
        """Return how many episodes match, and up to a hundred moments: the episode and the time."""
        words = query.strip('"').lower().split()
        found = self._searcher.search(self._parsed(query, words), EPISODES, count=True)
        wanted = _said(query, words)
        moments: list[tuple[str, float]] = []
        for _, address in found.hits:
            document = self._searcher.doc(address)
            episode, text = document.get_first("episode"), document.get_first("text")
            starts = array("I", bytes(document.get_first("starts")))
            word = last = 0
            for match in wanted.finditer(text):
                word += text.count(" ", last, match.start())
                last = match.start()
                moments.append((episode, starts[word] / 1000))
                if len(moments) == MOST:
                    return found.count, moments
        return found.count, moments

    def _parsed(self, query: str, words: list[str]) -> Any:
        schema = self._index.schema
        if query[-1] == "*":
            return tantivy.Query.regex_query(schema, "text", words[0][:-1] + ".*")
        terms = [tantivy.Query.term_query(schema, "text", word) for word in words]
        if query[0] == '"':
            return tantivy.Query.phrase_query(schema, "text", list(words))
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, term) for term in terms])


def _said(query: str, words: list[str]) -> re.Pattern[str]:
    """Return what finds the moments in a text of words with a space between them."""
    if query[-1] == "*":
        return re.compile(rf"(?<!\S){re.escape(words[0][:-1])}")
    if query[0] == '"':
        return re.compile(rf"(?<!\S){re.escape(' '.join(words))}(?!\S)")
    return re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, words))})(?!\S)")


def cpu_ms(work: Callable[[str], object], item: str) -> float:
    """Return the CPU milliseconds of one operation."""
    began = time.process_time_ns()
    work(item)
    return (time.process_time_ns() - began) / 1e6


def main() -> None:
    """Print a row for each kind of query."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    archive = speech(options.hours)
    with tempfile.TemporaryDirectory() as scratch:
        index = SqliteWordIndex(Path(scratch) / "words.sqlite")
        for number in range(len(archive.episodes)):
            index.put(archive.document(number))
        other = TantivyArchive(Path(scratch) / "tantivy", archive)
        blobs: Any = None
        service = SearchService(index, index.vocabulary, blobs, lambda _: SearchSettings())
        print(f"{options.hours} hours; CPU ms, median of the queries of a kind, each at its best")
        print(f"{'':14} {'everyword':>10} {'tantivy':>8} {'ratio':>6}   goal {GOAL:g}")
        for kind, asked in queries(archive).items():
            if kind not in KINDS:
                continue
            ours: list[float] = []
            theirs: list[float] = []
            for query in asked:
                pairs = [
                    (cpu_ms(service.search, query), cpu_ms(other.search, query))
                    for _ in range(options.rounds)
                ]
                ours.append(min(pair[0] for pair in pairs))
                theirs.append(min(pair[1] for pair in pairs))
            one, two = statistics.median(ours), statistics.median(theirs)
            print(f"{kind:14} {one:10.2f} {two:8.2f} {one / two:6.2f}", flush=True)
        index.close()


if __name__ == "__main__":
    main()
