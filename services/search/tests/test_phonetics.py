"""Words as rows of phones, a query aligned inside them, and how likely it was said there."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.adapters.pronunciations import PronouncingDictionary, pronouncer
from search.domain.phonetics import (
    Evidence,
    Passages,
    PhoneMatch,
    PhoneSequence,
    Pronouncer,
    TimedPhones,
    best_matches,
    likelihood,
    phones_of_query,
    phones_of_words,
    recognized_phones,
    weighed_grams,
    written,
)
from search.domain.phonetics.alignment import best_around_shared, best_in, explained
from search.domain.phonetics.confusions import LEARNED, Confusions
from search.domain.phonetics.phones import LETTERS, PHONES, coarse, packed, unpacked
from search.domain.phonetics.sequence import PASSAGE
from search.domain.query import parse_query
from search.testing.corpus import document

READING = LEARNED.recognized
PISPASTT = ("P", "IY", "Z", "P", "AH", "Z", "T", "T")
sounds = st.text(alphabet=LETTERS[:-1], min_size=1, max_size=12)
stretch_of_any = st.text(alphabet=LETTERS, max_size=30)


def read(phones: str) -> str:
    return written(phones.split())


def spoken(words: str) -> str:
    return "".join(map(pronouncer().phones_of, words.split()))


def score(asked: str, stretch: str, confusions: Confusions = READING) -> int:
    return int(best_in(asked, [stretch], confusions).scores[0])


def by_recurrence(asked: str, stretch: str, of: Confusions) -> int:
    """The highest score of Sellers' recurrence, cell by cell."""
    ask, said = ([LETTERS.index(c) for c in text] for text in (asked, stretch))
    best = np.zeros((len(ask) + 1, len(said) + 1), dtype=int)
    for i, a in enumerate(ask, start=1):
        best[i, 0] = best[i - 1, 0] + of.missed[a]
        for j, s in enumerate(said, start=1):
            best[i, j] = max(
                best[i - 1, j - 1] + of.heard[a, s],
                best[i - 1, j] + of.missed[a],
                best[i, j - 1] + of.extra[s],
            )
    return int(best[-1].max())


def exactly(asked: str) -> int:
    """What hearing a row of phones as they are scores."""
    return sum(int(READING.heard[n, n]) for n in map(LETTERS.index, asked))


@pytest.mark.parametrize(
    ("asked", "heard", "other"),
    [
        ("kubectl", "run cube cuttle now", "we came to the council"),
        ("mammino", "it was mama no there", "it was a moment there"),
        ("kilkenny", "to kill kenny first", "to call anybody first"),
        ("foghorn", "a fog horn", "a fog lamp"),
    ],
)
def test_what_was_misheard_sounds_like_the_query(asked: str, heard: str, other: str) -> None:
    said = pronouncer().phones_of(asked)
    right, wrong = (score(said, spoken(one), LEARNED.words) for one in (heard, other))
    assert right > max(500, wrong + 200)


def test_an_acoustic_reading_finds_what_the_words_missed() -> None:
    """What PocketSphinx's phone decoder reads where it recognised "idling at"."""
    asked = pronouncer().phones_of("rosalind")
    heard = read("M AH DH ER R AY Z AH L IH N K EH P T")
    assert score(asked, heard) > 1000
    assert score(asked, read("W IY M UW V D DH AH D EY T AH")) < 300
    as_written = explained(spoken("mother idling at kept"), read("R AY Z AH L IH N"), READING)
    assert as_written + 300 < score(asked, heard)


@given(sounds, stretch_of_any)
def test_alignment_is_sellers_recurrence(asked: str, stretch: str) -> None:
    assert score(asked, stretch) == by_recurrence(asked, stretch, READING)


@given(sounds, st.text(alphabet=LETTERS, max_size=20), st.text(alphabet=LETTERS, max_size=20))
def test_the_sounds_themselves_are_found(asked: str, before: str, behind: str) -> None:
    heard = best_in(asked, [before + asked + behind, "." * 50], READING)
    assert heard.scores[0] >= exactly(asked)
    assert heard.scores[1] < 0
    first, last = int(heard.firsts[0]), int(heard.lasts[0])
    place = (before + asked + behind)[first : last + 1]
    assert score(asked, place) == heard.scores[0]


@given(sounds, st.text(alphabet=LETTERS, max_size=20), st.text(alphabet=LETTERS, max_size=20))
def test_more_to_listen_to_never_fits_worse(asked: str, stretch: str, more: str) -> None:
    assert score(asked, stretch + more) >= score(asked, stretch)


@given(st.lists(st.text(alphabet=LETTERS, max_size=20), min_size=1, max_size=8), sounds)
def test_stretches_do_not_influence_each_other(stretches: list[str], asked: str) -> None:
    together = best_in(asked, stretches, READING).scores.tolist()
    assert together == [score(asked, one) for one in stretches]


