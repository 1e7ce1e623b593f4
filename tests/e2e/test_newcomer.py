"""A newcomer has a feed of thirty episodes, and comes back to a searchable archive."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.testing.web import Web, serving
from support.clips import three_seconds
from support.stack import Everyword

EPISODES = 30
SETTINGS = "[ingest]\nallow_private_addresses = true\nhost_delay_s = 0\nhost_at_once = 8\n"
ITEM = """<item><guid isPermaLink="false">{number}</guid><title>The Show</title>
<pubDate>{day:02} Nov 2026 10:00:00 GMT</pubDate><itunes:duration>3</itunes:duration>
<enclosure url="{audio}" type="audio/mpeg"/><podcast:transcript url="{words}" type="text/vtt"/>
</item>"""
FEED = """<?xml version="1.0"?><rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Slow Radio</title>
<language>en</language>{items}</channel></rss>"""
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def words(number: int) -> str:
    spoken = f"{NUMBERS[number // 10]} {NUMBERS[number % 10]}"
    return (
        "WEBVTT\n\n00:00.100 --> 00:01.500\n<v Ada>the lighthouse keeper\n\n"
        f"00:01.600 --> 00:02.900\n<v Ben>counted {spoken} ships\n"
    )


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


@pytest.fixture
def everyword(tmp_path: Path) -> Everyword:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "everyword.toml").write_text(SETTINGS)
    return Everyword(folder)


def published(web: Web, *, gone: int | None = None) -> str:
    items = [
        ITEM.format(
            number=number,
            day=number % 28 + 1,
            audio=f"{web.url}/nowhere.mp3"
            if number == gone
            else web.file(f"/{number}/audio.mp3", three_seconds(number)),
            words=web.file(f"/{number}/words.vtt", words(number).encode(), "text/vtt"),
        )
        for number in range(EPISODES)
    ]
    return web.file("/feed.xml", FEED.format(items="".join(items)).encode(), "application/rss+xml")


@pytest.mark.slow
def test_a_feed_becomes_a_searchable_archive(everyword: Everyword, web: Web) -> None:
    url = published(web)
    dry = everyword("add", url, "--dry-run")
    assert "30 episodes, 0.0 hours of audio" in dry.splitlines()[-1]
    with everyword.up() as (origin, _):
        hook = everyword.json("webhooks", "add", f"{web.url}/hook")
        everyword("webhooks", "test", hook["id"])
        everyword("saved", "add", '"two nine ships"')
        done = everyword.run("add", url, "--wait")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Slow Radio: 30 added" in done.stdout
        assert "100 % of 30 episodes" in done.stderr
        found = everyword.json("search", '"two nine ships"')
        assert (found["hits"], found["episodes"]) == (1, 1)
        assert everyword.json("search", "lighthouse")["episodes"] == EPISODES
        enriched = httpx.get(f"{origin}/v1/shows/Slow Radio/feed.xml", timeout=60).text
        links = re.findall(rf'url="({origin}[^"]+transcript\.srt)"', enriched)
        assert len(set(links)) == EPISODES
        (episode,) = [each["episode_id"] for each in found["results"]]
        assert "ships" in everyword("transcript", episode)
        replayed = everyword.run("replay", "--all", "--from", "TranscriptReady", "--wait")
        assert replayed.returncode == 0, replayed.stderr
        assert "nothing to call off" in everyword.error("cancel", episode, code=3)
        issued = everyword.json("keys", "create", "--scope", "search", "--name", "reader")
        assert len(everyword.json("keys", "list")["keys"]) == 1
        everyword("keys", "revoke", issued["id"])
        told = _told(web)
    assert told["Test"] == 1
    assert told["EpisodeFinished"] >= EPISODES
    assert told["SavedSearchMatched"] == 1, "once per moment, also when it is replayed"


@pytest.mark.slow
def test_without_a_server_too_and_what_was_queued_before_is_waited_for(
    everyword: Everyword, web: Web
) -> None:
    url = published(web)
    queued = everyword.run("add", url, "--newest", "4")
    assert "Slow Radio: 26 skipped, 4 added" in queued.stdout
    assert "queued" in queued.stderr
    done = everyword("add", url, "--newest", "9", "--wait")
    assert "21 skipped, 5 added, 4 known" in done
    states = [each["state"] for each in everyword.json("status")["episodes"]]
    assert states == ["ready"] * 9
    assert everyword.json("search", "lighthouse")["episodes"] == len(states)


@pytest.mark.slow
def test_audio_that_is_gone_fails_its_episode_alone_and_is_said(
    everyword: Everyword, web: Web
) -> None:
    done = everyword.run("add", published(web, gone=7), "--wait")
    assert done.returncode == 1
    assert "nowhere.mp3 answers 404" in done.stdout
    assert everyword.json("search", "lighthouse")["episodes"] == EPISODES - 1


def _told(web: Web) -> dict[str, int]:
    counts: dict[str, int] = {}
    for _, _, body in web.posted:
        message: Any = json.loads(body)
        counts[message["type"]] = counts.get(message["type"], 0) + 1
    return counts
