"""Learn what phones are heard as, and how much each piece of evidence weighs.

    PYTHONPATH=benchmarks python -m spoken.learn_sounds [--cache DIR]

Writes learned.json of search.domain.phonetics. The teachers are sentences that flite speaks and
PocketSphinx recognises: two sections of texts/spoken_terms.txt, and rows of words drawn from a
dictionary, which no language model foresees. Phones said and heard are aligned, the alignments
counted, and aligned anew with what was counted. Then the words of those sentences that no
spelling finds are looked for by sound, and a logistic regression tells right places from wrong.
`found_by_sound.py` measures on other sentences.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from math import log
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.adapters.pronunciations import pronouncer
from search.config import SearchSettings
from search.domain.pages import SearchRequest
from search.domain.phonetics import Evidence, PhoneSequence, confusions, phones, phones_of_words
from search.domain.query import parse_query
from search.domain.tokens import tokens_of
from search.evaluation import document_of
from search.service import SearchService
from spoken.corpora import BENCHMARKS, CACHE, Corpus, indexed, sentences_of, spoken
from spoken.generated import dictionary_words, generated_hours

LEARNED: Final = Path(confusions.__file__).with_name("learned.json")
TAUGHT_BY: Final = ("plain", "rare")
DRAWN: Final = 120
WORDS_DRAWN: Final = 9
ROUNDS: Final = 4
HOURS_AROUND: Final = (0, 2, 10, 100)
N: Final = len(phones.PHONES)
Floats = NDArray[np.float64]
Table = tuple[Floats, Floats, Floats]


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn, in two runs: weighing needs the confusions learnt first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--weights", action="store_true", help="learn the weights alone")
    options = parser.parse_args(arguments)
    options.cache.mkdir(parents=True, exist_ok=True)
    teachers = [spoken(name, sentences_of(name), options.cache) for name in TAUGHT_BY]
    if options.weights:
        learned = json.loads(LEARNED.read_text("utf-8")) | {
            "weights_of_recognized": weights(teachers, reading=True),
            "weights_of_words": weights(teachers, reading=False),
        }
        LEARNED.write_text(json.dumps(learned, separators=(",", ":")) + "\n", "utf-8")
        return 0
    drawn = spoken("drawn", sentences_drawn(), options.cache)
    unknown = Evidence(0, 0, 0, 0, 0)
    learned = {
        "recognized": confused([*teachers, drawn], reading_of),
        "words": confused(teachers, words_of),
        "weights_of_recognized": [0.0 for _ in unknown.of_recognized()],
        "weights_of_words": [0.0 for _ in unknown.of_words()],
    }
    LEARNED.write_text(json.dumps(learned, separators=(",", ":")) + "\n", "utf-8")
    again = [sys.executable, "-m", "spoken.learn_sounds", "--weights", "--cache", options.cache]
    return subprocess.run(again, check=True).returncode


def sentences_drawn() -> Sequence[str]:
    """Draw rows of words, every other one from a dictionary."""
    draw = random.Random(0)
    rare = [*dictionary_words()]
    text = (BENCHMARKS / "texts/public_domain.txt").read_text(encoding="utf-8")
    common = re.findall(r"[a-z]+", text.lower())
    return [
        " ".join(draw.choice(draw.choice((common, rare))) for _ in range(WORDS_DRAWN))
        for _ in range(DRAWN)
    ]


def reading_of(corpus: Corpus) -> tuple[PhoneSequence, Sequence[int]]:
    """Return the acoustic reading, and each sound's time in milliseconds."""
    ((name, transcript),) = corpus.heard
    stream = document_of(name, transcript).reading
    assert stream is not None
    times: list[int] = []
    for reading in transcript.phones:
        count = len(phones.written(reading.phones.split()))
        step = (reading.end - reading.start) / max(1, count)
        times += [round(1000 * (reading.start + (at + 0.5) * step)) for at in range(count)]
    return stream, times


