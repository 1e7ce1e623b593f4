"""The contract of a word index: every engine finds what brute force finds."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from everyword_events import EpisodeInfo, TransientFailure
from search.adapters.opensearch.client import OpenSearchClient, driver_for
from search.adapters.opensearch.index import OpenSearchWordIndex
from search.adapters.sqlite.index import SqliteWordIndex
from search.domain.document import EpisodeDocument, Turn
from search.domain.expansion import Expansion, Tier, Vocabulary
from search.domain.pages import SearchRequest, Sort
from search.domain.query import Filters, parse_query
from search.domain.reply import EpisodeHitsReply, SearchReply
from search.ports import WordIndex
from search.service import SearchService
from search.testing import PATIENT
from search.testing.corpus import (
    LANGUAGE_QUERIES,
    LANGUAGES,
    STATED,
    document,
    drawn_queries,
    generated,
    info,
)
from search.testing.oracle import Hit, OracleAnswer, answer, length_s

MOST_WEIGHED = 20


class _NoBlobs:
    """The contract needs no blob store; a use of it fails by attribute."""


class Archive:
    """A search service over one engine, filled directly."""

    def __init__(
        self, index: WordIndex, vocabulary: Vocabulary, settle: Callable[[], None]
    ) -> None:
        self.index = index
        self.vocabulary = vocabulary
        self.settle = settle
        blobs: Any = _NoBlobs()
        self.service = SearchService(index, vocabulary, blobs, lambda _: PATIENT)

    def fill(self, documents: Iterable[EpisodeDocument]) -> list[EpisodeDocument]:
        kept = list(documents)
        for one in kept:
            self.index.put(one)
        self.settle()
        return kept

    def pages(self, query: str, **how: Any) -> list[SearchReply]:
        """Follow `next` to the end."""
        pages = [self.service.search(query, **how)]
        while pages[-1]["next"]:
            pages.append(self.service.search(query, cursor=pages[-1]["next"], **how))
            assert len(pages) < 10_000, "paging does not end"
        return pages

    def hits(self, query: str, **how: Any) -> list[Hit]:
        """Return every hit of every page, in order."""
        return [
            hit
            for page in self.pages(query, **how)
            for group in page["results"]
            for hit in of(group)
        ]


def of(group: EpisodeHitsReply) -> list[Hit]:
    """Return an episode's hits on a page."""
    return [
        Hit(group["episode_id"], m["first_word"], m["n_words"], m["start"], m["end"])
        for m in group["moments"]
    ]


@pytest.fixture(
    name="archive", params=["sqlite", pytest.param("opensearch", marks=pytest.mark.opensearch)]
)
def _archive(request: pytest.FixtureRequest) -> Archive:
    engine: Archive = request.getfixturevalue(f"{request.param}_archive")
    return engine


@pytest.fixture(name="sqlite_archive")
def _sqlite_archive(tmp_path: Path) -> Iterator[Archive]:
    index = SqliteWordIndex(tmp_path / "index.db", most_weighed=MOST_WEIGHED)
    yield Archive(index, index.vocabulary, lambda: None)
    index.close()


@pytest.fixture(name="opensearch_archive")
def _opensearch_archive(opensearch_url: str, opensearch_prefix: str) -> Archive:
    """Passages are cut short, so that most of what is found crosses their borders."""
    driver = driver_for(opensearch_url)
    index = OpenSearchWordIndex(
        OpenSearchClient(driver),
        prefix=opensearch_prefix,
        most_passages=120,
        passage_words=60,
        poll_s=0.01,
    )

    def settle() -> None:
        driver.indices.refresh(index=f"{opensearch_prefix}-*")

    return Archive(index, index.vocabulary, settle)


@pytest.mark.slow_on_opensearch
def test_finds_what_brute_force_finds_in_every_language(archive: Archive) -> None:
    documents = archive.fill(LANGUAGES)
    check_all(archive, documents, LANGUAGE_QUERIES)


