"""kill -9 of any process while a feed's back catalogue comes in: the same archive as without."""

import hashlib
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.testing.web import Web, serving
from support.clips import three_seconds
from support.killed import SETTLE_S, Json, Stack

EPISODES = int(os.environ.get("EVERYWORD_CHAOS_EPISODES", "20"))
KILLS = int(os.environ.get("EVERYWORD_CHAOS_KILLS", "12"))
"""`make test-all` takes few; 50 episodes and 100 kills by hand."""
SEED = 20261128
SETTINGS = """[ingest]
allow_private_addresses = true
host_at_once = 1
host_delay_s = 0.1
"""
ITEM = """<item><guid isPermaLink="false">{number}</guid><title>Day {number}</title>
<enclosure url="{audio}" type="audio/wav"/>
<podcast:transcript url="{words}" type="text/vtt"/></item>"""
FEED = """<?xml version="1.0"?><rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"
><channel><title>Slow Radio</title><language>en</language>{items}</channel></rss>"""
FORMATS = ("vtt", "srt", "txt")
WORDS = ("lighthouse", "keeper", "counted", "ships", *(f"ship{number}" for number in range(10)))


@pytest.fixture
def feed() -> Iterator[str]:
    with serving() as web:
        yield published(web)


def published(web: Web) -> str:
    items = [
        ITEM.format(
            number=number,
            audio=web.file(f"/{number}.wav", three_seconds(number), "audio/wav"),
            words=web.file(f"/{number}.vtt", words(number).encode(), "text/vtt"),
        )
        for number in range(EPISODES)
    ]
    return web.file("/feed.xml", FEED.format(items="".join(items)).encode(), "application/rss+xml")


def words(number: int) -> str:
    return (
        "WEBVTT\n\n00:00.100 --> 00:01.500\n<v Ada>the lighthouse keeper\n\n"
        f"00:01.600 --> 00:02.900\n<v Ben>counted ship{number % 10} among the ships\n"
    )


def begin(stack: Stack, feed: str) -> str:
    stack.ensure_up()
    asked = {"url": feed, "wait_s": 0}
    answer = httpx.post(f"{stack.url}/v1/feeds", json=asked, timeout=60).raise_for_status()
    return str(answer.json()["import_id"])


def wait_for_progress(stack: Stack, total: int, kills_left: int, draw: random.Random) -> None:
    """Wait until the log has grown by its share, so that kills fall into all of the import."""
    seen = stack.log_length()
    share = (total - seen) / kills_left
    goal = min(total, seen + max(1, round(draw.uniform(0, 2 * share))))
    deadline = time.monotonic() + SETTLE_S
    while stack.log_length() < goal:
        assert time.monotonic() < deadline, f"{stack.log_length()} events of {goal}"
        time.sleep(0.02)


def finished(stack: Stack, import_id: str) -> dict[str, Json]:
    """Wait until the import has come to its end, and each episode; return them by their title."""
    deadline = time.monotonic() + SETTLE_S
    while (report := stack.ask(f"/v1/feed-imports/{import_id}"))["state"] == "running":
        assert time.monotonic() < deadline, report
        time.sleep(0.5)
    assert report["state"] == "done", report
    # An item in hand when the server was killed is found there on resuming: it is then "known".
    assert {item["action"] for item in report["items"]} <= {"added", "known"}, report
    views = stack.settled(item["episode_id"] for item in report["items"])
    listed = stack.ask("/v1/episodes", limit=200)["episodes"]
    assert sorted(each["episode_id"] for each in listed) == sorted(views)
    assert len(views) == EPISODES
    for episode_id in views:  # said a moment after the episode is ready
        while "EpisodeFinished" not in stack.event_counts(episode_id):
            assert time.monotonic() < deadline, stack.journal(episode_id)
            time.sleep(0.5)
    return {view["title"]: view for view in views.values()}


def outcome(stack: Stack, views: dict[str, Json]) -> dict[str, Any]:
    """Tell all that a person finds: states, files, what was heard when, the hits of every word."""
    episodes = {title: episode(stack, view) for title, view in sorted(views.items())}
    hits = {word: found(stack, word) for word in WORDS}
    return {"episodes": episodes, "hits": hits}


def episode(stack: Stack, view: Json) -> Json:
    path = f"/v1/episodes/{view['episode_id']}/transcript"
    transcript = stack.ask(f"{path}.json")
    heard = [word for segment in transcript["segments"] for word in segment["words"]]
    return {
        "state": view["state"],
        "error": view["error"],
        "digests": [
            hashlib.sha256(stack.ask(f"{path}.{each}").encode()).hexdigest() for each in FORMATS
        ],
        "words": [(word["word"], word["start"], word["end"]) for word in heard],
        "events": stack.event_counts(view["episode_id"]),
        "runs": len({event["meta"]["run_id"] for event in stack.journal(view["episode_id"])}),
    }


def found(stack: Stack, word: str) -> tuple[int, list[Any]]:
    page = stack.ask("/v1/search", q=word, limit=100)
    results = [(each["title"], each["hits"]) for each in page["results"]]
    return page["hits"], sorted(results, key=str)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_an_import_among_kills_ends_as_one_without(tmp_path: Path, feed: str) -> None:
    with Stack(tmp_path / "calm", SETTINGS) as calm:
        expected = outcome(calm, finished(calm, begin(calm, feed)))
    draw = random.Random(SEED)
    with Stack(tmp_path / "killed", SETTINGS) as stack:
        import_id = begin(stack, feed)
        total = sum(sum(each["events"].values()) for each in expected["episodes"].values())
        for left in range(KILLS, 0, -1):
            stack.ensure_up()
            wait_for_progress(stack, total, left, draw)
            stack.kill_one(draw)
        stack.stop()  # what the last one held comes back at the start, not after a minute
        stack.ensure_up()
        assert outcome(stack, finished(stack, import_id)) == expected
    for each in expected["episodes"].values():
        assert (each["state"], each["runs"]) == ("ready", 1)
        assert set(each["events"].values()) == {1}, each["events"]
