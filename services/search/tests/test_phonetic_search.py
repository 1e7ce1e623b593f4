"""Found by sound through the service, on either engine."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from search import phonetic_search
from search.adapters.opensearch.client import OpenSearchClient, driver_for
from search.adapters.opensearch.index import OpenSearchWordIndex
from search.adapters.opensearch.reindex import reindex
from search.adapters.pronunciations import pronouncer
from search.adapters.sqlite.index import SqliteWordIndex
from search.config import SearchSettings
from search.domain.document import EpisodeDocument
from search.domain.pages import SearchRequest
from search.domain.phonetics import Pronouncer, TimedPhones, best_matches, recognized_phones
from search.domain.query import Filters, parse_query
from search.engines import open_engine
from search.phonetic_search import PhoneticSearch
from search.service import SearchService
from search.testing import PATIENT
from search.testing.corpus import document, info

MISHEARD = document(
    "misheard",
    "Ada: my grandmother idling at kept bees behind the station",
    "Bo: we run cube earn eighties on a cluster in the cellar",
)
READ_ALOUD = replace(
    MISHEARD,
    recognized=recognized_phones(
        [TimedPhones(1007, 1903, ("R", "AY", "Z", "AH", "L", "IH", "N"))],
        MISHEARD.starts_ms,
        MISHEARD.ends_ms,
    ),
)


class House:
    """A service over one engine."""

    def __init__(self, index: SqliteWordIndex | OpenSearchWordIndex) -> None:
        self.index = index
        blobs: Any = None
        likely = PATIENT.likely
        self.service = SearchService(
            index,
            index.vocabulary,
            blobs,
            lambda _: PATIENT,
            PhoneticSearch(index.phonetics, pronouncer, likely),
        )

    def matched(self, q: str, **how: Any) -> list[tuple[str, str]]:
        """Return each moment's episode and the words marked in it."""
        reply = self.service.search(q, **how)
        assert reply["matched"] == ("sounds_like" if reply["hits"] else "exact")
        return [
            (group["episode_id"], " ".join(w["text"] for w in m["snippet"] if w["match"]))
            for group in reply["results"]
            for m in group["moments"]
        ]


@pytest.fixture(
    name="house", params=["sqlite", pytest.param("opensearch", marks=pytest.mark.opensearch)]
)
def _house(request: pytest.FixtureRequest) -> House:
    house: House = request.getfixturevalue(f"{request.param}_house")
    return house


@pytest.fixture(name="sqlite_house")
def _sqlite_house(tmp_path: Path) -> Iterator[House]:
    index = SqliteWordIndex(tmp_path / "index.db", pronouncer=pronouncer)
    yield House(index)
    index.close()


@pytest.fixture(name="opensearch_house")
def _opensearch_house(opensearch_url: str, opensearch_prefix: str) -> House:
    """Passages are cut short, so that moments cross their borders."""
    client = OpenSearchClient(driver_for(opensearch_url))
    return House(
        OpenSearchWordIndex(
            client,
            prefix=opensearch_prefix,
            passage_words=12,
            poll_s=0.01,
            pronouncer=pronouncer,
        )
    )


def test_what_was_misspelt_is_found_and_labelled_with_what_was_written(house: House) -> None:
    house.index.put(MISHEARD)
    reply = house.service.search("kubernetes")
    assert (reply["matched"], reply["hits"], reply["episodes"]) == ("sounds_like", 1, 1)
    assert (reply["capped"], reply["next"], reply["suggestion"]) == (False, None, None)
    (moment,) = reply["results"][0]["moments"]
    assert [w["text"] for w in moment["snippet"] if w["match"]] == ["cube", "earn", "eighties"]
    assert moment["speaker"] == "Bo"
    assert (moment["first_word"], moment["n_words"]) == (11, 3)
    assert (moment["start"], moment["end"]) == (5.507, 6.903)


def test_an_acoustic_reading_finds_more(house: House) -> None:
    """As PocketSphinx reads "Rosalind", recognised as "idling at" (words 2 and 3)."""
    house.index.put(MISHEARD)
    assert house.matched("rosalind") == []
    house.index.put(replace(READ_ALOUD, revision="2"))
    assert house.matched("rosalind") == [("misheard", "idling at")]


def test_words_that_are_spelt_are_never_mixed_with_sounds(house: House) -> None:
    house.index.put(MISHEARD)
    house.index.put(document("right", "kubernetes and kilkenny"))
    reply = house.service.search("kubernetes")
    assert (reply["matched"], reply["hits"]) == ("exact", 1)
    assert house.service.search("kubernetis")["matched"] == "fuzzy"


