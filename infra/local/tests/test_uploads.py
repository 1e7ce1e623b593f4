"""Uploads that do not say how long they are: the bytes are counted as they come."""

import wave
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from everyword_local.application import application
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile
from support.stack import Everyword


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with Composition(DataFolder(tmp_path / "data"), SettingsFile(None)) as composition:
        yield TestClient(application(composition))


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(bytes(6_400))
    return path.read_bytes()


def announce(client: TestClient, size: int) -> tuple[str, str]:
    body = {"title": "t", "filename": "sound.wav", "bytes": size}
    made = client.post("/v1/episodes", json=body).json()
    return made["episode_id"], made["upload"]["url"]


def in_pieces(data: bytes, size: int = 1000) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def state(client: TestClient, episode_id: str) -> str:
    return str(client.get(f"/v1/episodes/{episode_id}").json()["state"])


def test_the_whole_file_in_pieces_is_taken_once(client: TestClient, sound: bytes) -> None:
    episode_id, url = announce(client, len(sound))
    taken = client.put(url, content=in_pieces(sound))
    assert (taken.status_code, taken.json()) == (200, {"episode_id": episode_id, "state": "queued"})
    assert client.get(f"/media/{episode_id}").content == sound
    again = client.put(url, content=in_pieces(sound))
    assert (again.status_code, again.json()["code"]) == (409, "upload_over")


def test_of_two_uploads_to_one_address_one_is_kept_whole(client: TestClient, sound: bytes) -> None:
    episode_id, url = announce(client, len(sound))
    other = sound[:-1] + bytes([sound[-1] ^ 1])
    inner: list[int] = []

    def slow() -> Iterator[bytes]:
        yield other[:1000]
        inner.append(client.put(url, content=in_pieces(sound)).status_code)
        yield other[1000:]

    outer = client.put(url, content=slow())
    assert (inner, outer.status_code) == ([200], 409)
    assert client.get(f"/media/{episode_id}").content == sound


@pytest.mark.parametrize("wrong", [-1, +1, +5_000_000])
def test_another_length_than_announced_is_refused(
    client: TestClient, sound: bytes, wrong: int
) -> None:
    episode_id, url = announce(client, len(sound))
    sent = sound[:wrong] if wrong < 0 else sound + bytes(wrong)
    refused = client.put(url, content=in_pieces(sent))
    assert (refused.status_code, refused.json()["code"]) == (400, "upload_size")
    assert refused.headers["content-type"] == "application/problem+json"
    assert state(client, episode_id) == "awaiting_upload"
    assert client.put(url, content=in_pieces(sound)).json()["state"] == "queued"


def test_an_address_is_for_one_episode_only(client: TestClient, sound: bytes) -> None:
    _, first = announce(client, len(sound))
    _, second = announce(client, len(sound) + 1)
    payload, signature = first.rsplit("/", 1)[1].split(".")[0], second.rsplit(".", 1)[1]
    forged = client.put(f"/uploads/{payload}.{signature}", content=in_pieces(sound))
    assert (forged.status_code, forged.json()["code"]) == (403, "upload_signature")


def test_an_upload_goes_where_its_episode_was_announced(tmp_path: Path, sound: bytes) -> None:
    everyword = Everyword(tmp_path / "data")
    everyword.data.mkdir()
    (everyword.data / "everyword.toml").write_text('[server]\nnames = ["archive.example"]\n')
    key = {"Authorization": "Bearer k3y"}
    proxied = {**key, "Host": "archive.example", "X-Forwarded-Proto": "https"}
    body = {"title": "t", "filename": "sound.wav", "bytes": len(sound)}
    with everyword.up(EVERYWORD_KEY="k3y") as (url, _):
        direct = httpx.post(f"{url}/v1/episodes", json=body, headers=key).json()["upload"]["url"]
        assert direct.startswith(f"{url}/uploads/")
        behind = httpx.post(f"{url}/v1/episodes", json=body, headers=proxied).json()["upload"]
        assert behind["url"].startswith("https://archive.example/uploads/")
        path = behind["url"].removeprefix("https://archive.example")
        assert httpx.put(f"{url}{path}", content=sound, headers=proxied).status_code == 200