@pytest.mark.slow_on_opensearch
@pytest.mark.parametrize(
    ("words", "queries"), [(260, 40), pytest.param(520, 110, marks=pytest.mark.slow)]
)
def test_finds_what_brute_force_finds_in_generated_speech(
    archive: Archive, words: int, queries: int
) -> None:
    documents = archive.fill(generated(5, words=words))
    found = check_all(archive, documents, drawn_queries(documents, queries))
    assert found > 5 * queries


def test_phrases_cross_turns_and_stored_stretches(archive: Archive) -> None:
    words = tuple(f"w{n}" for n in range(1_000))
    turns = tuple(Turn(at, f"S{at % 2}") for at in range(0, 1_000, 7))
    long = replace(
        document("long"),
        words=words,
        starts_ms=tuple(range(0, 300_000, 300)),
        ends_ms=tuple(range(250, 300_250, 300)),
        turns=turns,
    )
    archive.fill([long])
    for length in range(2, 13):
        for at in random.Random(length).sample(range(1_000 - length), 40):
            phrase = " ".join(words[at : at + length])
            times = (at * 300 / 1000, ((at + length - 1) * 300 + 250) / 1000)
            assert archive.hits(f'"{phrase}"') == [Hit("long", at, length, *times)]
            assert archive.hits(f"{words[at]} {words[at + length - 1]}") == [
                Hit("long", at, length, *times)
            ]


def test_a_phrase_may_be_as_long_as_a_window(archive: Archive) -> None:
    words = [f"x{n}" for n in range(700)]
    archive.fill([document("e", " ".join(words))])
    for at in (0, 170, 199, 360, 399, 650):
        phrase = " ".join(words[at : at + 50])
        assert [h.first_word for h in archive.hits(f'"{phrase}"')] == [at]


def test_counts_overlapping_phrases(archive: Archive) -> None:
    archive.fill([document("e", "no no no no")])
    assert [h.first_word for h in archive.hits('"no no"')] == [0, 1, 2]
    assert [h.first_word for h in archive.hits('"no no no"')] == [0, 1]


def test_a_looser_tier_is_only_a_fallback(archive: Archive) -> None:
    archive.fill([document("e", "the café ran a cafe"), document("f", "running kubernetes here")])
    cases = {
        "cafe": ("exact", 1),
        "café": ("exact", 1),
        "cafè": ("folded", 2),
        "runs": ("stemmed", 1),
        "kuberntes": ("fuzzy", 1),
        "kubrentse": ("fuzzy", 0),
        "zebra": ("exact", 0),
    }
    for query, (tier, hits) in cases.items():
        reply = archive.service.search(query)
        expected = (tier, hits) if hits else ("exact", 0)
        assert (reply["matched"], reply["hits"]) == expected, query
        exactly = archive.service.search(query, exact=True)["hits"]
        assert exactly == (hits if tier in {"exact", "folded"} else 0), query


def test_suggests_what_was_meant(archive: Archive) -> None:
    archive.fill([document("e", "kubernetes kubernetes and kubernetic")])
    assert archive.service.search("Kubernetez rocks")["suggestion"] is None
    assert archive.service.search("the Kubernetez")["suggestion"] is None
    assert archive.service.search("and Kubernetez")["suggestion"] == "and kubernetes"
    assert archive.service.search("kubernetes")["suggestion"] is None


def test_a_filter_does_not_loosen_the_words(archive: Archive) -> None:
    archive.fill(
        [
            document("a", "honey", about=info(show="One")),
            document("b", "money", about=info(show="Two")),
        ]
    )
    assert archive.service.search("honey", show="Two")["hits"] == 0