@given(sounds.filter(lambda text: len(text) >= 3), st.lists(st.text(alphabet=LETTERS, max_size=60)))
def test_around_a_shared_trigram_the_same_places_are_found(
    asked: str, stretches: list[str]
) -> None:
    stretches.append("NN" + asked + "T")
    everywhere = best_in(asked, stretches, READING)
    around = best_around_shared(asked, stretches, READING)
    best = np.full(len(stretches), -(10**6))
    np.maximum.at(best, around.stretches, around.scores)
    assert best[-1] >= exactly(asked)
    assert all(best <= everywhere.scores)
    for which, reached, first, last in zip(
        around.stretches.tolist(), around.scores, around.firsts, around.lasts, strict=True
    ):
        if last >= first:
            assert score(asked, stretches[which][first : last + 1]) >= reached


@given(stretch_of_any, st.text(alphabet=LETTERS[:-1], max_size=12))
def test_explaining_is_aligning_the_other_way_round(said: str, heard: str) -> None:
    turned = Confusions(READING.heard.T, READING.extra, READING.missed)
    assert explained(said, heard, READING) == score(heard, said, turned)


def test_every_phone_is_heard_as_itself_most_of_all() -> None:
    for learned in (LEARNED.words, LEARNED.recognized):
        own = np.diag(learned.heard)[:-1]
        assert (own > 0).all()
        assert (own == learned.heard[:-1, :-1].max(axis=1)).mean() > 0.9
        assert (learned.missed < 0).all()
        assert (learned.extra < 0).all()


def test_phones_are_one_letter_and_one_class_each() -> None:
    assert len(set(LETTERS)) == len(PHONES) + 1
    assert coarse(read("P B T D AE EH")) == "ppttee"
    assert written(["SIL", "K", "AA1"]) == read("K AA")


def test_rare_trigrams_come_first() -> None:
    grams = weighed_grams(read("JH UW N F IH F AH"))
    assert [gram for gram, _ in grams] == ["cun", "unf", "nfi", "ifa", "fif"]
    assert [weight for _, weight in grams] == sorted((w for _, w in grams), reverse=True)
    assert weighed_grams(read("P IY") + "." + read("P IY")) == []


def test_a_word_of_no_dictionary_is_read_by_its_letters() -> None:
    alone = Pronouncer()
    assert coarse(alone.phones_of("philadelphia")) == "filetelfia"
    assert coarse(alone.phones_of("knights")) == "nyts"
    assert alone.phones_of("zoë") == alone.phones_of("zoe")
    assert alone.phones_of("שלום") == alone.phones_of("c++") == ""


def test_a_number_in_digits_sounds_as_it_is_said() -> None:
    say = pronouncer().phones_of
    assert say("1813") == say("eighteen") + say("thirteen")
    assert say("30") == say("thirty")
    assert say("9" * 30) == ""


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20))
def test_any_letters_can_be_read(word: str) -> None:
    assert set(Pronouncer().phones_of(word)) <= set(LETTERS)


def test_a_dictionary_knows_its_words_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "small.dict"
    path.write_text("b B IY\nbee B IY\nbees B IY Z\nbees(2) B IY S\na's EY Z\n")
    known = PronouncingDictionary(path)
    assert known.look_up("bees") == ["B", "IY", "Z"]
    assert known.look_up("a's") == ["EY", "Z"]
    for other in ("", "be", "zebra", "a"):
        assert known.look_up(other) is None


def test_a_stream_knows_the_word_of_each_sound() -> None:
    say = Pronouncer({"bees": ["B", "IY", "Z"], "buzz": ["B", "AH", "Z"]}.get)
    stream = phones_of_words([(0, "bees"), (1, "пчела"), (2, "buzz")], say)
    assert stream.phones == read("B IY Z") + "." + read("B AH Z")
    assert stream.owners.tolist() == [0, 0, 0, 1, 2, 2, 2]


def test_a_reading_belongs_to_the_words_at_its_times() -> None:
    starts, ends = [0, 1000, 3000], [900, 1500, 3500]
    reading = recognized_phones([TimedPhones(0, 4000, PISPASTT)], starts, ends)
    assert reading.phones == written(PISPASTT)
    assert reading.owners.tolist() == [0, 0, 1, 1, 1, 2, 2, 2]
    assert recognized_phones([], starts, ends).phones == ""
    assert recognized_phones([TimedPhones(0, 10, ("P",))], [], []).phones == ""


def test_silence_has_no_passages() -> None:
    silence = phones_of_words([], pronouncer())
    assert [*silence.passages()] == []
    assert PhoneSequence.joined([], is_recognized=False).phones == ""


