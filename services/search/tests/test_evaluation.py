"""Spoken-term recall, precision and term-weighted value, on transcripts made by hand."""

import json

import pytest

from everyword_transcripts import Transcript, read_transcript
from search.evaluation import TrueWord, Truth, as_json, evaluate


def transcript(text: str, *, step_s: float = 0.5) -> Transcript:
    words = [
        {"word": word, "start": at * step_s, "end": (at + 1) * step_s}
        for at, word in enumerate(text.split())
    ]
    segment = {"start": 0, "end": len(words) * step_s, "text": text, "words": words}
    form = {"schema": 1, "language": "en", "duration_s": 100, "segments": [segment]}
    return read_transcript(json.dumps(form))


def truth(file: str, text: str) -> Truth:
    return Truth(file, tuple(map(TrueWord, text.split())))


SAID = truth("a.wav", "bees keep honey in kubernetes clusters")
OTHER = truth("b.wav", "kubernetes on every island")


def test_what_is_written_right_is_all_found() -> None:
    heard = {
        one.file: transcript(" ".join(word.word for word in one.words)) for one in (SAID, OTHER)
    }
    found = evaluate([SAID, OTHER], heard)
    assert (found.recordings, found.terms, found.pairs) == (2, 5, 6)
    assert [(row.recall, row.precision) for row in found.rows] == [(1.0, 1.0)] * 3
    assert (found.atwv, found.mtwv, found.missed) == (1.0, 1.0, ())
    json.dumps(as_json(found))


def test_each_tier_adds_what_it_finds() -> None:
    heard = {
        "a.wav": transcript("bees keep honey in cooper nets clusters"),
        "b.wav": transcript("kubernetes on ever highland"),
    }
    found = evaluate([SAID, OTHER], heard)
    written, results, perhaps = found.rows
    assert written.recall == results.recall == pytest.approx(3 / 6)
    assert perhaps.recall == pytest.approx(4 / 6)
    assert ("kubernetes", "a.wav") not in found.missed
    assert {term for term, _ in found.missed} <= {"every", "island"}
    assert found.atwv <= found.mtwv < 1


def test_a_false_alarm_costs_what_nist_says() -> None:
    said = [truth("a.wav", "honey and wax"), truth("b.wav", "sugar and wax")]
    heard = {"a.wav": transcript("honey and wax"), "b.wav": transcript("honey and sugar")}
    found = evaluate(said, heard)
    honey = 1 - 999.9 * 1 / (200 - 1)
    assert found.atwv == pytest.approx((honey + 1) / 2, abs=0.001)