def test_filters(archive: Archive) -> None:
    archive.fill(
        [
            document(
                "a",
                "Ada: bees",
                "Åke Öst: bees",
                about=info(show="One", published="2024-02-01"),
            ),
            document("b", "Ada: bees", about=info(show="Två", published="2025-06-30")),
            document("c", "bees"),
        ]
    )
    cases: list[tuple[str, dict[str, str], str]] = [
        ("bees", {}, "aabc"),
        ("bees", {"show": "one"}, "aa"),
        ("bees show:tva", {}, "b"),
        ("bees show:One show:Två", {}, "aab"),
        ("bees", {"episode": "b"}, "b"),
        ("bees", {"speaker": "ada"}, "ab"),
        ("bees speaker:ake", {}, "a"),
        ('bees speaker:"Åke Öst"', {}, "a"),
        ("bees speaker:nobody", {}, ""),
        ("bees", {"speaker": "Ake"}, ""),
        ("bees", {"date_from": "2025"}, "b"),
        ("bees", {"date_to": "2025"}, "aab"),
        ("bees", {"date_to": "2025-06-30"}, "aab"),
        ("bees", {"date_to": "2025-06-29"}, "aa"),
        ("bees after:2024-02-01 before:2024-02-02", {}, "aa"),
        ("bees before:2024-02-01", {}, ""),
        ("bees speaker:ada after:2025", {"show": "Två"}, "b"),
    ]
    for query, how, expected in cases:
        found = "".join(sorted(h.episode_id for h in archive.hits(query, **how)))
        assert found == expected, (query, how)


@pytest.mark.slow_on_opensearch
@pytest.mark.parametrize("sort", ["relevance", "date"])
@pytest.mark.parametrize("limit", [1, 3, 50])
def test_pages_have_every_hit_once_in_order(archive: Archive, sort: Sort, limit: int) -> None:
    documents = archive.fill(generated(MOST_WEIGHED - 2, words=300))
    for query in ("the", "bee", '"the of"', "bee honey", "kept -bees"):
        expected = answer(documents, query)
        assert expected is not None
        pages = archive.pages(query, sort=sort, limit=limit)
        hits = [hit for page in pages for group in page["results"] for hit in of(group)]
        assert len(hits) == len(set(hits)) == pages[0]["hits"]
        assert set(hits) == expected.hits
        assert not pages[0]["capped"]
        assert {page["hits"] for page in pages} == {len(hits)}
        assert {page["episodes"] for page in pages} == {len({h.episode_id for h in hits})}
        assert all(1 <= len(page["results"]) <= limit for page in pages)
        assert in_order(hits, documents, sort, query)


@pytest.mark.slow_on_opensearch
def test_more_episodes_than_are_weighed_come_newest_first(archive: Archive) -> None:
    documents = archive.fill(generated(MOST_WEIGHED * 2, words=300))
    for query in ("the", '"the of"', "the of", "the speaker:ada"):
        expected = answer(documents, query)
        assert expected is not None
        pages = archive.pages(query, limit=7)
        hits = [hit for page in pages for group in page["results"] for hit in of(group)]
        assert len(hits) == len(set(hits))
        assert set(hits) == expected.hits
        total, episodes = pages[0]["hits"], pages[0]["episodes"]
        if pages[0]["capped"]:
            assert total <= len(hits)
            assert episodes <= len({h.episode_id for h in hits})
            assert in_order(hits, documents, "date", query)
        else:
            assert (total, episodes) == (len(hits), len({h.episode_id for h in hits}))


def test_a_preview_goes_on_inside_each_episode(archive: Archive) -> None:
    documents = archive.fill(generated(6, words=300))
    expected = answer(documents, "the")
    assert expected is not None
    found: list[Hit] = []
    for page in archive.pages("the", limit=2, per_episode=3):
        for group in page["results"]:
            mine = of(group)
            assert len(mine) <= 3
            cursor = group.get("next")
            while cursor:
                more = archive.service.search("the", cursor=cursor, limit=5)
                assert {g["episode_id"] for g in more["results"]} == {group["episode_id"]}
                mine += of(more["results"][0])
                cursor = more["next"]
            assert len(mine) == group["hits"]
            found += mine
        check_strips(page, documents, expected)
    assert len(found) == len(set(found))
    assert set(found) == expected.hits


def test_the_starts_of_very_many_hits_are_spread_over_the_episode(archive: Archive) -> None:
    long = document("long", "crowd " * 2_500)
    # Two speak at once: the second starts before the first one's last word.
    both = replace(
        document("both", "Ada: crowd of bees", "Åke: crowd"),
        starts_ms=(900, 1_000, 1_200, 600),
        ends_ms=(990, 1_100, 9_000, 700),
    )
    documents = archive.fill([long, replace(both, audio_ms=30_500)])
    expected = answer(documents, "crowd")
    assert expected is not None
    page = archive.service.search("crowd", per_episode=2)
    check_strips(page, documents, expected)
    starts = {group["episode_id"]: group["starts"] for group in page["results"]}
    assert (len(starts["long"]), starts["long"][0], starts["long"][-1]) == (834, 0.007, 1249.507)
    assert starts["both"] == [0.6, 0.9]
    assert {group["duration_s"] for group in page["results"]} == {1249.903, 30.5}