def words_of(corpus: Corpus) -> tuple[PhoneSequence, Sequence[int]]:
    """Return the sounds of the recognised words, each at its word's middle."""
    ((name, transcript),) = corpus.heard
    document = document_of(name, transcript)
    stream = phones_of_words(document.tokens(), pronouncer())
    starts, ends = document.starts_ms, document.ends_ms
    return stream, [(starts[word] + ends[word]) // 2 for word in stream.owners.tolist()]


def confused(
    corpora: Sequence[Corpus], heard: Callable[[Corpus], tuple[PhoneSequence, Sequence[int]]]
) -> dict[str, Any]:
    """Return what becomes of each phone, in hundredths of a nat."""
    pairs: list[tuple[Sequence[int], Sequence[int]]] = []
    say = pronouncer().phones_of
    for corpus in corpora:
        stream, times = heard(corpus)
        codes, at = phones.codes_of(stream.phones.encode()), np.asarray(times)
        for text, (start, end) in zip(corpus.sentences, corpus.spans, strict=True):
            said = "".join(map(say, re.findall(r"[a-z']+", text.lower())))
            inside = codes[(at > start * 1000 - 200) & (at < end * 1000 + 200)]
            pairs.append((phones.codes_of(said.encode()).tolist(), inside[inside < N].tolist()))
    classes = phones.coarse(phones.LETTERS[:N])
    alike = np.array([[a == b for b in classes] for a in classes], dtype=float)
    table: Table = (
        np.where(np.eye(N) > 0, 2.5, np.where(alike > 0, 1.0, -1.5)),
        np.full(N, -1.5),
        np.full(N, -1.5),
    )
    for _ in range(ROUNDS):
        table = counted(pairs, table, alike)
    as_heard, missed, extra = ((100 * part).round().astype(int).tolist() for part in table)
    return {"heard": as_heard, "missed": missed, "extra": extra}


def counted(
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]], table: Table, alike: Floats
) -> Table:
    """Align with one table, and return the next: log odds against hearing a phone anywhere."""
    heard = np.full((N, N), 0.1) + 2 * np.eye(N) + 0.5 * alike
    missed, extra, anywhere = np.full(N, 0.5), np.full(N, 0.5), np.ones(N)
    for said, got in pairs:
        anywhere += np.bincount(got, minlength=N)
        for a, b in aligned(said, got, table):
            if b is None:
                missed[a] += 1
            elif a is None:
                extra[b] += 1
            else:
                heard[a, b] += 1
    anywhere /= anywhere.sum()
    said_at_all = heard.sum(1) + missed
    is_extra = extra.sum() / (said_at_all.sum() + extra.sum())
    return (
        np.log(heard / said_at_all[:, None] / anywhere) + log(1 - is_extra),
        np.log(missed / said_at_all) + log(1 - is_extra),
        np.log(is_extra * extra / extra.sum() / anywhere),
    )


def aligned(said: Sequence[int], got: Sequence[int], table: Table) -> Iterator[tuple[Any, Any]]:
    """Yield the pairs of the best alignment of two whole rows, from the end (Needleman-Wunsch).

    None stands beside what has no partner.
    """
    heard, missed, extra = (part.tolist() for part in table)
    best = [[0.0] * (len(got) + 1) for _ in range(len(said) + 1)]
    for j, b in enumerate(got):
        best[0][j + 1] = best[0][j] + extra[b]
    for i, a in enumerate(said):
        best[i + 1][0] = best[i][0] + missed[a]
        for j, b in enumerate(got):
            best[i + 1][j + 1] = max(
                best[i][j] + heard[a][b], best[i][j + 1] + missed[a], best[i + 1][j] + extra[b]
            )
    i, j = len(said), len(got)
    while i or j:
        a, b = said[i - 1] if i else None, got[j - 1] if j else None
        if i and j and best[i][j] == best[i - 1][j - 1] + heard[a][b]:
            i, j = i - 1, j - 1
            yield a, b
        elif i and best[i][j] == best[i - 1][j] + missed[a]:
            i -= 1
            yield a, None
        else:
            j -= 1
            yield None, b


def weights(corpora: Sequence[Corpus], *, reading: bool) -> Sequence[float]:
    """Return the weights of the evidence, by places of words that no spelling finds.

    In the recordings alone, and among hours that hold none of the words.
    """
    heard = [
        (name, one if reading else replace(one, phones=()))
        for corpus in corpora
        for name, one in corpus.heard
    ]
    terms = [term for corpus in corpora for term in corpus.terms]
    rows: list[Sequence[float]] = []
    right: list[bool] = []
    with tempfile.TemporaryDirectory() as folder:
        engine = indexed(heard, Path(folder))
        assert engine.phonetics is not None
        blobs: Any = None
        by_words = SearchService(engine.index, engine.vocabulary, blobs, lambda _: SearchSettings())
        lost = [term for term in terms if not by_words.search(term.word)["hits"]]
        more = generated_hours(without={token for t in terms for token in tokens_of(t.word)})
        at = 0
        for hours in HOURS_AROUND:
            for document in islice(more, hours - at):
                engine.index.put(document if reading else replace(document, recognized=None))
            at = hours
            for term in lost:
                same = [one for one in lost if one.word == term.word]
                for place in engine.phonetics.weighed(parse_query(term.word), SearchRequest(())):
                    found = place.evidence
                    rows.append(found.of_recognized() if reading else found.of_words())
                    start_s = place.at.moments[0].start_s
                    right.append(any(t.is_at(place.at.episode_id, start_s) for t in same))
        engine.close()
    fitted = regression(np.array(rows), np.array(right, dtype=float))
    return [round(weight, 4) for weight in fitted.tolist()]


def regression(evidence: Floats, right: Floats) -> Floats:
    """Fit a logistic regression by Newton's method, with a touch of ridge."""
    fitted = np.zeros(evidence.shape[1])
    ridge = 0.1 * np.eye(len(fitted))
    for _ in range(50):
        likely = 1 / (1 + np.exp(-(evidence @ fitted)))
        slope = evidence.T @ (likely - right) + ridge @ fitted
        bend = (evidence.T * (likely * (1 - likely))) @ evidence + ridge
        fitted -= np.linalg.solve(bend, slope)
    return fitted


if __name__ == "__main__":
    sys.exit(main())
