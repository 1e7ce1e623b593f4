"""`everyword add` and `everyword feeds`, as a person types them."""

import io
import re
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from everyword_local.commands.sources import find_sources
from ingest.testing.web import Web, serving
from support.stack import Everyword, write_transcript_file
from support.waiting import until

SETTINGS = "[ingest]\nallow_private_addresses = true\nhost_delay_s = 0\nhost_at_once = 8\n"


@pytest.fixture
def everyword(tmp_path: Path) -> Everyword:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "everyword.toml").write_text(SETTINGS)
    return Everyword(folder)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


def sound(number: int) -> bytes:
    """Half a second of audio that differs for every number."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes([number, 0]) * 8_000)
    return out.getvalue()


def feed(web: Web, items: str) -> str:
    body = f'<rss version="2.0"><channel><title>Slow Radio</title>{items}</channel></rss>'
    return web.file("/feed.xml", body.encode(), "application/rss+xml")


def item(guid: str, url: str) -> str:
    return f'<item><guid>{guid}</guid><title>Day {guid}</title><enclosure url="{url}"/></item>'


def test_transcripts_are_paired_with_audio_by_name(tmp_path: Path) -> None:
    for name in ("a.mp3", "b.mp3", "a.en.vtt", "b.srt", "b.vtt", "c.srt", "notes.json", "d.txt"):
        (tmp_path / name).write_text("x")
    named = find_sources([str(tmp_path)], [])
    pairs = [(i.audio and i.audio.name, i.transcript and i.transcript.name) for i in named.items]
    assert pairs == [("a.mp3", "a.en.vtt"), ("b.mp3", "b.vtt"), (None, "c.srt")]
    assert named.notes == ["b.srt: left out, b.vtt is used"]
    said = find_sources([str(tmp_path / "a.mp3")], [tmp_path / "d.txt"])
    assert [(i.audio, i.transcript) for i in said.items] == [
        (tmp_path / "a.mp3", tmp_path / "d.txt")
    ]


def test_several_transcripts_at_once_are_all_added(everyword: Everyword, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    for name in ("one", "two", "three"):
        write_transcript_file(folder / f"{name}.json", f"this is {name} of them")
    (folder / "one.wav").write_bytes(sound(1))
    added = everyword.json("add", str(folder / "one.wav"), "--transcript", str(folder))
    assert sorted(each["title"] for each in added["episodes"]) == ["one", "three", "two"]
    files = [str(folder / f"{name}.json") for name in ("one", "two")]
    again = everyword.json("add", "--transcript", files[0], "--transcript", files[1], "--wait")
    assert {each["state"] for each in again["episodes"]} == {"ready"}


@pytest.mark.slow
def test_commands_started_side_by_side_wait_for_each_other(
    everyword: Everyword, tmp_path: Path
) -> None:
    files = [
        write_transcript_file(tmp_path / f"{name}.json", f"this is {name} of them")
        for name in ("one", "two", "three")
    ]
    started = [*files, files[0]]
    with ThreadPoolExecutor(len(started)) as pool:
        adding = [
            pool.submit(everyword.run, "add", "--transcript", str(file), "--wait")
            for file in started
        ]
        done = [each.result() for each in adding]
    assert [each.returncode for each in done] == [0] * len(started), [each.stderr for each in done]
    episodes = everyword.json("status")["episodes"]
    assert sorted(each["title"] for each in episodes) == ["one", "three", "two"]
    assert {each["state"] for each in episodes} == {"ready"}


def test_a_failed_item_is_told_and_the_others_are_added(
    everyword: Everyword, tmp_path: Path
) -> None:
    good = write_transcript_file(tmp_path / "good.json", "words that are right")
    (tmp_path / "bad.srt").write_text("no subtitles at all")
    done = everyword.run("add", "--json", "--transcript", str(good), "--transcript",
                         str(tmp_path / "bad.srt"))  # fmt: skip
    assert done.returncode == 1
    assert "bad.srt: not a caption file that can be read - readable are" in done.stderr
    assert '"failed": [{"name": "bad.srt"' in done.stdout
    assert '"title": "good"' in done.stdout


def test_an_address_is_fetched_before_the_command_ends(everyword: Everyword, web: Web) -> None:
    url = web.file("/A%20day.wav", sound(1))
    added = everyword.json("add", url, "--show", "S")
    assert (added["title"], added["state"], added["source_url"]) == ("A day", "queued", url)
    again = everyword.json("add", url, "--show", "S")
    assert again["episode_id"] == added["episode_id"]


def test_what_cannot_be_fetched_is_a_clear_line(
    everyword: Everyword, web: Web, tmp_path: Path
) -> None:
    page = web.file("/page", b"<!doctype html><html></html>", "text/html")
    assert "a web page, not audio" in everyword.error("add", page, code=1)
    assert "answers 404" in everyword.error("add", f"{web.url}/none.mp3", code=1)
    (everyword.data / "everyword.toml").write_text("")
    refused = everyword.error("add", web.file("/a.wav", sound(1)), code=1)
    assert "private network" in refused
    assert "allow_private_addresses" in refused
    meta = everyword.error("add", "http://169.254.169.254/latest/", code=1)
    assert "private network" in meta


def test_a_feed_is_followed_listed_polled_and_removed(everyword: Everyword, web: Web) -> None:
    items = [item(str(n), web.file(f"/{n}/audio.wav", sound(n))) for n in (1, 2)]
    url = feed(web, "".join(items))
    dry = everyword("add", url, "--dry-run")
    assert "2 episodes" in dry
    assert everyword.json("feeds", "list")["feeds"] == []
    added = everyword.json("add", url, "--newest", "1")
    assert [each["action"] for each in added["feeds"][0]["items"]] == ["added", "skipped"]
    (known,) = everyword.json("feeds", "list")["feeds"]
    assert (known["show"], known["url"]) == ("Slow Radio", url)
    more = item("3", web.file("/3/audio.wav", sound(3)))
    feed(web, more + "".join(items))
    (report,) = everyword.json("feeds", "poll")["feeds"]
    assert [each["action"] for each in report["items"]] == ["added", "known", "skipped"]
    everyword("feeds", "remove", url)
    assert everyword.error("feeds", "poll", known["feed_id"], code=3)
    assert len(everyword.json("status")["episodes"]) == 2


@pytest.mark.slow
def test_a_server_takes_a_feed_in_and_polls_it(everyword: Everyword, web: Web) -> None:
    items = "".join(item(str(n), web.file(f"/{n}/audio.wav", sound(n))) for n in range(5))
    items += item("gone", f"{web.url}/gone.mp3")
    with everyword.up():
        report = everyword.json("feeds", "add", feed(web, items), "--show", "S")
        ids = [each["episode_id"] for each in report["items"]]
        assert len(set(ids)) == 6
        done = everyword.run("add", "--json", web.file("/single.wav", sound(9)), "--show", "S")
        assert done.returncode == 0
        states = until(lambda: _settled(everyword))
    assert states.count("awaiting_upload") == 0
    assert states.count("failed") == 1


def _settled(everyword: Everyword) -> list[str]:
    states: list[str] = [each["state"] for each in everyword.json("status")["episodes"]]
    return [] if "awaiting_upload" in states else states


@pytest.mark.slow
def test_a_show_s_feed_is_served_with_its_transcripts(
    everyword: Everyword, web: Web, tmp_path: Path
) -> None:
    url = feed(web, item("1", web.file("/1/audio.wav", sound(1))) + "<item><guid>2</guid></item>")
    file = write_transcript_file(tmp_path / "Day 1.json", "the only words there are")
    with everyword.up() as (origin, _):
        everyword("feeds", "add", url, "--show", "S", "--since", "2999-01-01")
        everyword("add", "--transcript", str(file), "--title", "Day 1", "--show", "S", "--wait")
        found = httpx.get(f"{origin}/v1/shows/S/feed.xml", timeout=60)
        assert found.status_code == 200, found.text
        assert found.headers["content-type"].startswith("application/rss+xml")
        assert httpx.get(f"{origin}/v1/shows/None/feed.xml", timeout=60).status_code == 404
        first, second = found.text.split("<item>")[1:]
        link = re.search(r'url="([^"]+transcript.vtt)"', first)
        assert link is not None
        assert link[1].startswith(origin)
        assert b"only words" in httpx.get(link[1], timeout=60).content
        assert "podcast:transcript" not in second