def test_a_timeline_counts_every_episode(archive: Archive) -> None:
    documents = archive.fill(generated(8, words=300))
    for query in ("bee", '"the of"', "bee honey", "kept -bees", "the speaker:ada", "zebra"):
        expected = answer(documents, query)
        assert expected is not None
        counts = Counter(hit.episode_id for hit in expected.hits)
        counted = archive.service.timeline(query, step="episode")
        assert not counted["capped"]
        assert {row["episode_id"]: row["hits"] for row in counted["by_episode"]} == counts
        assert (counted["hits"], counted["episodes"]) == (len(expected.hits), len(counts))
        dates = [row["published_at"] for row in counted["by_episode"]]
        assert dates == sorted(dates, key=lambda date: (date is None, date))
        months = archive.service.timeline(query)
        assert sum(p["hits"] for p in months["periods"]) + months["undated_hits"] == months["hits"]


@pytest.mark.slow_on_opensearch
def test_a_timeline_of_more_than_is_counted_says_the_least(archive: Archive) -> None:
    documents = archive.fill(generated(MOST_WEIGHED * 2, words=300))
    expected = answer(documents, "the")
    assert expected is not None
    counts = Counter(hit.episode_id for hit in expected.hits)
    counted = archive.service.timeline("the", step="episode")
    assert counted["episodes"] == len(counts)
    for row in counted["by_episode"]:
        assert 0 < row["hits"] <= counts[row["episode_id"]]
    assert counted["capped"] or counted["hits"] == len(expected.hits)


def test_a_search_without_time_left_is_given_up(archive: Archive) -> None:
    archive.fill(generated(3, words=200))
    plans = Expansion(parse_query("the"), archive.vocabulary).plans(Tier.EXACT, ())
    spent = SearchRequest(plans=tuple(plans), ends_at=time.monotonic() - 1, tally=True)
    with pytest.raises(TransientFailure, match="too long") as failed:
        archive.index.find(spent)
    assert failed.value.code == "search_timed_out"
    assert archive.hits("the")


def test_snippets_are_whole_words_with_times(archive: Archive) -> None:
    said = "a b c d e f g h i j k l m Naïve, o p q r s t u v w x y z"
    archive.fill([document("e", said, "Åke: the end")])
    moment = archive.service.search("naïve")["results"][0]["moments"][0]
    assert [word["text"] for word in moment["snippet"]] == said.split()[1:26]
    assert [word["text"] for word in moment["snippet"] if word["match"]] == ["Naïve,"]
    assert moment["snippet"][0]["start"] == 0.507
    assert (moment["start"], moment["end"], moment["speaker"]) == (6.507, 6.903, None)
    last = archive.service.search('"the end"')["results"][0]["moments"][0]
    assert [word["text"] for word in last["snippet"]] == [*said.split()[14:], "the", "end"]
    assert last["speaker"] == "Åke"


def test_a_newer_run_replaces_and_an_older_never_wins(archive: Archive) -> None:
    archive.fill([document("e", "old words here " * 300, run="2")])
    archive.fill([document("e", "new words", run="3")])
    assert archive.index.put(document("e", "stale words", run="1")) is None
    archive.settle()
    assert archive.hits("old") == archive.hits("stale") == archive.hits("here") == []
    assert [h.first_word for h in archive.hits("words")] == [1]
    assert archive.vocabulary.spoken(["old", "new"]) == {"new"}
    again = archive.index.put(document("e", "new words", run="3"))
    archive.settle()
    assert again is not None
    assert again.words == 2
    assert len(archive.hits("words")) == 1


