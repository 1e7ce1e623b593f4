"""The local composition on a real OpenSearch: one episode in, found, replayed, removed."""

import time

import pytest

from support.stack import Everyword, write_transcript_file

pytestmark = pytest.mark.opensearch
VISIBLE_WITHIN_S = 30


def hits_become(everyword: Everyword, query: str, wanted: int) -> bool:
    """Whether the index shows so many hits in time: it is searchable some seconds after a write."""
    deadline = time.monotonic() + VISIBLE_WITHIN_S
    while time.monotonic() < deadline:
        if everyword.json("search", query)["hits"] == wanted:
            return True
        time.sleep(1)
    return False


def test_an_episode_is_found_through_opensearch(everyword: Everyword, opensearch_url: str) -> None:
    settings = everyword.data / "everyword.toml"
    engine = f'[search]\nengine = "opensearch"\nurl = "{opensearch_url}"\nindex = "house"\n'
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
    assert hits_become(everyword, '"fog horn"', 0)

    everyword("remove", episode)
    assert hits_become(everyword, "foghorn", 0)


def test_an_opensearch_that_is_away_is_said_so(everyword: Everyword) -> None:
    (everyword.data / "everyword.toml").write_text(
        '[search]\nengine = "opensearch"\nurl = "http://127.0.0.1:9"\n'
    )
    said = everyword.error("search", "word", code=4)
    assert "OpenSearch" in said
