"""Measure search: index time and size an hour of speech, and p50/p95 of every kind of query.

    python benchmarks/word_search.py [--hours 200] [--keep FILE]

Speech is generated: a Zipf vocabulary of 160,000 syllabic words with topics, about 9,700 words
an hour, one hour an episode. A whole operation is `SearchService.search`: the first page of ten
episodes with every moment's word times and snippet. Beside it stands the raw FTS5 MATCH of the
same query on the same file, which gives row ids and nothing else.
"""

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from everyword_events import EpisodeInfo
from search.adapters.sqlite_index import SqliteWordIndex
from search.adapters.sqlite_match import match_expression
from search.config import SearchSettings
from search.domain.document import EpisodeDocument, Turn
from search.domain.expansion import Expansion, Tier
from search.domain.query import parse_query
from search.service import SearchService
from search.testing.corpus import STATED

WORDS_AN_HOUR = 9_700
TYPES = 160_000
QUERIES = 60


@dataclass(frozen=True)
class Speech:
    """Generated episodes as word numbers, and the words."""

    words: Sequence[str]
    episodes: Sequence[np.ndarray]
    counts: np.ndarray

    def document(self, number: int, run: int = 1) -> EpisodeDocument:
        """Return one episode with times, two speakers and some punctuation."""
        draw = np.random.default_rng(number)
        said = [self.words[w] for w in self.episodes[number]]
        for at in range(0, len(said), 12):
            said[at] = said[at].capitalize()
            said[at - 1] += "."
        lengths = draw.integers(80, 600, len(said))
        ends = np.cumsum(lengths + draw.integers(0, 150, len(said)))
        turns = range(0, len(said), 60)
        return EpisodeDocument(
            episode_id=f"episode-{number:06}",
            revision=f"{run:04}",
            info=EpisodeInfo(show="Show", title=f"Episode {number}", as_of=STATED),
            language="en",
            words=tuple(said),
            starts_ms=tuple((ends - lengths).tolist()),
            ends_ms=tuple(ends.tolist()),
            turns=tuple(Turn(at, f"Speaker {at // 60 % 2}") for at in turns),
        )


def speech(hours: int, seed: int = 7) -> Speech:
    """Draw `hours` episodes."""
    draw = np.random.default_rng(seed)
    words = _words(random.Random(seed))
    rank = np.arange(TYPES) + 1.0
    weight = 1 / (rank + 2.7) ** 1.06
    weight[700:] *= (700 / rank[700:]) ** 0.5
    weight[8_000:] *= (8_000 / rank[8_000:]) ** 0.35
    cumulated = np.cumsum(weight) / weight.sum()
    episodes = []
    for length in draw.normal(WORDS_AN_HOUR, 1_500, hours).clip(3_000, 16_000).astype(int):
        said = np.searchsorted(cumulated, draw.random(length)).clip(0, TYPES - 1)
        topic = np.exp(draw.uniform(np.log(150), np.log(TYPES), 90)).astype(int).clip(0, TYPES - 1)
        on_topic = draw.random(length) < 0.13
        said[on_topic] = draw.choice(topic, on_topic.sum())
        episodes.append(said.astype(np.int32))
    return Speech(words, episodes, np.bincount(np.concatenate(episodes), minlength=TYPES))


def _words(draw: random.Random) -> list[str]:
    onsets = _parts(". b c d f g h j l m n p r s t w st tr ch sh th br pl k v qu sp fr gr cl")
    nuclei = _parts("a e i o u ea ou ai io y ee")
    codas = _parts(". . . n s t r l m d ng nt ck st rs ly nd")
    seen: dict[str, None] = {}
    while len(seen) < TYPES:
        rank = len(seen)
        syllables = 1 if rank < 120 else draw.randint(1, 2) if rank < 3_000 else draw.randint(2, 4)
        word = "".join(
            draw.choice(onsets) + draw.choice(nuclei) + (draw.choice(codas) if last else "")
            for last in [False] * (syllables - 1) + [True]
        )
        if len(word) > 1 or rank < 40:
            seen.setdefault(word)
    return list(seen)


def _parts(listed: str) -> list[str]:
    return ["" if part == "." else part for part in listed.split()]


