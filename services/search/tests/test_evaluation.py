"""Spoken-term recall, precision and term-weighted value, on cases that can be counted by hand."""

import json
from pathlib import Path

import pytest

from everyword_transcripts import Transcript, read_transcript
from everyword_transcripts.truth import TrueWord, Truth
from search.evaluation import (
    Found,
    Said,
    as_json,
    best_term_weighted_value,
    evaluate,
    said_in,
    term_weighted_value,
)
from search.evaluation.said import speech_s


def transcript(text: str, *, step_s: float = 0.5) -> Transcript:
    words = [
        {"word": word, "start": at * step_s, "end": (at + 1) * step_s}
        for at, word in enumerate(text.split())
    ]
    segment = {"start": 0, "end": len(words) * step_s, "text": text, "words": words}
    form = {"schema": 1, "language": "en", "duration_s": 100, "segments": [segment]}
    return read_transcript(json.dumps(form))


def truth(file: str, text: str) -> Truth:
    return Truth(Path("folder", file), tuple(map(TrueWord, text.split())))


SAID = truth("a.wav", "bees keep honey in kubernetes clusters")
OTHER = truth("b.wav", "kubernetes on every island")


def test_what_is_written_right_is_all_found() -> None:
    heard = {
        one.audio.name: transcript(" ".join(word.text for word in one.words))
        for one in (SAID, OTHER)
    }
    found = evaluate([SAID, OTHER], heard)
    assert (found.recordings, found.terms, found.pairs) == (2, 5, 6)
    assert found.speech_s == pytest.approx(3 + 2)
    exact, *looser = found.rows
    assert (exact.tier, exact.added, exact.added_right) == ("exact", 6, 6)
    assert [(row.added, row.recall, row.precision) for row in looser] == [(0, 1.0, 1.0)] * 5
    assert (found.atwv, found.mtwv, found.missed) == (1.0, 1.0, ())
    json.dumps(as_json(found))


def test_each_tier_adds_what_it_finds() -> None:
    heard = {
        "a.wav": transcript("bees keep honey in cooper nets clusters"),
        "b.wav": transcript("kubernetes on ever lasting rocks"),
    }
    found = evaluate([SAID, OTHER], heard)
    rows = {row.tier: row for row in found.rows}
    assert [*rows] == ["exact", "folded", "stemmed", "fuzzy", "sounds_like", "perhaps"]
    assert [row.recall for row in found.rows] == pytest.approx(
        [3 / 6, 3 / 6, 3 / 6, 4 / 6, 4 / 6, 5 / 6]
    )
    assert [row.added_right for row in found.rows] == [3, 0, 0, 1, 0, 1]
    assert rows["perhaps"].added_right == 1
    assert found.missed == (("island", "b.wav"),)
    assert found.atwv <= found.mtwv < 1
    assert as_json(found)["missed"][0] == {"term": found.missed[0][0], "file": found.missed[0][1]}


def test_what_others_say_crowds_and_is_not_scored() -> None:
    heard = {"a.wav": transcript("bees keep honey in kubernetes clusters")}
    alone = evaluate([SAID], heard)
    crowded = evaluate([SAID], heard, others={"c": transcript("honey honey honey")})
    assert crowded == alone


# In 1,001 s of speech "honey" is said three times and "sugar" once.
HELD = {
    "a": [Said("honey", 10, 10.4), Said("sugar", 20, 20.4)],
    "b": [Said("honey", 30, 30.4), Said("honey", 50, 50.4)],
}


def found_at(recording: str, middle_s: float, likelihood: float = 1.0) -> Found:
    return Found(recording, middle_s - 0.2, middle_s + 0.2, "exact", likelihood)


def test_term_weighted_value_is_what_nist_defines() -> None:
    """ATWV by hand: 1 - mean(Pmiss + 999.9 x spurious / (speech - times said))."""
    found = {
        "honey": [found_at("a", 10.2), found_at("b", 30.2), found_at("a", 30.2)],
        "sugar": [],
    }
    honey = 1 / 3 + 999.9 * 1 / (1_001 - 3)
    assert term_weighted_value(found, HELD, 1_001) == pytest.approx(1 - (honey + 1) / 2)
    assert term_weighted_value({}, HELD, 1_001) == 0


def test_a_moment_is_right_within_half_a_second_and_once() -> None:
    just = {"honey": [found_at("b", 50.4 + 0.5)]}
    assert term_weighted_value(just, HELD, 1_001) == pytest.approx(1 / 3)
    too_far = {"honey": [found_at("b", 50.4 + 0.51)]}
    assert term_weighted_value(too_far, HELD, 1_001) == pytest.approx(-999.9 / 998)
    twice = {"sugar": [found_at("a", 20.2), found_at("a", 20.3)]}
    assert term_weighted_value(twice, HELD, 1_001) == pytest.approx(1 - 999.9 / 1_000)


def test_the_best_threshold_is_sought() -> None:
    """At .9 one of three is found and nothing is wrong; at .5 two and a false alarm."""
    found = {
        "honey": [
            found_at("a", 10.2, 0.9), found_at("a", 99, 0.6), found_at("b", 30.2, 0.5),
        ],
    }  # fmt: skip
    assert term_weighted_value(found, HELD, 1_001) == pytest.approx(2 / 3 - 999.9 / 998)
    assert best_term_weighted_value(found, HELD, 1_001) == pytest.approx(1 / 3)
    wrong = {"honey": [found_at("a", 99, 1.0)]}
    assert best_term_weighted_value(wrong, HELD, 1_001) == 0


def test_pauses_are_no_speech() -> None:
    said = [Said("a", 1, 1.5), Said("b", 1.75, 2), Said("c", 1.8, 1.9), Said("d", 5, 6)]
    assert speech_s(said) == pytest.approx(1.0 + 1.0)
    assert speech_s([]) == 0


def test_untimed_words_share_the_gap_they_are_in() -> None:
    said = said_in(truth("a.wav", "so bees keep honey here now"), transcript("bees honey"))
    assert [one.term for one in said] == ["so", "bees", "keep", "honey", "here", "now"]
    assert said[1] == Said("bees", 0.0, 0.5)
    assert said[2].start_s == said[2].end_s == 0.5
    assert said[4:] == [Said("here", 1.0, 2.0), Said("now", 2.0, 3.0)]
