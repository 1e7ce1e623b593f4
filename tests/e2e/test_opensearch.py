"""The local composition on a real OpenSearch: one episode in, found, replayed, removed."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest

from support.stack import Everyword, write_transcript_file
from support.waiting import until

pytestmark = pytest.mark.opensearch
VISIBLE_WITHIN_S = 120


def hits_become(everyword: Everyword, query: str, wanted: int) -> bool:
    """Whether the index shows so many hits in time: it is searchable some seconds after a write."""
    deadline = time.monotonic() + VISIBLE_WITHIN_S
    while time.monotonic() < deadline:
        if everyword.json("search", query)["hits"] == wanted:
            return True
        time.sleep(1)
    return False


@pytest.fixture(name="engine")
def _engine(opensearch_url: str) -> Iterator[str]:
    """Give a [search] section with an index of the test's own."""
    name = f"house{uuid4().hex[:12]}"
    yield f'[search]\nengine = "opensearch"\nurl = "{opensearch_url}"\nindex = "{name}"\n'
    httpx.delete(f"{opensearch_url}/{name}-*", timeout=60).raise_for_status()


def test_an_episode_is_found_through_opensearch(everyword: Everyword, engine: str) -> None:
    settings = everyword.data / "everyword.toml"
    settings.write_text(engine)
    file = write_transcript_file(
        everyword.data.parent / "talk.json",
        "the storm took the fog horn and nobody could sleep",
        "we never heard the fog horn again",
    )
    episode = everyword.json("add", "--transcript", str(file), "--wait")["episode_id"]
    assert hits_become(everyword, '"fog horn"', 2)
    (result,) = everyword.json("search", '"fog horn"')["results"]
    assert [moment["start"] for moment in result["moments"]] == [1.6, 5.6]
    assert not (everyword.data / "words.sqlite").exists()

    settings.write_text(f'{engine}[[refine.replacements]]\nfrom = "fog horn"\nto = "foghorn"\n')
    everyword("replay", episode, "--from", "TranscriptReady", "--wait")
    assert hits_become(everyword, "foghorn", 2)
    assert hits_become(everyword, "fog", 0)

    everyword("remove", "--yes", episode)
    assert hits_become(everyword, "foghorn", 0)


@pytest.mark.slow
def test_reindexing_while_the_server_answers(everyword: Everyword, engine: str) -> None:
    settings = everyword.data / "everyword.toml"
    settings.write_text(f"{engine}time_budget_s = 60\nsearches_per_s = 0\n")
    file = write_transcript_file(everyword.data.parent / "talk.json", "we heard the fog horn")
    everyword.json("add", "--transcript", str(file), "--wait")
    assert hits_become(everyword, '"fog horn"', 1)
    with everyword.up() as (url, _), searching(f"{url}/v1/search?q=horn") as replies:
        until(lambda: replies)
        assert everyword.json("reindex") == {"reindexed": 1}
        before = len(replies)
        until(lambda: len(replies) > before + 1)  # one was asked after it
    assert set(replies) == {(200, 1)}
    assert everyword("reindex").strip() == "1 episode reindexed"


def test_the_embedded_index_is_not_reindexed(everyword: Everyword) -> None:
    assert "replay --all" in everyword.error("reindex", code=2)


@contextmanager
def searching(url: str) -> Iterator[list[tuple[int, int]]]:
    """Search all the while; collects each reply's status and hits."""
    replies: list[tuple[int, int]] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            reply = httpx.get(url, timeout=60)
            replies.append((reply.status_code, reply.json().get("hits", -1)))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield replies
    finally:
        done.set()
        asking.join()


def test_an_opensearch_that_is_away_is_said_so(everyword: Everyword) -> None:
    (everyword.data / "everyword.toml").write_text(
        '[search]\nengine = "opensearch"\nurl = "http://127.0.0.1:9"\n'
    )
    said = everyword.error("search", "word", code=4)
    assert "OpenSearch" in said
