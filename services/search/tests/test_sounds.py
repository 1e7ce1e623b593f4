"""Words as sounds, and a query aligned inside a stream of them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.adapters.pronunciations import PronouncingDictionary, pronouncer
from search.domain.query import parse_query
from search.domain.sounds import (
    Pronouncer,
    Reading,
    coarse,
    nearest_around_shared,
    nearest_in,
    readings_of,
    sound_query,
    stream_of_words,
)
from search.domain.sounds.classes import CLASSES, EXCHANGE, GAP, UNIT
from search.domain.sounds.places import Place, ranked
from search.domain.sounds.stream import PASSAGE, SoundStream

PHONES = ("P", "IY", "Z", "P", "AH", "Z", "T", "T")
sounds = st.text(alphabet=CLASSES[:-1], min_size=1, max_size=12)


def read(phones: str) -> str:
    return coarse(phones.split())


def spoken(words: str) -> str:
    return "".join(map(pronouncer().sounds_of, words.split()))


def distance(asked: str, stretch: str) -> float:
    return float(nearest_in(asked, [stretch]).distances[0])


def by_recurrence(asked: str, stretch: str) -> float:
    """The least cost per sound of Sellers' recurrence, cell by cell."""
    ask, said = ([CLASSES.index(c) for c in text] for text in (asked, stretch))
    cost = np.zeros((len(ask) + 1, len(said) + 1))
    for i, a in enumerate(ask, start=1):
        cost[i, 0] = cost[i - 1, 0] + GAP[a]
        for j, s in enumerate(said, start=1):
            cost[i, j] = min(
                cost[i - 1, j - 1] + EXCHANGE[a, s],
                cost[i - 1, j] + GAP[a],
                cost[i, j - 1] + GAP[s],
            )
    return float(cost[-1].min()) / UNIT / len(ask)


@pytest.mark.parametrize(
    ("asked", "heard", "within"),
    [
        ("rosalind", "the station idling at the", 0.32),
        ("kubectl", "run cube cuttle now", 0.25),
        ("mammino", "it was mama no there", 0.2),
        ("kilkenny", "to kill kenny first", 0.01),
        ("foghorn", "a fog horn", 0.15),
    ],
)
def test_what_was_misheard_sounds_near(asked: str, heard: str, within: float) -> None:
    say = pronouncer()
    said = spoken(heard)
    assert distance(say.sounds_of(asked), said) <= within


def test_an_acoustic_reading_finds_what_the_words_missed() -> None:
    """What PocketSphinx's phone decoder reads where it recognised "idling at"."""
    asked = pronouncer().sounds_of("rosalind")
    assert distance(asked, read("M AH DH ER R AY Z AH L IH N K EH P T")) <= 0.2
    assert distance(asked, read("W IY M UW V D DH AH D EY T AH")) > 0.3


def test_other_words_do_not_sound_alike() -> None:
    say = pronouncer()
    said = spoken("we migrated the whole database over a weekend")
    for asked in ("rosalind", "penicillin", "kilkenny", "trevelyan"):
        assert distance(say.sounds_of(asked), said) > 0.25


@given(sounds, st.text(alphabet=CLASSES, max_size=30))
def test_alignment_is_sellers_recurrence(asked: str, stretch: str) -> None:
    assert distance(asked, stretch) == pytest.approx(by_recurrence(asked, stretch), abs=1e-5)


@given(sounds, st.text(alphabet=CLASSES, max_size=20), st.text(alphabet=CLASSES, max_size=20))
def test_the_sounds_themselves_are_at_distance_0_and_in_their_place(
    asked: str, before: str, behind: str
) -> None:
    stretch = before + asked + behind
    heard = nearest_in(asked, [stretch, "." * 50])
    first, last = int(heard.firsts[0]), int(heard.lasts[0])
    assert heard.distances[0] == 0
    assert stretch[first : last + 1] == asked
    assert first == stretch.index(asked)
    assert heard.distances[1] > 0


@given(sounds, st.text(alphabet=CLASSES, max_size=20), st.text(alphabet=CLASSES, max_size=20))
def test_more_to_listen_to_is_never_farther(asked: str, stretch: str, more: str) -> None:
    assert distance(asked, stretch + more) <= distance(asked, stretch) + 1e-6