def test_runs_in_any_order_end_alike(archive: Archive) -> None:
    runs = [document("e", f"take{run} " * (40 * run), "done", run=str(run)) for run in range(1, 6)]
    random.Random(5).shuffle(runs)
    archive.fill([*runs, *runs])
    assert len(archive.hits("take5")) == 200
    assert archive.hits("take4") == archive.hits("take1") == []
    assert len(archive.hits("done")) == 1


@pytest.mark.slow_on_opensearch
def test_readers_see_one_run_or_the_other(archive: Archive) -> None:
    """No moment in which an episode is missing, there twice, or half old and half new."""
    archive.fill([document("e", "run1 always " * 80, run="1"), document("f", "always")])
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            reply = archive.service.search("always", limit=50)
            page = archive.service.search("run*", limit=50)
            said = {
                word["text"]
                for group in page["results"]
                for moment in group["moments"]
                for word in moment["snippet"]
                if word["match"]
            }
            if reply["hits"] != 81 or page["hits"] != 80 or len(said) != 1:
                wrong.append((reply["hits"], page["hits"], said))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for run in range(2, 9):
            archive.index.put(document("e", f"run{run} always " * 80, run=str(run)))
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    archive.settle()
    assert len(archive.hits("run8")) == 80


def test_removal_is_final(archive: Archive) -> None:
    archive.fill([document("e", "secret words"), document("f", "open words")])
    archive.index.remove("e")
    archive.settle()
    assert archive.hits("secret") == []
    assert archive.vocabulary.spoken(["secret", "words"]) == {"words"}
    assert archive.index.put(document("e", "secret words", run="9")) is None
    archive.index.describe("e", info("secret title", show="Secret"))
    archive.index.remove("e")
    archive.index.remove("never there")
    archive.settle()
    assert archive.hits("secret") == []
    assert [h.episode_id for h in archive.hits("words")] == ["f"]
    assert archive.index.facets(Filters()).shows == ()


def test_the_latest_statement_about_an_episode_wins(archive: Archive) -> None:
    def stated(day: int, title: str) -> EpisodeInfo:
        return info(title, show=f"Show {day}", as_of=STATED + timedelta(days=day))

    archive.index.describe("early", stated(5, "renamed"))
    archive.fill([document("early", "bees", about=stated(1, "first name"))])
    archive.fill([document("late", "bees", about=stated(1, "first name"))])
    archive.index.describe("late", stated(7, "renamed later"))
    archive.index.describe("late", stated(3, "in between"))
    archive.settle()
    found = {g["episode_id"]: g["title"] for g in archive.service.search("bees")["results"]}
    assert found == {"early": "renamed", "late": "renamed later"}
    assert [h.episode_id for h in archive.hits("bees", show="show 7")] == ["late"]
    assert archive.hits("bees", show="show 1") == []


def test_an_episode_described_but_not_yet_said_is_not_found(archive: Archive) -> None:
    archive.index.describe("e", info("bees", show="Bees"))
    archive.settle()
    assert archive.hits("bees") == []
    assert archive.index.facets(Filters()).shows == ()


def test_silence_is_an_episode_with_nothing_to_find(archive: Archive) -> None:
    stored = archive.index.put(document("silent"))
    archive.settle()
    assert stored is not None
    assert stored.words == 0
    assert archive.hits("anything") == []


def test_facets_count_episodes(archive: Archive) -> None:
    archive.fill(
        [
            document("a", "Ada: hi", "Åke: ho", about=info(show="One")),
            document("b", "Ada: hi", about=info(show="One"), language="sv"),
            document("c", "hi", about=info(show="Two")),
        ]
    )
    facets = archive.index.facets(Filters())
    assert facets.shows == (("One", 2), ("Two", 1))
    assert facets.speakers == (("Ada", 2), ("Åke", 1))
    assert sorted(archive.index.vocabulary.languages()) == ["en", "sv"]
    of_one = archive.index.facets(Filters(shows=frozenset(("two",))))
    assert (of_one.shows, of_one.speakers) == ((("Two", 1),), ())


