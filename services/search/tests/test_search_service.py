"""The service follows the bus and answers in the agreed JSON."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from everyword_events import (
    BlobRef,
    EpisodeChanged,
    EpisodeInfo,
    EpisodeRemoved,
    Event,
    EventData,
    InvalidInput,
    NotFound,
    TranscriptRefined,
    new_run_id,
)
from everyword_storage import DirectoryBlobStore, artifact_key
from everyword_transcripts import Segment, Speaker, Transcript, Word, write_transcript
from search.adapters.sqlite.index import SqliteWordIndex
from search.config import SearchSettings
from search.contract import CONTRACT
from search.domain.pages import SearchPage
from search.service import SearchService
from search.testing.corpus import STATED, info


class House:
    """A service on a real index and a real blob store."""

    def __init__(self, folder: Path) -> None:
        self.blobs = DirectoryBlobStore(folder / "blobs")
        self.index = SqliteWordIndex(folder / "index.db")
        self.service = SearchService(
            self.index,
            self.index.vocabulary,
            self.blobs,
            lambda show: self.settings.get(show, SearchSettings()),
        )
        self.settings: dict[str, SearchSettings] = {}

    def refined(
        self,
        said: str,
        *,
        episode_id: str = "e",
        run_id: str | None = None,
        about: EpisodeInfo | None = None,
    ) -> Event:
        run_id = run_id or new_run_id()
        words = [
            Word(word, n * 0.5, n * 0.5 + 0.3, speaker=f"SPEAKER_0{n // 4 % 2}")
            for n, word in enumerate(said.split())
        ]
        transcript = Transcript(
            "en",
            60.0,
            (Segment.of(words, speaker=None, language="en"),) if words else (),
            (Speaker("SPEAKER_00", "Ada"), Speaker("SPEAKER_01")),
        )
        key = artifact_key(episode_id, run_id, "refined.json")
        ref = self.blobs.put(key, write_transcript(transcript), media_type="application/json")
        return event(
            TranscriptRefined(
                episode=about or info("Bees", show="History"),
                transcript=ref,
                language="en",
                duration_s=60,
                words=len(words),
            ),
            episode_id=episode_id,
            run_id=run_id,
        )


def event(data: EventData, *, episode_id: str = "e", run_id: str = "r") -> Event:
    return Event.first("test", data, episode_id=episode_id, run_id=run_id)


@pytest.fixture(name="house")
def _house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.index.close()


def test_a_refined_transcript_becomes_findable(house: House) -> None:
    cause = house.refined("We kept bees there")
    (indexed,) = house.service.handle(cause)
    assert CONTRACT.emits[0] is type(indexed.data)
    assert json.loads(indexed.data.model_dump_json()) == {
        "words": 4,
        "passages": 1,
        "index": "sqlite-1",
    }
    assert indexed.meta.causation_id == cause.meta.event_id
    assert house.service.search("bees") == {
        "query": "bees",
        "matched": "exact",
        "suggestion": None,
        "hits": 1,
        "episodes": 1,
        "capped": False,
        "next": None,
        "results": [
            {
                "episode_id": "e",
                "show": "History",
                "title": "Bees",
                "published_at": None,
                "url": "/episodes/e#t=1",
                "duration_s": 60.0,
                "hits": 1,
                "starts": [1.0],
                "moments": [
                    {
                        "start": 1.0,
                        "end": 1.3,
                        "speaker": "Ada",
                        "first_word": 2,
                        "n_words": 1,
                        "url": "/episodes/e#t=1",
                        "snippet": [
                            {"text": "We", "start": 0.0, "match": False},
                            {"text": "kept", "start": 0.5, "match": False},
                            {"text": "bees", "start": 1.0, "match": True},
                            {"text": "there", "start": 1.5, "match": False},
                        ],
                    }
                ],
            }
        ],
    }


def test_the_same_event_twice_is_the_same_event(house: House) -> None:
    cause = house.refined("bees")
    first, second = house.service.handle(cause), house.service.handle(cause)
    assert [e.meta.event_id for e in first] == [e.meta.event_id for e in second]
    assert house.service.search("bees")["hits"] == 1


def test_an_older_run_changes_nothing_and_says_nothing(house: House) -> None:
    older, newer = new_run_id(), new_run_id()
    house.service.handle(house.refined("new words", run_id=newer))
    assert house.service.handle(house.refined("old words", run_id=older)) == ()
    assert house.service.search("old")["hits"] == 0


def test_silence_is_indexed(house: House) -> None:
    (indexed,) = house.service.handle(house.refined(""))
    assert json.loads(indexed.data.model_dump_json())["words"] == 0


def test_changes_and_removal(house: House) -> None:
    later = info(
        "Renamed", show="New", link="https://example.com/7#notes", as_of=STATED + timedelta(1)
    )
    assert house.service.handle(event(EpisodeChanged(episode=later))) == ()
    house.service.handle(house.refined("bees"))
    (result,) = house.service.search("bees")["results"]
    assert (result["title"], result["show"]) == ("Renamed", "New")
    assert result["url"] == "https://example.com/7#t=0"
    assert house.service.shows() == [{"name": "New", "episodes": 1}]
    assert house.service.handle(event(EpisodeRemoved())) == ()
    assert house.service.search("bees")["hits"] == 0
    assert house.service.handle(house.refined("bees")) == ()


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil.example", ""])
def test_only_web_links_are_followed(house: House, link: str) -> None:
    house.settings["Own"] = SearchSettings(page_url="https://show.example/{show}/{episode_id}")
    house.service.handle(house.refined("x bees", about=info(show="Own", link=link)))
    (result,) = house.service.search("bees")["results"]
    assert result["url"] == "https://show.example/Own/e#t=0.5"


def test_a_transcript_that_is_gone_or_none_is_invalid(house: House) -> None:
    cause = house.refined("bees")
    assert isinstance(cause.data, TranscriptRefined)
    house.blobs.delete("episodes/e/")
    with pytest.raises(NotFound):
        house.service.handle(cause)
    ref = house.blobs.put("episodes/e/x.json", b"not json", media_type="application/json")
    with pytest.raises(InvalidInput, match="not a transcript"):
        house.service.handle(event(cause.data.model_copy(update={"transcript": ref})))
    wrong = BlobRef(uri=ref.uri, sha256="0" * 64, bytes=8)
    with pytest.raises(InvalidInput):
        house.service.handle(event(cause.data.model_copy(update={"transcript": wrong})))


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"limit": 0}, "limit is 0"),
        ({"limit": 1001}, "limit is 1001"),
        ({"per_episode": 101}, "per_episode is 101"),
        ({"cursor": "nonsense"}, "cursor cannot be read"),
        ({"cursor": "é"}, "cursor cannot be read"),
        ({"cursor": "WzEsMl0"}, "cursor cannot be read"),
        ({"date_from": "soon"}, "not a date"),
    ],
)
def test_wrong_use_is_refused(house: House, how: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        house.service.search("bees", **how)


def test_a_cursor_is_for_one_query(house: House) -> None:
    for number in range(3):
        house.service.handle(house.refined("bees honey", episode_id=f"e{number}"))
    cursor = house.service.search("bees", limit=1)["next"]
    assert house.service.search("bees", limit=2, cursor=cursor)["hits"] == 3
    for query, how in (("honey", {}), ("bees", {"show": "x"}), ("bees", {"sort": "date"})):
        with pytest.raises(InvalidInput, match="another query"):
            house.service.search(query, cursor=cursor, **how)


@pytest.mark.parametrize(
    ("query", "loosely", "exactly"),
    [("running", "stemmed", None), ("lighthuose", "fuzzy", None), ("cafè", "folded", "folded")],
)
def test_exact_takes_words_as_they_are_written(
    house: House, query: str, loosely: str, exactly: str | None
) -> None:
    house.service.handle(house.refined("the lighthouse runs a café " * 3))
    assert house.service.search(query)["matched"] == loosely
    found = house.service.search(query, exact=True)
    assert (found["matched"], found["hits"]) == ((exactly, 3) if exactly else ("exact", 0))
    assert found["suggestion"] is None
    assert house.service.timeline(query)["hits"] == 3
    assert house.service.timeline(query, exact=True)["hits"] == found["hits"]


@pytest.mark.parametrize(
    ("query", "found"),
    [("might", True), ("imght", True), ("mighty", True), ("eight", False), ("ighthouse", True)],
)
def test_a_short_word_with_another_first_letter_is_no_typing_error(
    house: House, query: str, found: bool
) -> None:
    house.service.handle(house.refined("the lighthouse might"))
    assert bool(house.service.search(query)["hits"]) is found


def test_a_cursor_is_for_exact_or_for_similar_words(house: House) -> None:
    for number in range(3):
        house.service.handle(house.refined("cafe", episode_id=str(number)))
    first = house.service.search("café", limit=1, exact=True)
    second = house.service.search("café", limit=1, exact=True, cursor=first["next"])
    assert [group["episode_id"] for page in (first, second) for group in page["results"]] == [
        "2",
        "1",
    ]
    with pytest.raises(InvalidInput, match="another query"):
        house.service.search("café", limit=1, cursor=first["next"])


def test_a_page_of_many_moments_goes_on_on_the_next(house: House) -> None:
    house.service.handle(house.refined("no " * 250))
    first = house.service.search("no")
    second = house.service.search("no", cursor=first["next"])
    assert [len(g["moments"]) for g in first["results"]] == [100]
    assert second["results"][0]["moments"][0]["first_word"] == 100
    assert second["results"][0]["hits"] == 250


def test_the_index_is_rebuilt_from_the_journal_in_any_order(house: House, tmp_path: Path) -> None:
    journal = [
        house.refined("old bees", episode_id="a"),
        house.refined("new bees bees", episode_id="a"),
        house.refined("bees here", episode_id="b"),
        house.refined("secret bees", episode_id="c"),
        event(EpisodeChanged(episode=info("Renamed", as_of=STATED + timedelta(2))), episode_id="b"),
        event(EpisodeRemoved(), episode_id="c"),
    ]
    for one in journal:
        house.service.handle(one)
    before = house.service.search("bees", limit=50)
    assert (before["hits"], before["episodes"]) == (3, 2)
    for seed in range(5):
        replayed = [*journal, *journal]
        random.Random(seed).shuffle(replayed)
        index = SqliteWordIndex(tmp_path / f"again-{seed}.db")
        again = SearchService(index, index.vocabulary, house.blobs, lambda _: SearchSettings())
        for one in replayed:
            again.handle(one)
        assert again.search("bees", limit=50) == before
        assert again.search("secret")["hits"] == 0
        index.close()


def test_settings_refuse_what_cannot_work() -> None:
    for wrong in (
        {"engine": "opensearch"},
        {"page_url": "{title}"},
        {"engin": "sqlite"},
        {"index": "Ä"},
    ):
        with pytest.raises(ValueError, match="error"):
            SearchSettings.model_validate(wrong)


def test_exact_asks_for_no_sounds(house: House) -> None:
    class Sounds:
        asked = 0

        def find(self, *_: object) -> SearchPage:
            self.asked += 1
            return SearchPage(0, 0, False, (), None)

    sounds: Any = Sounds()
    index = house.index
    service = SearchService(
        index, index.vocabulary, house.blobs, lambda _: SearchSettings(), sounds
    )
    service.search("zebra", exact=True)
    assert sounds.asked == 0
    service.search("zebra")
    assert sounds.asked == 1