def test_only_english_is_found_by_sound(house: House) -> None:
    house.index.put(replace(MISHEARD, language="de"))
    assert house.matched("kubernetes") == []
    house.index.put(replace(MISHEARD, language="en-GB", revision="2"))
    assert len(house.matched("kubernetes")) == 1
    house.index.put(replace(MISHEARD, language="de", revision="3"))
    assert house.matched("kubernetes") == []


def test_sounds_go_with_the_words(house: House) -> None:
    house.index.put(MISHEARD)
    house.index.put(document("misheard", "other words altogether", run="2"))
    assert house.matched("kubernetes") == []
    house.index.put(MISHEARD)  # the older run does not come back
    assert house.matched("kubernetes") == []
    house.index.put(document("misheard", "well cube earn eighties", run="3"))
    assert house.matched("kubernetes") == [("misheard", "cube earn eighties")]
    house.index.remove("misheard")
    assert house.matched("kubernetes") == []


def test_no_half_of_a_revision_is_ever_stored(tmp_path: Path) -> None:
    def fails() -> Pronouncer:
        raise RuntimeError

    index = SqliteWordIndex(tmp_path / "index.db", pronouncer=pronouncer)
    index.put(MISHEARD)
    index.close()
    failing = SqliteWordIndex(tmp_path / "index.db", pronouncer=fails)
    with pytest.raises(RuntimeError):
        failing.put(document("misheard", "other words", run="2"))
    finds = PhoneticSearch(failing.phonetics, pronouncer, likely=0.15)
    assert finds.find(parse_query("kubernetes"), SearchRequest(())).hits == 1
    assert failing.vocabulary.spoken(["eighties", "other"]) == {"eighties"}
    failing.close()


def test_filters_hold_for_sounds(house: House) -> None:
    about = info("Misheard", show="History", published="2025-05-05")
    house.index.put(replace(MISHEARD, info=about))
    asked: list[tuple[dict[str, str], bool]] = [
        ({"speaker": "Bo"}, True),
        ({"speaker": "Ada"}, False),
        ({"show": "Cooking"}, False),
        ({"episode": "misheard"}, True),
        ({"episode": "other"}, False),
        ({"date_from": "2026"}, False),
        ({"date_to": "2026"}, True),
    ]
    for how, found in asked:
        assert bool(house.matched("kubernetes", **how)) is found, how


def test_queries_by_sound(house: House) -> None:
    house.index.put(MISHEARD)
    for query, found in [
        ("kubernetes -cellar", False),
        ('kubernetes -"on a"', False),
        ("kubernetes -clus*", False),
        ("kubernetes -kitchen", True),
        ("kubernetes* ", False),
        ("kubernetes 2026", False),
        ("xyz", False),
    ]:
        assert bool(house.matched(query)) is found, query


def test_a_word_that_is_spelt_beside_one_that_is_not(house: House) -> None:
    words = (*MISHEARD.words[:14], *MISHEARD.words[15:])
    times = {"starts_ms": MISHEARD.starts_ms[:-1], "ends_ms": MISHEARD.ends_ms[:-1]}
    house.index.put(replace(MISHEARD, words=words, **times))
    assert house.matched("kubernetis clusters")


def test_the_likeliest_come_first_and_at_most_ten_are_shown(house: House) -> None:
    house.index.put(document("far", "cooper net is"))
    house.index.put(document("near", "cooper nets"))
    house.index.put(document("too far", "cooking and reading"))
    assert [episode for episode, _ in house.matched("kubernetes")] == ["near", "far"]
    for number in range(12):
        house.index.put(document(f"near-{number}", "cooper nets"))
    reply = house.service.search("kubernetes", limit=50)
    assert (reply["hits"], reply["episodes"], reply["capped"]) == (10, 10, True)
    assert "far" not in {group["episode_id"] for group in reply["results"]}
    page = house.service.search("kubernetes", limit=2)
    assert (page["hits"], page["episodes"], page["capped"], page["next"]) == (2, 2, True, None)


def test_moments_of_one_episode_stand_together(house: House) -> None:
    house.index.put(
        document("twice", "cube earn eighties " + "and so on " * 9 + "cube earn eighties")
    )
    reply = house.service.search("kubernetes", per_episode=1)
    assert (reply["hits"], reply["episodes"]) == (2, 1)
    assert (reply["results"][0]["hits"], len(reply["results"][0]["moments"])) == (2, 1)