@given(st.lists(st.text(alphabet=CLASSES, max_size=20), min_size=1, max_size=8), sounds)
def test_stretches_do_not_influence_each_other(stretches: list[str], asked: str) -> None:
    together = nearest_in(asked, stretches).distances
    assert together.tolist() == pytest.approx([distance(asked, one) for one in stretches])


def test_a_word_of_no_dictionary_is_read_by_its_letters() -> None:
    alone = Pronouncer()
    assert alone.sounds_of("philadelphia") == "filetelfia"
    assert alone.sounds_of("knights") == "nyts"
    assert alone.sounds_of("zoë") == alone.sounds_of("zoe")
    assert alone.sounds_of("1952") == alone.sounds_of("שלום") == alone.sounds_of("c++") == ""


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20))
def test_any_letters_can_be_read(word: str) -> None:
    assert set(Pronouncer().sounds_of(word)) <= set(CLASSES)


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
    stream = stream_of_words([(0, "bees"), (1, "1952"), (2, "buzz")], say)
    assert stream.sounds == "pis.pas"
    assert stream.owners.tolist() == [0, 0, 0, 1, 2, 2, 2]


def test_a_reading_belongs_to_the_words_at_its_times() -> None:
    starts, ends = [0, 1000, 3000], [900, 1500, 3500]
    reading = readings_of([Reading(0, 4000, PHONES)], starts, ends)
    assert reading.sounds == "pispastt"
    assert reading.owners.tolist() == [0, 0, 1, 1, 1, 2, 2, 2]
    assert readings_of([], starts, ends).sounds == ""
    assert readings_of([Reading(0, 10, ("P",))], [], []).sounds == ""


@given(st.integers(0, 700), st.data())
def test_no_place_is_cut_in_two_by_passages(length: int, data: st.DataObject) -> None:
    text = "".join(CLASSES[n * 7 % 21] for n in range(length))
    stream = SoundStream(text, np.zeros(length, dtype=np.int32))
    passages = [*stream.passages()]
    assert text.startswith(passages[0])
    first = data.draw(st.integers(0, length))
    last = min(length, first + data.draw(st.integers(0, 40)))
    assert any(
        n * PASSAGE <= first and last <= n * PASSAGE + len(passage)
        for n, passage in enumerate(passages)
    )


@pytest.mark.parametrize(
    ("query", "sound"),
    [
        ("kilkenny", "kilkini"),
        ('"kill kenny"', "kilkini"),
        ("kill kenny -bees", "kilkini"),
        ("of", None),
        ("kilk*", None),
        ("kilkenny 1952", None),
        ("Килкенни", None),
    ],
)
def test_what_can_be_looked_for_by_sound(query: str, sound: str | None) -> None:
    known = {"kill": "K IH L", "kenny": "K IH N IY", "kilkenny": "K IH L K IH N IY", "of": "AH V"}
    say = Pronouncer(lambda word: known[word].split() if word in known else None)
    asked = sound_query(parse_query(query), say, within=0.2)
    assert (asked and asked.sounds) == sound


def test_the_nearest_places_come_first_and_overlapping_ones_are_one() -> None:
    places = [
        Place(0.15, 1, 10, 11),
        Place(0.1, 1, 11, 12),
        Place(0.12, 2, 10, 11),
        Place(0.2, 3, 1, 1),
    ]
    nearest_first = sorted(places)
    assert ranked(nearest_first, most=5) == [places[1], places[2]]
    assert ranked(nearest_first, most=1) == [places[1]]
    assert ranked([], most=5) == []


@given(sounds.filter(lambda text: len(text) >= 3), st.lists(st.text(alphabet=CLASSES, max_size=60)))
def test_around_a_shared_trigram_the_same_places_are_found(
    asked: str, stretches: list[str]
) -> None:
    stretches.append("nn" + asked + "t")
    everywhere = nearest_in(asked, stretches)
    around = nearest_around_shared(asked, stretches)
    best = np.full(len(stretches), 9.0)
    np.minimum.at(best, around.stretches, around.distances)
    assert best[-1] == 0
    assert all(best >= everywhere.distances - 1e-6)
    for which, distance_, first, last in zip(
        around.stretches.tolist(), around.distances, around.firsts, around.lasts, strict=True
    ):
        if last >= first:
            place = stretches[which][first : last + 1]
            assert distance(asked, place) <= distance_ + 1e-6
