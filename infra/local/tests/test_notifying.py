"""The world outside is told, end to end: a server, a webhook, results and a saved search."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.testing.web import serving
from support.stack import Everyword, write_transcript_file
from support.waiting import until


@pytest.fixture
def everyword(tmp_path: Path) -> Everyword:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "everyword.toml").write_text("[ingest]\nallow_private_addresses = true\n")
    return Everyword(folder)


def test_an_episode_s_end_and_what_it_says_are_told(everyword: Everyword, tmp_path: Path) -> None:
    file = write_transcript_file(tmp_path / "talk.json", "the storm took the fog horn")
    with serving() as web, everyword.up() as (url, _):
        hook = everyword.json("webhooks", "add", f"{web.url}/hook")
        assert set(hook) >= {"id", "secret"}
        everyword("webhooks", "test", hook["id"])
        everyword("saved", "add", '"fog horn"')
        everyword("add", "--transcript", str(file), "--show", "Isles", "--wait")
        until(lambda: len(web.posted) >= 3)
        bodies = [json.loads(body) for _, _, body in web.posted]
        (message,) = until(lambda: _results(url))
        done = httpx.post(
            f"{url}/v1/results:acknowledge",
            json={"message_ids": [message["message_id"]]},
            timeout=60,
        ).json()
        assert done == {"acknowledged": 1}
        vtt = httpx.get(f"{url}{message['formats']['vtt']}", timeout=60)
        assert b"fog horn" in vtt.content
        began = time.monotonic()
        assert httpx.get(f"{url}/v1/results", params={"wait_s": 1}, timeout=60).json() == {
            "messages": []
        }
        assert time.monotonic() - began >= 1
        until(lambda: _states(everyword, hook["id"]) == {"delivered"})
    kinds = {body["type"]: body for body in bodies}
    assert set(kinds) == {"Test", "EpisodeFinished", "SavedSearchMatched"}
    assert (message["status"], message["details"]["show"]) == ("success", "Isles")
    (moment,) = kinds["SavedSearchMatched"]["moments"]
    assert moment["start"] == pytest.approx(1.6, abs=0.05)


def test_a_command_that_does_the_work_itself_tells_before_it_ends(
    everyword: Everyword, tmp_path: Path
) -> None:
    file = write_transcript_file(tmp_path / "talk.json", "the storm took the fog horn")
    with serving() as web:
        everyword("webhooks", "add", f"{web.url}/hook")
        everyword("saved", "add", '"fog horn"')
        everyword("add", "--transcript", str(file), "--wait")
        told = {json.loads(body)["type"] for _, _, body in web.posted}
    assert told == {"EpisodeFinished", "SavedSearchMatched"}
    assert "nothing is left to do" in everyword("status", "--watch")


def _results(url: str) -> list[dict[str, Any]]:
    reply = httpx.get(f"{url}/v1/results", params={"wait_s": 10}, timeout=60).json()
    return list(reply["messages"])


def _states(everyword: Everyword, hook_id: str) -> set[str]:
    return {each["state"] for each in everyword.json("webhooks", "log", hook_id)["deliveries"]}


@pytest.mark.slow
def test_webhooks_and_searches_are_listed_and_removed(everyword: Everyword) -> None:
    hook = everyword.json(
        "webhooks", "add", "https://example.org/hook", "--event", "EpisodeFinished"
    )
    (listed,) = everyword.json("webhooks", "list")["webhooks"]
    assert "secret" not in listed
    everyword("webhooks", "remove", hook["id"])
    assert everyword.json("webhooks", "list")["webhooks"] == []
    everyword.error("webhooks", "remove", hook["id"], code=3)
    saved = everyword.json("saved", "add", "pelicans")
    everyword("saved", "remove", saved["search_id"])
    assert everyword.json("saved", "list")["saved_searches"] == []
    everyword.error("saved", "add", '"', code=2)
