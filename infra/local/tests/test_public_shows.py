"""Those without a key read the shows that are public, and nothing of the others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from everyword_http.keys import KeyAccess
from everyword_local.application import application
from everyword_local.composition import DISPATCHER, Composition
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile
from ingest.chapters import Chapters, read_chapters
from support.waiting import until

KEY = {"Authorization": "Bearer k3y"}
SPOKEN = {"Open": "the lighthouse stands on the pelican rock",
          "Closed": "the lighthouse hides a wolverine"}  # fmt: skip


def transcript(text: str) -> dict[str, Any]:
    words = [
        {"word": word, "start": n * 0.4, "end": n * 0.4 + 0.3}
        for n, word in enumerate(text.split())
    ]
    segment = {"start": 0.0, "end": words[-1]["end"], "text": text, "words": words}
    return {"language": "en", "segments": [{**segment, "speaker": text.rsplit(maxsplit=1)[-1]}]}


class Reading:
    """A server's application, asked with and without a key."""

    def __init__(self, composition: Composition) -> None:
        self.composition = composition
        access = KeyAccess(
            composition.keys,
            signing_key=b"s" * 32,
            environment_key="k3y",
            public_shows=composition.public_shows,
        )
        self.client = TestClient(application(composition, access=access))
        self.ids: dict[str, str] = {}

    def fill(self) -> None:
        for show, text in SPOKEN.items():
            body = {"title": f"A day of {show}", "show": show, "transcript": transcript(text)}
            made = self.client.post("/v1/episodes", json=body, headers=KEY)
            assert made.status_code == 201, made.text
            self.ids[show] = made.json()["episode_id"]
        with self.composition.at_work(DISPATCHER):
            until(lambda: self.states() == {"ready"})

    def states(self) -> set[str]:
        return {self.composition.ingest.get(each).state for each in self.ids.values()}

    def hits(self, q: str, **headers: str) -> int:
        found = self.client.get("/v1/search", params={"q": q}, headers=headers)
        assert found.status_code == 200, found.text
        return int(found.json()["hits"])

    def choose(self, show: str, *, public: bool) -> None:
        done = self.client.put(f"/v1/show-access/{show}", json={"public": public}, headers=KEY)
        assert done.status_code == 200, done.text


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[Reading]:
    with Composition(DataFolder(tmp_path / "data"), SettingsFile(None)) as composition:
        reading = Reading(composition)
        reading.fill()
        yield reading


def paths(episode_id: str) -> list[str]:
    return [
        f"/v1/episodes/{episode_id}/transcript",
        f"/v1/episodes/{episode_id}/transcript.vtt",
        f"/episodes/{episode_id}",
    ]


def statuses(reading: Reading, show: str) -> set[int]:
    asked = [*paths(reading.ids[show]), f"/media/{reading.ids[show]}"]
    return {reading.client.get(path, follow_redirects=False).status_code for path in asked}


def test_an_episode_s_page_asks_for_chapters_where_there_are_any(reading: Reading) -> None:
    episode_id = reading.ids["Open"]
    address = f"/episodes/{episode_id}"
    assert "/static/chapters.js" not in reading.client.get(address, headers=KEY).text
    run_id = reading.composition.ingest.get(episode_id).run_id
    chapters = read_chapters(b'{"chapters": [{"startTime": 0, "title": "The rock"}]}')
    Chapters(reading.composition.blobs).keep(chapters, episode_id=episode_id, run_id=run_id)
    assert "/static/chapters.js" in reading.client.get(address, headers=KEY).text


def test_nothing_is_public_until_a_show_is(reading: Reading) -> None:
    assert reading.client.get("/v1/search?q=lighthouse").status_code == 401
    reading.choose("Open", public=True)
    assert reading.hits("lighthouse") == 1
    assert reading.hits("lighthouse", **KEY) == 2


def test_of_a_hidden_show_nothing_is_told(reading: Reading) -> None:
    reading.choose("open", public=True)
    listed = reading.client.get("/v1/show-access", headers=KEY).json()["shows"]
    assert {each["name"]: each["public"] for each in listed} == {"Open": True, "Closed": False}
    assert reading.hits("wolverine") == 0
    get = reading.client.get
    assert get("/v1/search?q=wolverin").json()["suggestion"] is None
    assert get("/v1/suggest?q=wolv").json()["suggestions"] == []
    assert get("/v1/suggest?q=wolv", headers=KEY).json()["suggestions"] == ["wolverine"]
    assert get("/v1/suggest?q=peli").json()["suggestions"] == ["pelican"]
    assert [each["name"] for each in get("/v1/shows").json()["names"]] == ["Open"]
    assert "wolverine" not in get("/v1/speakers").text
    assert get("/v1/timeline?q=wolverine").json()["hits"] == 0
    assert get("/v1/search?q=day&titles=true").text.count("A day of") == 1
    assert "hides a" not in get("/search?q=wolverine").text
    assert statuses(reading, "Open") == {200, 404}, "there is no audio"
    assert statuses(reading, "Closed") == {303, 401}
    assert get("/v1/shows/Closed/feed.xml").status_code == 401
    assert get("/v1/shows/Open/feed.xml").status_code == 404, "no feed is followed for it"
    for path in paths(reading.ids["Closed"]):
        assert get(path, headers=KEY).status_code == 200
    bad = {"Authorization": "Bearer nothing"}
    assert reading.hits("lighthouse", **bad) == 1, "a key that is none reads as nobody does"


def test_all_but_the_hidden_are_public_where_that_is_asked(reading: Reading) -> None:
    reading.composition.public_shows.others = "public"
    assert reading.hits("lighthouse") == 2
    reading.choose("Closed", public=False)
    assert reading.hits("lighthouse") == 1
    assert statuses(reading, "Closed") == {303, 401}
    assert reading.client.get("/v1/suggest?q=wolv").json()["suggestions"] == []
    assert reading.client.get("/v1/episodes").status_code == 401, "lists are for those with a key"
    assert reading.client.put("/v1/show-access/Open", json={"public": True}).status_code == 401


def test_a_show_that_is_none_is_not_found(reading: Reading) -> None:
    done = reading.client.put("/v1/show-access/None", json={"public": True}, headers=KEY)
    assert done.status_code == 404
    assert done.json()["code"] == "show_missing"