def test_suggests_what_is_said_most(archive: Archive) -> None:
    archive.fill(
        [
            document("a", "kept kettle kite"),
            document("b", "kept kettle"),
            document("c", "kettle"),
        ]
    )
    assert archive.service.suggest("we K") == ["we kettle", "we kept", "we kite"]
    assert archive.service.suggest("ke", limit=1) == ["kettle"]
    assert archive.service.suggest("zz") == archive.service.suggest("") == []


def test_hostile_words_are_shown_as_they_are(archive: Archive) -> None:
    said = '<img onerror=alert(1)> </script> "); drop table episode; -- \u202eevil'
    archive.fill([document("e", said)])
    reply = archive.service.search("evil")
    assert " ".join(w["text"] for w in reply["results"][0]["moments"][0]["snippet"]) == said
    for query in (
        'x"); drop table',
        "NEAR(a b)",
        "a AND b OR NOT c",
        "tokens:x",
        "{a} + ^b",
        "x\x00y",
    ):
        archive.service.search(query)


def check_all(
    archive: Archive, documents: Sequence[EpisodeDocument], queries: Iterable[str]
) -> int:
    """Compare with brute force; return how many hits were compared."""
    compared = 0
    for query in queries:
        expected = answer(documents, query)
        if expected is None:
            continue
        pages = archive.pages(query)
        hits = [hit for page in pages for group in page["results"] for hit in of(group)]
        assert len(hits) == len(set(hits)), query
        assert (query, sorted(set(hits))) == (query, sorted(expected.hits))
        assert (query, pages[0]["matched"]) == (query, expected.tier)
        for page in pages:
            check_strips(page, documents, expected)
        compared += len(hits)
    return compared


def check_strips(
    page: SearchReply, documents: Sequence[EpisodeDocument], expected: OracleAnswer
) -> None:
    """Compare where in an episode all its hits lie, shown on this page or not."""
    lengths = {document.episode_id: length_s(document) for document in documents}
    for group in page["results"]:
        episode_id = group["episode_id"]
        assert group["starts"] == expected.starts(episode_id)
        assert group["duration_s"] == lengths[episode_id]


def in_order(
    hits: Sequence[Hit], documents: Sequence[EpisodeDocument], sort: Sort, query: str
) -> bool:
    """Tell whether episodes come in the promised order, and hits inside them by word."""
    published = {
        d.episode_id: d.info.published_at.timestamp() if d.info.published_at else float("-inf")
        for d in documents
    }
    ids = list(dict.fromkeys(hit.episode_id for hit in hits))
    counts = {i: [hit for hit in hits if hit.episode_id == i] for i in ids}
    lone = len(query.split()) == 1 or query.startswith('"') or "-" in query

    def rank(episode_id: str) -> tuple[float, float, str]:
        weight = float(len(counts[episode_id])) if sort == "relevance" and lone else 0.0
        return (weight, published[episode_id], episode_id)

    grouped = [hit for i in ids for hit in sorted(counts[i])] == list(hits)
    if sort == "relevance" and not lone:
        return grouped
    return grouped and ids == sorted(ids, key=rank, reverse=True)


def test_titles_are_found_by_how_their_words_begin(archive: Archive) -> None:
    archive.fill(
        [
            document(
                "a", "Ada: hi", about=info("The Lighthouse of Kilkenny", published="2024-01-01")
            ),
            document("b", "lighthouse", about=info("Émile's lighthouses", show="One")),
            document("c", "hi", about=info("Bees")),
        ]
    )
    archive.index.describe("later", info("A lighthouse nobody spoke of yet"))

    def titled(q: str, **how: Any) -> list[str]:
        reply = archive.service.search(q, titles=True, **how)
        return [episode["episode_id"] for episode in reply["titles"]]

    assert titled("lighthouse") == ["a", "b"] or titled("lighthouse") == ["b", "a"]
    assert titled("kilk lighthouse") == ["a"]
    assert titled("emile") == ["b"]
    assert titled("lighthouse show:One") == ["b"]
    assert titled("house") == titled("speaker:Ada") == []
    assert archive.service.search("lighthouse", titles=True)["titles"][0]["url"].startswith("/")
    assert "titles" not in archive.service.search("lighthouse")
    archive.index.remove("a")
    assert titled("kilkenny") == []
