"""Measure how many words that were really said can be found, exactly, with typos, and by sound.

    python benchmarks/found_by_sound.py [--hours 200] [--cache DIR]

Every content word (five letters or more, no stop word) of texts whose spoken truth is known is
searched for in what PocketSphinx made of the recording. Recall: how many have their moment, inside
its sentence and within 1.5 s, among the first ten hits. Precision: how many of all hits shown are
such a moment of the word. The texts are the shipped samples, and sentences with names and rare
words that flite speaks (left out, and said so, where flite is missing). Recognised once, kept in
`--cache`. Then generated hours of English words are put around them, and the words that no
spelling found are asked for by sound again: how precision falls and what it takes.
"""

import argparse
import hashlib
import io
import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import soundfile

from everyword_events import EpisodeInfo
from everyword_transcripts import Transcript, read_transcript, write_transcript
from search.adapters.pronunciations import pronouncer
from search.config import SearchSettings
from search.domain.document import EpisodeDocument
from search.domain.pages import Find
from search.domain.query import parse_query
from search.domain.sounds import Reading
from search.domain.tokens import tokens_of
from search.engines import Engine, open_engine
from search.service import SearchService
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.standalone import transcribe_file

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "infra/local/src/everyword_local/samples"
SENTENCES = HERE / "texts/spoken_terms.txt"
VOICES = ("slt", "rms", "awb")
PAUSE_S = 0.5
NOISE_RMS = 0.003
FIRST_HITS = 10
NEAR_S = 1.5
WORDS_AN_HOUR = 9_700
STATED = datetime(2026, 1, 1, tzinfo=UTC)
STOP = (
    "about above after again against alone among before behind being below beneath beside between"
    " could every first found having might never nobody other outside shall should since still"
    " their there these thing things those through today twice under until where which while who"
    " would whole whose with without yours"
)


@dataclass(frozen=True)
class Term:
    """A word really said: when, within which sentence, and whether it is a name."""

    word: str
    episode: str
    at_s: float
    sentence_s: tuple[float, float]
    is_name: bool

    def is_at(self, episode: str, start_s: float) -> bool:
        """Tell whether a hit is this moment."""
        first, last = self.sentence_s
        inside = first - 0.5 <= start_s <= last + 0.5
        return episode == self.episode and inside and abs(start_s - self.at_s) < NEAR_S


@dataclass(frozen=True)
class Corpus:
    """Recognised recordings and the words really said in them."""

    name: str
    heard: Sequence[tuple[str, Transcript]]
    terms: Sequence[Term]
    wer: float


