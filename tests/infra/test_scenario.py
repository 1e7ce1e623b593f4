"""One scenario, told with the command, on one machine and on the deployed template."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from support.bridge import bridged
from support.clips import clip
from support.stack import Everyword, write_transcript_file

pytestmark = [pytest.mark.opensearch, pytest.mark.slow]


@pytest.fixture(params=["one machine", "aws"])
def everyword(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Everyword]:
    if request.param == "one machine":
        (tmp_path / "data").mkdir()
        yield Everyword(tmp_path / "data")
        return
    cloud = request.getfixturevalue("cloud")
    with bridged(cloud, request.getfixturevalue("key"), tmp_path) as deployed:
        yield deployed


def hits(everyword: Everyword, query: str, show: str) -> int:
    cloud = getattr(everyword, "cloud", None)
    if cloud is not None:
        httpx.post(f"{cloud.opensearch_url}/_refresh", timeout=60).raise_for_status()
    return int(everyword.json("search", query, "--show", show)["hits"])


def test_an_archive_is_filled_searched_corrected_replayed_and_emptied(
    everyword: Everyword, tmp_path: Path
) -> None:
    show = f"show {uuid4()}"
    audio = clip("interview.opus", tmp_path / "talk.wav", start=1, seconds=5)
    heard = everyword.json(
        "add", str(audio), "--show", show, "--engine", "pocketsphinx", "--language", "en", "--wait"
    )
    assert heard["state"] == "ready", heard
    assert everyword("transcript", heard["episode_id"], "--format", "vtt").startswith("WEBVTT")
    words = write_transcript_file(tmp_path / "t.json", "the storm came over the isles at night")
    told = everyword.json("add", "--transcript", str(words), "--show", show, "--wait")
    episode = told["episode_id"]
    assert hits(everyword, "storm", show) == 1
    everyword("edit", episode, "--at", "1.0", "--text", "a lighthouse shone over it", "--wait")
    assert (hits(everyword, "lighthouse", show), hits(everyword, "storm", show)) == (1, 0)
    everyword("replay", episode, "--from", "TranscriptReady", "--wait")
    assert hits(everyword, "lighthouse", show) == 1
    assert "lighthouse" in everyword("transcript", episode, "--format", "srt")
    kinds = [
        json.loads(line)["type"]
        for line in everyword("events", episode, "--json").split("\n")
        if line
    ]
    assert kinds.count("TranscriptReady") == 2
    everyword("remove", episode, "--yes")
    assert hits(everyword, "lighthouse", show) == 0
    assert everyword.json("status", episode)["state"] == "removed"
    assert everyword.run("transcript", episode, "--format", "vtt").returncode == 3
    made = everyword.json("keys", "create", "--scope", "search", "--name", "site")
    assert made["id"] in {each["id"] for each in everyword.json("keys", "list")["keys"]}
    everyword("keys", "revoke", made["id"])
    assert everyword.json("feeds", "list")["feeds"] == []
    assert everyword.json("failed", "list")["dead_letters"] == []