def test_nothing_is_kept_where_sounds_are_off(tmp_path: Path) -> None:
    engine = open_engine(SearchSettings(by_sound=False), tmp_path / "index.db")
    engine.index.put(MISHEARD)
    assert engine.phonetics is None
    passages = SqliteWordIndex(tmp_path / "index.db").phonetics.candidates("ABC", Filters(), most=9)
    assert (passages.recognized, passages.derived) == ([], [])
    engine.close()


def large(number: int) -> EpisodeDocument:
    """Return an episode without a word that sounds like kubernetes."""
    return document(f"large-{number}", "and then we talked about the weather for a while " * 100)


def test_in_a_large_archive_the_same_moment_is_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phonetic_search, "MOST_PASSAGES", 10)
    for number in range(5):
        house.index.put(large(number))
    house.index.put(MISHEARD)
    assert house.matched("kubernetes") == [("misheard", "cube earn eighties")]
    assert house.matched("kubernetes", episode="misheard") == [("misheard", "cube earn eighties")]


def test_a_place_of_a_run_since_replaced_has_no_moment(house: House) -> None:
    house.index.put(MISHEARD)
    sounds = pronouncer().phones_of("kubernetes")
    heard = house.index.phonetics.candidates(sounds, Filters(), most=9)
    places = best_matches(sounds, heard, most=1)
    assert len(house.index.phonetics.moments(places)) == 1
    house.index.put(document("misheard", "quite other words and a good many of them " * 9, run="2"))
    assert house.index.phonetics.moments(places) == {}


@pytest.mark.opensearch
@pytest.mark.parametrize("most", [pytest.param(4_000, marks=pytest.mark.slow), 20])
def test_both_engines_hear_the_same(
    sqlite_house: House, opensearch_house: House, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phonetic_search, "MOST_PASSAGES", most)
    spoken = [MISHEARD, READ_ALOUD, document("far", "cooper net is"), *map(large, range(6))]
    for number, one in enumerate(spoken):
        for house in (sqlite_house, opensearch_house):
            house.index.put(replace(one, episode_id=f"e{number}"))
    for query in ("kubernetes", "rosalind", "grandfather", "weathervane", "station master"):
        replies = [house.service.search(query) for house in (sqlite_house, opensearch_house)]
        assert replies[0] == replies[1]


@pytest.mark.opensearch
def test_a_reading_outlives_reindexing(opensearch_house: House) -> None:
    opensearch_house.index.put(READ_ALOUD)
    assert isinstance(opensearch_house.index, OpenSearchWordIndex)
    layout = opensearch_house.index.phonetics.layout
    reindex(layout.client, prefix=layout.prefix, grace_s=0, pronouncer=pronouncer)
    assert opensearch_house.matched("rosalind") == [("misheard", "idling at")]
    reindex(layout.client, prefix=layout.prefix, grace_s=0)
    assert opensearch_house.matched("rosalind") == []


def perhaps(house: House, q: str, **how: Any) -> list[tuple[str, str, str]]:
    """Return each moment's episode, the words marked in it, and what it was found by."""
    reply = house.service.search(q, perhaps=True, **how)
    return [
        (group["episode_id"], " ".join(w["text"] for w in m["snippet"] if w["match"]), m["matched"])
        for group in reply["perhaps"]
        for m in group["moments"]
    ]


def test_what_was_perhaps_said_stands_beside_what_was(house: House) -> None:
    house.index.put(document("right", "kubernetes and kilkenny and kubernetes"))
    house.index.put(document("near", "we like kubernetis a lot"))
    house.index.put(MISHEARD)
    reply = house.service.search("kubernetes", perhaps=True)
    assert (reply["matched"], reply["hits"], reply["episodes"]) == ("exact", 2, 1)
    assert [group["episode_id"] for group in reply["results"]] == ["right"]
    assert perhaps(house, "kubernetes") == [
        ("near", "kubernetis", "fuzzy"),
        ("misheard", "cube earn eighties", "sounds_like"),
    ]
    likelihoods = [m["likelihood"] for group in reply["perhaps"] for m in group["moments"]]
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert all(0.25 <= one <= 1 for one in likelihoods)
    assert "perhaps" not in house.service.search("kubernetes")


def test_a_wrong_spelling_does_not_hide_the_right_sound(house: House) -> None:
    house.index.put(document("near", "we like kubernetis a lot"))
    house.index.put(MISHEARD)
    reply = house.service.search("kubernetes", perhaps=True)
    assert (reply["matched"], reply["hits"]) == ("fuzzy", 1)
    assert perhaps(house, "kubernetes") == [("misheard", "cube earn eighties", "sounds_like")]


