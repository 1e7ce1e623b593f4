"""What is removed leaves no word: the bytes of the folder and every table are looked through."""

import io
import json
import sqlite3
import wave
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from everyword_local.client import IN_PROCESS, Api
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder, running_server
from everyword_local.in_process import in_process
from everyword_local.settings import SettingsFile
from ingest.testing.web import Web, serving
from support.stack import Everyword
from support.waiting import until

SETTINGS = """[transcribe]
engine = "pocketsphinx"
diarization = "off"
[ingest]
allow_private_addresses = true
"""
SPOKEN = "kakapo numbat lighthouse quokka"
VTT = f"""WEBVTT

00:00:00.200 --> 00:00:02.800
<v Ibexspeaker>{SPOKEN}
"""
FEED = """<?xml version="1.0"?>
<rss version="2.0"><channel><title>Yakshow</title><language>en</language><item>
<title>Zebutitle</title><guid>gnuguid</guid>
<enclosure url="{url}/oryxfile.wav" type="audio/wav" length="96044"/>
<podcast:transcript xmlns:podcast="https://podcastindex.org/namespace/1.0"
 url="{url}/oryxfile.vtt" type="text/vtt"/></item></channel></rss>
"""
SECRETS = (
    "kakapo", "numbat", "quokka", "ibexspeaker", "zebutitle", "gnuguid", "oryxfile",
    "axolotl", "tapirkey", "ocelot", "bilbyreason", "wombat", "serval", "fossareason",
)  # fmt: skip
SHOW = "yakshow"


def test_removal_in_one_process(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.settings.write_text(SETTINGS)
    composition = Composition(folder, SettingsFile(folder.settings))
    with serving() as web, composition:
        api = Api(IN_PROCESS, transport=in_process(composition))

        def quiet() -> object:
            with composition.at_work():
                return until(lambda: is_quiet(api))

        fill_and_remove(api, web, folder.root, quiet)
        api.delete(f"/v1/feeds/{api.get('/v1/feeds')['feeds'][0]['feed_id']}")
    assert list(found_in(folder.root, (*SECRETS, SHOW))) == []
    assert list(found_in(folder.root, ["lighthouse"]))  # another episode says it, and it is found


@pytest.mark.slow
def test_removal_while_a_server_runs(everyword: Everyword) -> None:
    everyword.data.joinpath("everyword.toml").write_text(SETTINGS)
    with serving() as web, everyword.up() as (url, _):
        server = running_server(everyword.data)
        assert server is not None
        api = Api(url, key=server.key)
        fill_and_remove(api, web, everyword.data, lambda: until(lambda: is_quiet(api)))
        until(lambda: not list(found_in(everyword.data, SECRETS)))
        api.delete(f"/v1/feeds/{api.get('/v1/feeds')['feeds'][0]['feed_id']}")
        until(lambda: not list(found_in(everyword.data, (*SECRETS, SHOW))))


def fill_and_remove(api: Api, web: Web, root: Path, quiet: Callable[[], object]) -> None:
    """Use all that keeps words, see that they are there, and remove the episodes."""
    webhook = api.post("/v1/webhooks", {"url": f"{web.url}/hook"})["id"]
    api.post("/v1/saved-searches", {"query": "lighthouse"})
    api.post("/v1/episodes", {"title": "kept", "transcript": transcript("the lighthouse stays")})
    web.file("/oryxfile.wav", tone(), "audio/wav")
    web.file("/oryxfile.vtt", VTT.encode(), "text/vtt")
    web.file("/feed.xml", FEED.format(url=web.url).encode(), "application/rss+xml")
    api.post("/v1/feeds", {"url": f"{web.url}/feed.xml"})
    told = {
        "title": "Axolotl day",
        "show": "Yakshow",
        "transcript": transcript("the ocelot sees a lighthouse"),
    }
    mine = api.post("/v1/episodes", told)["episode_id"]
    parts = {"title": "serval", "show": "Yakshow", "filename": "tapirkey.mp3", "bytes": 2_000_000}
    awaited = api.post("/v1/episodes", parts)["episode_id"]
    quiet()
    edit = {"at_s": 0.3, "text": "the ocelot saw a wombat lighthouse"}
    api.patch(f"/v1/episodes/{mine}/transcript", edit)
    api.post(
        "/v1/replays",
        {"from": "TranscriptReady", "show": "Yakshow", "reason": "fossareason"},
    )
    api.post(f"/v1/episodes/{mine}/replays", {"from": "TranscriptReady", "reason": "bilbyreason"})
    quiet()
    assert api.get("/v1/search", q="wombat")["hits"] == 1
    assert api.get("/v1/search", q="quokka")["hits"] == 1
    assert api.get(f"/v1/webhooks/{webhook}/deliveries")["deliveries"]
    there = {secret for secret, _ in found_in(root, (*SECRETS, SHOW))}
    assert there == {*SECRETS, SHOW}
    fetched = [e["episode_id"] for e in api.get("/v1/episodes")["episodes"] if e["title"] != "kept"]
    assert {mine, awaited} < set(fetched)
    for episode_id in fetched:
        api.delete(f"/v1/episodes/{episode_id}", reason="asked for")
    quiet()
    assert api.get("/v1/search", q="lighthouse")["hits"] == 1
    assert api.get(f"/v1/episodes/{mine}")["state"] == "removed"


def is_quiet(api: Api) -> bool:
    replays = api.get("/v1/replays")["replays"]
    over = all(each["state"] == "done" for each in replays)
    return over and not api.get("/v1/health")["pending"]


def found_in(root: Path, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield every word that stands in a file's bytes or in a row of a table, and where."""
    for path in sorted(root.rglob("*")):
        try:
            held = path.read_bytes().lower() if path.is_file() else b""
        except FileNotFoundError:  # it went while we looked
            continue
        if path.name == "everyword.toml":
            continue
        yield from ((word, path.name) for word in words if word.encode() in held)
    for path in root.glob("*.sqlite"):
        connection = sqlite3.connect(path)
        tables = connection.execute(
            "select name from sqlite_schema where type = 'table' and sql not like '%virtual%'"
        )
        for (table,) in tables.fetchall():
            for row in connection.execute(f'select * from "{table}"'):
                held = b" ".join(map(as_bytes, row)).lower()
                yield from (
                    (word, f"{path.name}:{table}") for word in words if word.encode() in held
                )
        connection.close()


def as_bytes(cell: object) -> bytes:
    if not isinstance(cell, bytes):
        return str(cell).encode()
    for form in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            return cell + zlib.decompressobj(form).decompress(cell)
        except zlib.error:
            continue
    return cell


def transcript(text: str) -> dict[str, Any]:
    words = [
        {"word": word, "start": 0.4 * number, "end": 0.4 * number + 0.3}
        for number, word in enumerate(text.split())
    ]
    segment = {"start": 0.0, "end": words[-1]["end"], "text": text, "words": words}
    return json.loads(json.dumps({"language": "en", "segments": [segment]}))  # type: ignore[no-any-return]


def tone() -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(range(250)) * 384)
    return made.getvalue()