def queries(archive: Speech, seed: int = 3) -> dict[str, list[str]]:
    """Draw queries of each kind from what is said."""
    draw = random.Random(seed)
    counts, words = archive.counts, archive.words
    order = np.argsort(-counts)
    share = len(archive.episodes) / 2_000

    def phrase(length: int) -> str:
        said = archive.episodes[draw.randrange(len(archive.episodes))]
        at = draw.randrange(len(said) - length)
        return '"' + " ".join(words[w] for w in said[at : at + length]) + '"'

    def between(low: float, high: float) -> list[str]:
        return [words[w] for w in np.flatnonzero((counts >= low) & (counts <= high))]

    def pick(choices: Sequence[str]) -> list[str]:
        return draw.sample(choices, min(QUERIES, len(choices)))

    frequent = [words[w] for w in order[:60]]
    typed = [word for word in (words[w] for w in order[500:30_000]) if len(word) >= 6]
    return {
        "rare word": pick(between(5, 20)),
        "middling word": pick(between(2_000 * share, 6_000 * share)),
        "common word": frequent,
        "phrase of 2": [phrase(2) for _ in range(QUERIES)],
        "phrase of 5": [phrase(5) for _ in range(QUERIES)],
        "phrase of 2 common": [
            f'"{draw.choice(frequent[:40])} {draw.choice(frequent[:40])}"' for _ in range(QUERIES)
        ],
        "two words": [f"{draw.choice(frequent)} {word}" for word in pick(typed)],
        "prefix of 3": [w[:3] + "*" for w in pick([words[w] for w in order[:5_000]]) if len(w) > 3],
        "typing error": [_mistyped(word, draw) for word in pick(typed)],
    }


def _mistyped(word: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(word) - 1)
    letter = draw.choice("abcdefghijklmnopqrstuvwxyz")
    return draw.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )


def timed(work: Callable[[str], object], items: Sequence[str]) -> tuple[float, float]:
    """Return p50 and p95 in milliseconds over the items; of three runs of each, the best counts."""
    work(items[0])
    taken = [min(_once(work, item) for _ in range(3)) for item in items]
    return statistics.median(taken), float(np.percentile(taken, 95))


def _once(work: Callable[[str], object], item: str) -> float:
    start = time.perf_counter()
    work(item)
    return (time.perf_counter() - start) * 1000


def build(index: SqliteWordIndex, archive: Speech, path: Path) -> None:
    """Index everything, then replace some; print times and size."""
    taken = []
    for number in range(len(archive.episodes)):
        document = archive.document(number)
        start = time.perf_counter()
        index.put(document)
        taken.append((time.perf_counter() - start) * 1000)
    replaced = []
    for number in range(0, len(archive.episodes), max(1, len(archive.episodes) // 40)):
        document = archive.document(number, run=2)
        document = replace(document, words=document.words[1:] + document.words[:1])
        start = time.perf_counter()
        index.put(document)
        replaced.append((time.perf_counter() - start) * 1000)
    hours = sum(map(len, archive.episodes)) / WORDS_AN_HOUR
    with sqlite3.connect(path) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    size = path.stat().st_size
    _row("index an hour", np.median(taken), np.percentile(taken, 95), "ms")
    _row("replace an hour", np.median(replaced), np.percentile(replaced, 95), "ms")
    print(f"{'index size an hour':24} {size / hours / 1000:8.0f} KB")


def measure(index: SqliteWordIndex, path: Path, archive: Speech) -> Iterator[str]:
    """Time every kind of query, whole and raw."""
    none: object = None
    service = SearchService(index, index.vocabulary, none, lambda _: SearchSettings())  # type: ignore[arg-type]
    raw = sqlite_raw(path, index)
    for kind, asked in queries(archive).items():
        whole = timed(service.search, asked)
        if kind == "typing error":
            yield f"{kind:24} {whole[0]:8.2f} {whole[1]:8.2f}"
            continue
        bare = timed(raw, asked)
        yield f"{kind:24} {whole[0]:8.2f} {whole[1]:8.2f}   {bare[0]:8.2f} {bare[1]:8.2f}"


def sqlite_raw(path: Path, index: SqliteWordIndex) -> Callable[[str], object]:
    """Return the raw engine's query: row ids of the matching episodes."""
    connection = sqlite3.connect(path)

    def run(query: str) -> object:
        (plan,) = Expansion(parse_query(query), index.vocabulary).plans(Tier.EXACT, ())
        expression = match_expression(plan)
        return connection.execute(
            "select rowid from postings where postings match ?", (expression,)
        ).fetchall()

    return run


def _row(name: str, median: float, p95: float, unit: str) -> None:
    print(f"{name:24} {median:8.2f} {p95:8.2f} {unit}")


def main() -> int:
    """Run."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--hours", type=int, default=200)
    arguments.add_argument("--keep", type=Path, help="build here, or use what was built here")
    options = arguments.parse_args()
    archive = speech(options.hours)
    print(f"search, embedded: {options.hours} h, {sum(map(len, archive.episodes)):,} words")
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "index.db"
        built = path.exists()
        index = SqliteWordIndex(path)
        print(f"{'':24} {'p50':>8} {'p95':>8}")
        if not built:
            build(index, archive, path)
        print(f"{'milliseconds':24} {'p50':>8} {'p95':>8}   {'raw p50':>8} {'raw p95':>8}")
        for line in measure(index, path, archive):
            print(line, flush=True)
        index.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