@pytest.mark.slow_on_opensearch
def test_what_is_among_the_results_is_never_perhaps_said(house: House) -> None:
    for number in range(40):
        house.index.put(document(f"right-{number:02}", "kept bees and kubernetes " * 3))
    house.index.put(document("near", "kept beads and kubernetis"))
    for query in ("kubernetes", '"kept bees"', "kept bees", "bees"):
        reply = house.service.search(query, perhaps=True, limit=2)
        assert reply["hits"] == 120
        assert {episode for episode, _, _ in perhaps(house, query)} <= {"near"}
    assert perhaps(house, "kubernetes") == [("near", "kubernetis", "fuzzy")]
    following = house.service.search("kubernetes", limit=2)["next"]
    assert (
        house.service.search("kubernetes", perhaps=True, limit=2, cursor=following)["perhaps"] == []
    )
    assert perhaps(house, "kubernetes", exact=True) == []


@pytest.mark.slow_on_opensearch
def test_at_most_ten_are_perhaps_said_and_filters_hold(house: House) -> None:
    for show in ("Odd", "Even"):
        house.index.put(document(f"right-{show}", "kubernetes", about=info("Right", show=show)))
    for number in range(12):
        about = info("Near", show="Odd" if number % 2 else "Even")
        house.index.put(document(f"near-{number:02}", "the kubernetis", about=about))
    assert len(perhaps(house, "kubernetes")) == 10
    assert len(perhaps(house, "kubernetes", show="Even")) == 6
    assert perhaps(house, "kubernetes -the") == []


def test_other_languages_go_by_their_spelling(house: House) -> None:
    house.index.put(document("recht", "der abenteuerliche Simplicissimus", language="de"))
    house.index.put(document("fast", "der abenteuerliche Simplizissimus", language="de"))
    house.index.put(document("form", "des abenteuerlichen Romans", language="de"))
    assert perhaps(house, "Simplicissimus") == [("fast", "Simplizissimus", "fuzzy")]
    assert perhaps(house, "abenteuerliche") == []


def test_a_possessive_is_what_was_said(house: House) -> None:
    house.index.put(document("right", "the worlds of Kilkenny"))
    house.index.put(document("owner", "Kilkenny's finest and the world's end"))
    assert perhaps(house, "worlds") == perhaps(house, "Kilkenny") == []


def test_part_of_a_number_in_digits_was_perhaps_said(house: House) -> None:
    house.index.put(document("year", "it was in 1813 that the story began"))
    house.index.put(document("right", "there were thirteen of them"))
    assert perhaps(house, "thirteen") == [("year", "1813", "sounds_like")]


def test_a_number_within_a_number_was_perhaps_said(house: House) -> None:
    house.index.put(document("year", "it was in 1813 or in 2018 or 1318"))
    house.index.put(document("right", "eighteen and thirty and three hundred of one"))
    house.index.put(document("more", "37 and 350 and 30 and 18 and 118 people"))
    house.index.put(document("cifras", "37 y 2014", language="es"))
    for word, found in {
        "eighteen": {"1813", "2018", "1318", "118"},
        "thirty": {"37"},
        "hundred": {"350", "118"},
        "treinta": {"37"},
        "catorce": {"2014"},
        "one": set(),
    }.items():
        assert {written for _, written, _ in perhaps(house, word)} >= set(found), word
        assert not {"37", "350"} & {w for _, w, _ in perhaps(house, word)} - found


def test_what_is_run_together_is_perhaps_written_in_full(house: House) -> None:
    house.index.put(document("right", "y'know he's gonna come"))
    house.index.put(document("full", "you know he is going to come"))
    assert perhaps(house, "y'know") == [("full", "you know", "sounds_like")]
    assert perhaps(house, "going to") == [("right", "gonna", "sounds_like")]


def test_old_endings_are_perhaps_written_as_new_ones(house: House) -> None:
    house.index.put(document("right", "thou mak'st and buriest in the forest"))
    house.index.put(document("new", "he makes fores of ours and buries them"))
    assert perhaps(house, "mak'st") == [("new", "makes", "sounds_like")]
    assert perhaps(house, "buriest") == [("new", "buries", "sounds_like")]
    assert perhaps(house, "forest") == []


def test_a_writing_that_stands_often_says_little(house: House) -> None:
    house.index.put(document("right", "y'know thou mak'st a way for fores"))
    house.index.put(document("old", "thou makes waste of us"))
    for number in range(5):
        house.index.put(document(f"new{number}", "you know he makes this away"))
    assert perhaps(house, "y'know") == perhaps(house, "thou makst away") == []
    assert perhaps(house, "mak'st") == [("old", "makes", "sounds_like")]