Hit = tuple[str, float]
Ask = Callable[[str], tuple[str, Sequence[Hit]]]
"""Returns the tier that answered and its first hits."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=200, help="the largest archive to try")
    cache = Path(tempfile.gettempdir()) / "everyword-found-by-sound"
    parser.add_argument("--cache", type=Path, default=cache)
    options = parser.parse_args(arguments)
    options.cache.mkdir(parents=True, exist_ok=True)
    corpora = [samples(options.cache)]
    if shutil.which("flite"):
        corpora += [spoken(options.cache, "plain"), spoken(options.cache, "rare")]
    else:
        print("flite is not installed: only the shipped samples are measured", file=sys.stderr)
    print(f"{'corpus':8} {'WER':>5} {'found by':22} {'recall':>12} {'names':>12} {'precision':>9}"
          f" {'added hits':>10}")  # fmt: skip
    for corpus in corpora:
        table(corpus)
    growth(corpora, options.hours)
    return 0


def samples(cache: Path) -> Corpus:
    """Return the shipped episodes; their truth has a time for every word."""
    heard, terms, texts = [], [], []
    for truth_file in sorted(SAMPLES.glob("*.json")):
        truth = json.loads(truth_file.read_text(encoding="utf-8"))
        audio = truth_file.with_name(truth["audio"])
        heard.append((truth_file.stem, recognised(audio, cache, channels=truth["channels"])))
        for sentence in truth["sentences"]:
            texts.append(sentence["text"])
            terms += [
                Term(text, truth_file.stem, said["start"], (sentence["start"], sentence["end"]),
                     number > 0 and said["word"][0].isupper())
                for number, said in enumerate(sentence["words"])
                if (text := content(said["word"]))
            ]  # fmt: skip
    return Corpus("samples", heard, terms, word_errors(texts, [one for _, one in heard]))


def spoken(cache: Path, section: str) -> Corpus:
    """Return one section of the sentences, spoken by flite in three voices with some noise."""
    of_section = SENTENCES.read_text(encoding="utf-8").split(f"## {section}\n")[1].split("\n## ")[0]
    sentences = [line for line in of_section.splitlines() if line and line[0] != "#"]
    audio = cache / f"{digest(of_section.encode())}.wav"
    spans: list[tuple[float, float]] = []
    pieces = [np.zeros(int(PAUSE_S * 16_000), np.float32)]
    at = PAUSE_S
    for number, text in enumerate(sentences):
        voice = VOICES[number % len(VOICES)]
        command = ["flite", "-voice", voice, "-t", text, "-o", "/dev/stdout"]
        spoken_wav = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        samples_, _ = soundfile.read(io.BytesIO(spoken_wav), dtype="float32")
        pieces += [samples_, pieces[0]]
        spans.append((at, at + len(samples_) / 16_000))
        at = spans[-1][1] + PAUSE_S
    whole = np.concatenate(pieces)
    whole += np.random.default_rng(0).normal(0, NOISE_RMS, len(whole)).astype(np.float32)
    soundfile.write(audio, whole * 0.8 / np.abs(whole).max(), 16_000, subtype="PCM_16")
    terms = []
    for text, (start, end) in zip(sentences, spans, strict=True):
        words = re.findall(r"[A-Za-z']+", text)
        terms += [
            Term(term, section, start + (end - start) * number / len(words), (start, end),
                 number > 0 and word[0].isupper())
            for number, word in enumerate(words)
            if (term := content(word))
        ]  # fmt: skip
    heard = recognised(audio, cache, channels="mix")
    return Corpus(section, [(section, heard)], terms, word_errors(sentences, [heard]))


def recognised(audio: Path, cache: Path, *, channels: Any) -> Transcript:
    """Recognise a recording, once."""
    kept = cache / f"{digest(audio.read_bytes())}.json"
    if not kept.exists():
        settings = TranscribeSettings(engine="pocketsphinx", channels=channels, sounds=True)
        heard = transcribe_file(audio, settings, report=lambda *_: None, announce=lambda _: None)
        kept.write_bytes(write_transcript(heard))
    return read_transcript(kept.read_bytes())


def digest(raw: bytes) -> str:
    """Name a file by what it was made from."""
    return hashlib.sha256(raw).hexdigest()[:16]


def content(word: str) -> str:
    """Return the word if it is one to search for, else nothing."""
    plain = re.sub(r"[^a-z']", "", word.lower())
    return plain if len(plain) >= 5 and plain not in STOP.split() else ""


def word_errors(texts: Sequence[str], heard: Sequence[Transcript]) -> float:
    """Return the word error rate, channels in the order of their times."""
    said = " ".join(re.sub(r"[^a-z' ]", " ", " ".join(texts).lower()).split())
    got = " ".join(segment.text for one in heard for segment in one.segments)
    return float(jiwer.wer(said, got))


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
            engine = filled(heard, Path(folder))
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


def service(engine: Engine) -> Ask:
    """Return how a person would ask: the first page."""
    blobs: Any = None
    search = SearchService(
        engine.index, engine.vocabulary, blobs, lambda _: SearchSettings(), engine.sounds
    )

    def ask(word: str) -> tuple[str, Sequence[Hit]]:
        reply = search.search(word)
        hits = [(g["episode_id"], m["start"]) for g in reply["results"] for m in g["moments"]]
        return reply["matched"], hits[:FIRST_HITS]

    return ask


def filled(heard: Sequence[tuple[str, Transcript]], folder: Path) -> Engine:
    """Return an index of some transcripts."""
    engine = open_engine(SearchSettings(), folder / "index.db")
    for name, transcript in heard:
        info = EpisodeInfo(show="", title=name, as_of=STATED)
        engine.index.put(
            EpisodeDocument.of(
                transcript, episode_id=name, info=info, run_id="1", occurred_at=STATED
            )
        )
    return engine


def growth(corpora: Sequence[Corpus], hours: int) -> None:
    """Print how the words that no spelling finds fare by sound as the archive grows."""
    heard = [one for corpus in corpora for one in corpus.heard]
    terms = [term for corpus in corpora for term in corpus.terms]
    said = {token for term in terms for token in tokens_of(term.word)}
    with tempfile.TemporaryDirectory() as folder:
        engine = filled(heard, Path(folder))
        by_words = service(replace(engine, sounds=None))
        lost = [term for term in terms if not by_words(term.word)[1]]
        print(f"\n{len(lost)} words that no spelling finds, by sound, in a growing archive:")
        print(f"{'hours':>6} {'recall':>12} {'precision':>9} {'p50 ms':>7} {'p95 ms':>7} "
              f"{'KB an hour':>10}")  # fmt: skip
        at, more = 0, generated(said)
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


def timed(engine: Engine, took: list[float]) -> Ask:
    """Return how to ask by sound alone; notes the milliseconds of each."""
    sounds = engine.sounds
    assert sounds is not None

    def ask(word: str) -> tuple[str, Sequence[Hit]]:
        began = time.perf_counter()
        found = sounds.find(parse_query(word), Find(()))
        took.append(1000 * (time.perf_counter() - began))
        return "sounds_like", [(g.episode_id, m.start_s) for g in found.groups for m in g.moments]

    return ask


def generated(without: set[str]) -> Iterator[EpisodeDocument]:
    """Draw hours of English: three words in four from real texts, one from the dictionary.

    Words searched for never occur. The acoustic reading is the words' own sounds, one in four
    lost, as PocketSphinx's has.
    """
    texts = " ".join(file.read_text(encoding="utf-8") for file in (HERE / "texts").glob("*.txt"))
    common = [word for word in re.findall(r"[a-z']+", texts.lower()) if word not in without]
    look_up = pronouncer().look_up
    rare = sorted({w for w in dictionary_words() if w not in without})
    draw = random.Random(5)
    rare = draw.sample(rare, min(30_000, len(rare)))
    number = 0
    while True:
        words = [draw.choice(common if draw.random() < 0.75 else rare)
                 for _ in range(WORDS_AN_HOUR)]  # fmt: skip
        starts = tuple(370 * at for at in range(len(words)))
        readings = tuple(
            Reading(
                start, start + 350, tuple(p for p in look_up(word) or () if draw.random() < 0.75)
            )
            for start, word in zip(starts, words, strict=True)
        )
        yield EpisodeDocument(
            episode_id=f"generated-{number:05}",
            revision="1",
            info=EpisodeInfo(show="", title=f"Hour {number}", as_of=STATED),
            language="en",
            words=tuple(words),
            starts_ms=starts,
            ends_ms=tuple(start + 350 for start in starts),
            readings=readings,
        )
        number += 1


def dictionary_words() -> Iterator[str]:
    """Yield the words of PocketSphinx's dictionary that have four letters or more."""
    from pocketsphinx import get_model_path  # noqa: PLC0415

    for line in Path(get_model_path("en-us/cmudict-en-us.dict")).read_text("utf-8").splitlines():
        word = line.split(" ", 1)[0]
        if len(word) > 3 and word.isalpha():
            yield word


if __name__ == "__main__":
    sys.exit(main())