def test_an_episode_sounds_as_it_was_read_else_as_it_was_written() -> None:
    words = document("e", "bees and honey")
    assert words.phones(pronouncer()).is_recognized is False
    assert words.phones(pronouncer()).phones == spoken("bees and honey")
    reading = recognized_phones([TimedPhones(0, 900, PISPASTT)], words.starts_ms, words.ends_ms)
    assert replace(words, recognized=reading).phones(pronouncer()) is reading


@given(st.integers(1, 900), st.data())
def test_no_place_is_cut_in_two_by_passages(length: int, data: st.DataObject) -> None:
    text = "".join(LETTERS[n * 7 % 39] for n in range(length))
    owners = np.arange(length, dtype=np.int32) // 3 * data.draw(st.sampled_from((1, -1, 70, 1000)))
    stream = PhoneSequence(text, owners)
    passages = [*stream.passages()]
    joined = PhoneSequence.joined(passages, is_recognized=True)
    assert (joined.phones, joined.owners.tolist()) == (text, owners.tolist())
    assert text.startswith(passages[0].phones)
    first = data.draw(st.integers(0, length))
    last = min(length, first + data.draw(st.integers(0, 40)))
    held = [
        n
        for n, one in enumerate(passages)
        if n * PASSAGE <= first and last <= n * PASSAGE + len(one.phones)
    ]
    of_words = passages[held[0]].words()
    assert of_words.tolist() == owners[held[0] * PASSAGE :][: len(of_words)].tolist()


@pytest.mark.parametrize(
    ("query", "phones"),
    [
        ("kilkenny", "K IH L K IH N IY"),
        ('"kill kenny"', "K IH L K IH N IY"),
        ("kill kenny -bees", "K IH L K IH N IY"),
        ("of", ""),
        ("kilk*", ""),
        ("kilkenny c++", ""),
        ("Килкенни", ""),
    ],
)
def test_what_can_be_looked_for_by_sound(query: str, phones: str) -> None:
    known = {"kill": "K IH L", "kenny": "K IH N IY", "kilkenny": "K IH L K IH N IY", "of": "AH V"}
    say = Pronouncer(lambda word: known[word].split() if word in known else None)
    assert phones_of_query(parse_query(query), say) == read(phones)


def passages(*said: str, are_all: bool = True) -> Passages:
    streams = [phones_of_words(enumerate(text.split()), pronouncer()) for text in said]
    passages = [(n, one) for n, stream in enumerate(streams) for one in stream.passages()]
    return Passages([], passages, are_all)


def test_the_best_places_come_first_and_overlapping_ones_are_one() -> None:
    asked = pronouncer().phones_of("kilkenny")
    heard = passages("we kill can he not", "to kill kenny first and kill kenny twice")
    places = best_matches(asked, heard, most=3)
    assert [(p.episode, p.first, p.last) for p in places] == [(1, 1, 2), (1, 5, 6), (0, 1, 3)]
    assert places[0].score == places[1].score > places[2].score
    assert places[0].phones == spoken("kill kenny")
    assert best_matches(asked, heard, most=1)[0][:5] == places[0][:5]
    assert best_matches(asked, passages(), most=5) == []


def test_what_others_score_as_well_is_background() -> None:
    asked = pronouncer().phones_of("kilkenny")
    heard = passages("to kill kenny first " + "and call anybody else " * 30)
    places = best_matches(asked, heard, most=30)
    assert {place.background for place in places} == {places[19].score}
    assert places[0].score > places[0].background


@given(st.floats(-10, 30), st.floats(-10, 30), st.floats(-10, 30), st.floats(-10, 30))
def test_each_piece_of_evidence_weighs(
    fits: float, by_chance: float, by_words: float, by_writing: float
) -> None:
    def likely(is_recognized: bool, **more: float) -> float:
        found = Evidence(fits, by_chance, by_words, by_writing, 8, 20, 0.5)
        return likelihood(PhoneMatch(1, 0, 0, "", 0, 0, is_recognized), found._replace(**more))  # type: ignore[arg-type]

    for is_recognized in (True, False):
        as_it_is = likely(is_recognized)
        assert 0 <= as_it_is <= 1
        assert likely(is_recognized, score=fits + 1) >= as_it_is
        assert likely(is_recognized, background=by_chance + 1) <= as_it_is
        assert likely(is_recognized, similarity=0.6) >= as_it_is
    assert likely(True, by_words=by_words + 1) >= likely(True)
    assert likely(True, by_writing=by_writing + 1) <= likely(True)


@pytest.mark.parametrize("length", range(8))
def test_phones_come_out_as_they_were_packed(length: int) -> None:
    rows = [(LETTERS * 2)[at : at + length] for at in range(len(LETTERS))]
    assert unpacked(packed(rows)) == rows
    assert packed(rows) == [packed([row])[0] for row in rows]
    assert all(len(row) <= 1 + 2 * -(-length // 3) for row in packed(rows))
    assert unpacked(packed([])) == []