def test_words_run_together_are_those_written_in_full(house: House) -> None:
    house.index.put(document("full", "he is going to come"))
    house.index.put(document("other", "die Leute going to", language="de"))
    reply = house.service.search("gonna", perhaps=True)
    assert (reply["matched"], reply["hits"], reply["perhaps"]) == ("stemmed", 1, [])
    assert house.service.search("gonna", exact=True)["hits"] == 0
    house.index.put(document("short", "he is gonna come"))
    assert house.service.search("gonna")["hits"] == 1
    assert house.service.search('"going to" -gonna')["hits"] == 2


def test_one_word_of_a_phrase_was_perhaps_misheard(house: House) -> None:
    house.index.put(document("right", "the tender churl makes waste of pity in the world"))
    house.index.put(document("near", "a tender churro makes waste in pity the world"))
    house.index.put(document("recht", "wenn alle Vaganten singen", language="de"))
    house.index.put(document("fast", "wenn alle Waganten singen", language="de"))
    for query in ("tender churl", '"churl makes"', '"tender churl makes waste"'):
        ((episode, written, _),) = perhaps(house, query)
        assert (episode, "churro" in written.split()) == ("near", True)
    assert perhaps(house, "alle Vaganten singen") == [("fast", "alle Waganten singen", "fuzzy")]
    assert perhaps(house, '"tender mercy"') == perhaps(house, '"alle Kinder singen"') == []


def test_a_phrase_with_another_word_is_another_phrase(house: House) -> None:
    house.index.put(document("right", "we came from New Jersey and left New Jersey too"))
    house.index.put(document("other", "they live in New Jersey now"))
    assert perhaps(house, "new jersey and") == perhaps(house, '"in new jersey too"') == []


def test_one_word_is_perhaps_written_as_two_and_two_as_one(house: House) -> None:
    house.index.put(document("one", "a cliffhanger is loud"))
    house.index.put(document("two", "a cliff hanger is loud"))
    house.index.put(document("eins", "die Haustür ist zu", language="de"))
    house.index.put(document("zwei", "die Haus Tür ist zu", language="de"))
    for one, two in (("cliffhanger", "cliff hanger"), ("Haustür", "Haus Tür")):
        (split,), (joined,), (quoted,) = (perhaps(house, q) for q in (one, two, f'"{two}"'))
        assert (split[1:], joined[1:], quoted) == ((two, "fuzzy"), (one, "fuzzy"), joined)
    assert perhaps(house, "Haustür -zu") == []


def test_a_word_is_perhaps_part_of_what_is_no_word(house: House) -> None:
    house.index.put(document("joined", "the greasy washwater of the year"))
    house.index.put(document("word", "they came on horseback"))
    house.index.put(document("right", "a year of water with a horse"))
    assert perhaps(house, "water") == [("joined", "washwater", "sounds_like")]
    assert perhaps(house, "horse") == []


def test_what_sounds_like_a_query_does_not_hide_what_is_written_otherwise(house: House) -> None:
    house.index.put(document("full", "it began in 1813 in the north"))
    house.index.put(document("sound", "about eighty nights later"))
    assert house.matched("eighteen") == [("sound", "eighty nights")]
    assert perhaps(house, "eighteen") == [("full", "1813", "sounds_like")]


def test_what_is_written_often_is_no_slip(house: House) -> None:
    house.index.put(document("recht", "der Vaganten und Pilger wieder wird", language="de"))
    house.index.put(document("fast", "der Waganten wegen", language="de"))
    assert perhaps(house, "Vaganten") == [("fast", "Waganten", "fuzzy")]
    house.index.put(document("oft", "die Waganten und Waganten, die Waganten", language="de"))
    house.index.put(document("wie", "wie der Tag wie der Abend wie der Tag wie der", language="de"))
    assert perhaps(house, "Vaganten") == perhaps(house, "wieder") == []


def test_unwanted_words_hold_in_other_languages(house: House) -> None:
    house.index.put(document("recht", "ein Simplicissimus", language="de"))
    house.index.put(document("fast", "der alte Simplizissimus", language="de"))
    assert perhaps(house, "Simplicissimus -jung") == [("fast", "Simplizissimus", "fuzzy")]
    assert perhaps(house, "Simplicissimus -alt*") == []


def test_other_forms_of_a_word_were_said(house: House) -> None:
    house.index.put(document("right", "thanks to everyone, he vanished"))
    house.index.put(document("form", "we thank everyone, they vanish"))
    assert perhaps(house, "thanks") == perhaps(house, "vanished") == []
