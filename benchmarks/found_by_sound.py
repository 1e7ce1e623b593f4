"""Measure how many words that were really said can be found, exactly, with typos, and by sound.

    python benchmarks/found_by_sound.py [--hours 200] [--cache DIR]

Every content word (five letters or more, no stop word) of texts whose spoken truth is known is
searched for in what PocketSphinx made of the recording. Recall: how many have their moment, inside
its sentence and within 1.5 s, among the first ten hits. Precision: how many of all hits shown are
such a moment of the word. The texts are the shipped samples, and sentences that flite speaks (left
out, and said so, where flite is missing); nothing was learnt from either. Recognised once, kept in
`--cache`. Then generated hours of English words are put around them, and the words that no
spelling found are asked for by sound again: what is left of them and what it takes.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from spoken.corpora import (
    CACHE,
    Corpus,
    Term,
    indexed,
    samples,
    sentences_of,
    spoken,
)
from spoken.generated import generated_hours

from search.config import SearchSettings
from search.domain.pages import SearchRequest
from search.domain.query import parse_query
from search.domain.tokens import tokens_of
from search.engines import SearchEngine
from search.service import SearchService

FIRST_HITS = 10

Hit = tuple[str, float]
Ask = Callable[[str], tuple[str, Sequence[Hit]]]
"""Returns the tier that answered and its first hits."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=200, help="the largest archive to try")
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args(arguments)
    options.cache.mkdir(parents=True, exist_ok=True)
    corpora = [samples(options.cache)]
    if shutil.which("flite"):
        corpora.append(spoken("mixed", sentences_of("mixed"), options.cache))
    else:
        print("flite is not installed: only the shipped samples are measured", file=sys.stderr)
    print(f"{'corpus':8} {'WER':>5} {'found by':22} {'recall':>12} {'names':>12} {'precision':>9}"
          f" {'added hits':>10}")  # fmt: skip
    for corpus in corpora:
        table(corpus)
    growth(corpora, options.hours)
    return 0


def table(corpus: Corpus) -> None:
    """Print what each way of searching finds."""
    names = [term for term in corpus.terms if term.is_name]
    without = [(name, replace(one, sounds=())) for name, one in corpus.heard]
    for way, heard, tiers in (
        ("exact words", without, ("exact",)),
        ("+ accents, stems, typos", without, ("exact", "folded", "stemmed", "fuzzy")),
        ("+ sound of the words", without, None),
        ("+ acoustic reading", corpus.heard, None),
    ):
        with tempfile.TemporaryDirectory() as folder:
            engine = indexed(heard, Path(folder))
            score = Score(corpus.terms, service(engine), tiers)
            of_names = Score(names, service(engine), tiers)
            engine.close()
        print(
            f"{corpus.name:8} {corpus.wer:5.2f} {way:22} {score.recall():>12}"
            f" {of_names.recall():>12} {score.precision():9.2f} {score.added():>10}"
        )


class Score:
    """Counts hits. `tiers` are those that may answer; None is all."""

    def __init__(self, terms: Sequence[Term], ask: Ask, tiers: Sequence[str] | None) -> None:
        self.terms = len(terms)
        self.found = self.hits = self.right = self.added_hits = self.added_right = 0
        for term in terms:
            tier, hits = ask(term.word)
            if tiers is not None and tier not in tiers:
                continue
            same = [other for other in terms if other.word == term.word]
            right = sum(any(other.is_at(*hit) for other in same) for hit in hits)
            self.found += any(term.is_at(*hit) for hit in hits)
            self.hits += len(hits)
            self.right += right
            if tier == "sounds_like":
                self.added_hits += len(hits)
                self.added_right += right

    def recall(self) -> str:
        """Return the share of terms found."""
        return f"{self.found / max(1, self.terms):.2f} of {self.terms}"

    def precision(self) -> float:
        """Return the share of hits that are right."""
        return self.right / max(1, self.hits)

    def added(self) -> str:
        """Return how many of the hits by sound are right."""
        return f"{self.added_right}/{self.added_hits}" if self.added_hits else "-"


def service(engine: SearchEngine) -> Ask:
    """Return how a person would ask: the first page."""
    blobs: Any = None
    search = SearchService(
        engine.index, engine.vocabulary, blobs, lambda _: SearchSettings(), engine.phonetics
    )

    def ask(word: str) -> tuple[str, Sequence[Hit]]:
        reply = search.search(word)
        hits = [(g["episode_id"], m["start"]) for g in reply["results"] for m in g["moments"]]
        return reply["matched"], hits[:FIRST_HITS]

    return ask


def growth(corpora: Sequence[Corpus], hours: int) -> None:
    """Print how the words that no spelling finds fare by sound as the archive grows."""
    heard = [one for corpus in corpora for one in corpus.heard]
    terms = [term for corpus in corpora for term in corpus.terms]
    said = {token for term in terms for token in tokens_of(term.word)}
    with tempfile.TemporaryDirectory() as folder:
        engine = indexed(heard, Path(folder))
        by_words = service(replace(engine, phonetics=None))
        lost = [term for term in terms if not by_words(term.word)[1]]
        print(f"\n{len(lost)} words that no spelling finds, by sound, in a growing archive:")
        print(f"{'hours':>6} {'recall':>12} {'precision':>9} {'p50 ms':>7} {'p95 ms':>7} "
              f"{'KB an hour':>10}")  # fmt: skip
        at, more = 0, generated_hours(without=said)
        for size in sorted({0, 4, 20, 200, 2_000, hours}):
            if size > hours:
                break
            while at < size:
                engine.index.put(next(more))
                at += 1
            took: list[float] = []
            score = Score(lost, timed(engine, took), None)
            kilobytes = (Path(folder) / "index.db").stat().st_size / 1000
            size_text = f"{kilobytes / size:10.0f}" if size >= 20 else f"{'-':>10}"
            p95 = statistics.quantiles(took, n=20)[-1]
            print(f"{size:6} {score.recall():>12} {score.precision():9.2f}"
                  f" {statistics.median(took):7.1f} {p95:7.1f} {size_text}")  # fmt: skip
        engine.close()


def timed(engine: SearchEngine, took: list[float]) -> Ask:
    """Return how to ask by sound alone; notes the milliseconds of each."""
    sounds = engine.phonetics
    assert sounds is not None

    def ask(word: str) -> tuple[str, Sequence[Hit]]:
        began = time.perf_counter()
        found = sounds.find(parse_query(word), SearchRequest(()))
        took.append(1000 * (time.perf_counter() - began))
        return "sounds_like", [(g.episode_id, m.start_s) for g in found.groups for m in g.moments]

    return ask


if __name__ == "__main__":
    sys.exit(main())
