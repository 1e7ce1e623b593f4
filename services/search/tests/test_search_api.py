"""The HTTP routes: typed parameters, agreed JSON, problems that say what to mend."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from everyword_http import create_application
from search.adapters.sqlite.index import SqliteWordIndex
from search.api import router
from search.config import SearchSettings
from search.service import SearchService
from search.testing.corpus import document, info

Serve = Callable[[Any], httpx.Client]


@contextmanager
def serving(serve: Serve, file: Path, settings: SearchSettings) -> Iterator[httpx.Client]:
    index = SqliteWordIndex(file)
    index.put(document("a", "Ada: we kept bees", about=info(show="One", published="2024-05-05")))
    index.put(document("b", "Åke: bees and kelp", about=info(show="Two")))
    blobs: Any = None
    service = SearchService(index, index.vocabulary, blobs, lambda _: settings)
    yield serve(create_application("test", "1", [router(service)]))
    index.close()


@pytest.fixture(name="client")
def _client(tmp_path: Path, serve: Serve) -> Iterator[httpx.Client]:
    with serving(serve, tmp_path / "index.db", SearchSettings()) as client:
        yield client


def test_search(client: httpx.Client) -> None:
    reply = client.get("/v1/search", params={"q": "bees", "limit": 1, "sort": "date"}).json()
    assert (reply["hits"], reply["episodes"], reply["matched"]) == (2, 2, "exact")
    assert [r["episode_id"] for r in reply["results"]] == ["a"]
    assert reply["results"][0]["published_at"] == "2024-05-05T00:00:00Z"
    rest = client.get(
        "/v1/search", params={"q": "bees", "sort": "date", "cursor": reply["next"]}
    ).json()
    assert [r["episode_id"] for r in rest["results"]] == ["b"]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"show": "two"}, "b"),
        ({"speaker": "ada"}, "a"),
        ({"episode": "b"}, "b"),
        ({"from": "2024", "to": "2024-05-05"}, "a"),
        ({"to": "2024-05-04"}, ""),
    ],
)
def test_filters(client: httpx.Client, params: dict[str, str], found: str) -> None:
    reply = client.get("/v1/search", params={"q": "bees", **params}).json()
    assert "".join(r["episode_id"] for r in reply["results"]) == found


def test_exact_is_an_answer_of_its_own(client: httpx.Client) -> None:
    loosely = client.get("/v1/search?q=bee")
    exactly = client.get("/v1/search?q=bee&exact=true")
    assert (loosely.json()["matched"], loosely.json()["hits"]) == ("stemmed", 2)
    assert exactly.json()["hits"] == 0
    assert exactly.headers["etag"] != loosely.headers["etag"]
    assert client.get("/v1/timeline?q=bee&exact=true").json()["hits"] == 0
    assert client.get("/v1/search?q=bee&exact=false").json() == loosely.json()


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"q": "bees", "exact": "perhaps"}, 422),
        ({}, 422),
        ({"q": ""}, 400),
        ({"q": '"open'}, 400),
        ({"q": "bees", "limit": "many"}, 422),
        ({"q": "bees", "limit": "0"}, 400),
        ({"q": "bees", "sort": "loudness"}, 422),
        ({"q": "bees", "from": "soon"}, 400),
        ({"q": "bees", "cursor": "x"}, 400),
    ],
)
def test_bad_queries_are_problems(
    client: httpx.Client, params: dict[str, str], status: int
) -> None:
    reply = client.get("/v1/search", params=params)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["detail"]


def test_suggest_shows_and_speakers(client: httpx.Client) -> None:
    assert client.get("/v1/suggest?q=we+ke").json() == {"suggestions": ["we kelp", "we kept"]}
    assert client.get("/v1/shows").json()["names"][0] == {"name": "One", "episodes": 1}
    assert client.get("/v1/speakers?show=Two").json() == {"names": [{"name": "Åke", "episodes": 1}]}


def test_a_reply_is_asked_for_again_by_its_etag(client: httpx.Client) -> None:
    for path in ("/v1/search?q=bees", "/v1/timeline?q=bees", "/v1/suggest?q=b", "/v1/shows"):
        first = client.get(path, headers={"Origin": "https://show.example"})
        assert first.headers["access-control-allow-origin"] == "*"
        assert first.headers["cache-control"]
        etag = first.headers["etag"]
        again = client.get(path, headers={"If-None-Match": etag})
        assert (again.status_code, again.text) == (304, "")
        assert client.get(path, headers={"If-None-Match": '"other"'}).json() == first.json()


def test_timeline(client: httpx.Client) -> None:
    months = client.get("/v1/timeline?q=bees").json()
    assert months == {
        "query": "bees",
        "matched": "exact",
        "hits": 2,
        "episodes": 2,
        "capped": False,
        "undated_hits": 1,
        "periods": [{"period": "2024-05", "hits": 1, "episodes": 1}],
        "by_episode": [],
    }
    years = client.get("/v1/timeline?q=bees&step=year&show=one").json()
    assert years["periods"] == [{"period": "2024", "hits": 1, "episodes": 1}]
    episodes = client.get("/v1/timeline?q=bees&step=episode").json()["by_episode"]
    assert [row["episode_id"] for row in episodes] == ["a", "b"]
    assert client.get("/v1/timeline?q=bees&step=week").status_code == 422
    assert client.get("/v1/timeline?q=").status_code == 400


def test_a_client_that_asks_too_often_is_told_to_wait(tmp_path: Path, serve: Serve) -> None:
    settings = SearchSettings(searches_per_s=0.001)
    with serving(serve, tmp_path / "other.db", settings) as client:
        replies = [client.get("/v1/search?q=bees") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 429, 429, 429]
    assert replies[-1].json()["code"] == "rate_limited"
    assert int(replies[-1].headers["retry-after"]) >= 1


def test_the_routes_are_described(client: httpx.Client) -> None:
    paths = client.get("/v1/openapi.json").json()["paths"]
    assert {"/v1/search", "/v1/timeline", "/v1/suggest", "/v1/shows", "/v1/speakers"} <= set(paths)
    content = paths["/v1/search"]["get"]["responses"]["200"]["content"]["application/json"]
    assert content["schema"]["$ref"].endswith("SearchReply")
    names = {p["name"] for p in paths["/v1/search"]["get"]["parameters"]}
    assert {"q", "from", "to", "show", "speaker", "sort", "limit", "per_episode", "cursor"} <= names
