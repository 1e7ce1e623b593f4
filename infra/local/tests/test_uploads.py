"""Uploads that do not say how long they are: the bytes are counted as they come."""

import threading
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from everyword_local.application import application
from everyword_local.client import Answer, Api, Ask, Transport
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


def test_audio_that_a_browser_has_is_not_sent_again(client: TestClient, sound: bytes) -> None:
    episode_id, url = announce(client, len(sound))
    client.put(url, content=sound)
    first = client.get(f"/media/{episode_id}")
    again = client.get(f"/media/{episode_id}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = client.get(f"/media/{episode_id}", headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, sound)


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
        direct = httpx.post(f"{url}/v1/episodes", json=body, headers=key, timeout=60).json()[
            "upload"
        ]["url"]
        assert direct.startswith(f"{url}/uploads/")
        behind = httpx.post(f"{url}/v1/episodes", json=body, headers=proxied, timeout=60).json()[
            "upload"
        ]
        assert behind["url"].startswith("https://archive.example/uploads/")
        path = behind["url"].removeprefix("https://archive.example")
        assert (
            httpx.put(f"{url}{path}", content=sound, headers=proxied, timeout=60).status_code == 200
        )


def test_of_two_uploads_at_once_the_first_to_end_is_the_audio(
    client: TestClient, sound: bytes
) -> None:
    episode_id, url = announce(client, len(sound))
    begun, go_on = threading.Event(), threading.Event()
    other = bytes(len(sound))

    def slowly() -> Iterator[bytes]:
        yield other[:1000]
        begun.set()
        assert go_on.wait(120)
        yield other[1000:]

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.put, url, content=slowly())
        assert begun.wait(120)
        first = client.put(url, content=sound)
        go_on.set()
        second = slow.result()
    assert (first.status_code, first.json()["state"]) == (200, "queued")
    assert (second.status_code, second.json()["code"]) == (409, "upload_over")
    assert client.get(f"/media/{episode_id}").content == sound


def test_many_uploads_at_once_to_one_address(client: TestClient, sound: bytes) -> None:
    episode_id, url = announce(client, len(sound))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: client.put(url, content=in_pieces(sound)), range(6)))
    assert sorted(each.status_code for each in answers) == [200] + [409] * 5
    assert client.get(f"/media/{episode_id}").content == sound


@pytest.fixture
def large(tmp_path: Path) -> Iterator[TestClient]:
    """A client of an installation where files over 1 kB are large."""
    folder = DataFolder(tmp_path / "data")
    folder.settings.write_text("[ingest]\nmultipart_bytes = 1000\npart_bytes = 3000\n")
    with Composition(folder, SettingsFile(folder.settings)) as composition:
        yield TestClient(application(composition))


def test_a_large_file_goes_in_parts_and_on_after_a_break(large: TestClient, sound: bytes) -> None:
    body = {"filename": "sound.wav", "bytes": len(sound), "title": "t"}
    key = {"Idempotency-Key": "k1"}
    made = large.post("/v1/episodes", json=body, headers=key).json()
    upload = made["upload"]
    assert (upload["kind"], upload["part_bytes"], upload["stored"]) == ("multipart", 3000, [])
    parts = [sound[at : at + 3000] for at in range(0, len(sound), 3000)]
    assert len(upload["urls"]) == len(parts) == 3
    assert large.put(upload["urls"][1], content=parts[1]).json()["part"] == 2
    wrong = large.put(upload["urls"][0], content=parts[0] + b"x")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "upload_size")
    episode = f"/v1/episodes/{made['episode_id']}"
    early = large.post(f"{episode}:complete", json={})
    assert (early.status_code, early.json()["code"]) == (400, "parts_missing")
    again = large.post("/v1/episodes", json=body, headers=key).json()["upload"]
    assert again["stored"] == [2]
    for number in (1, 3):
        large.put(again["urls"][number - 1], content=parts[number - 1])
    done = large.post(f"{episode}:complete", json={})
    assert (done.status_code, done.json()["state"]) == (200, "queued")
    assert large.get(f"/media/{made['episode_id']}").content == sound
    late = large.put(again["urls"][0], content=parts[0])
    assert (late.status_code, late.json()["code"]) == (409, "upload_over")


def carried_by(client: TestClient) -> Transport:
    def carry(ask: Ask) -> Answer:
        body = ask.body if isinstance(ask.body, bytes) or ask.body is None else ask.body.read()
        if ask.body is not body and body is not None:
            ask.sent(len(body))
        reply = client.request(ask.method, ask.path, content=body, headers=dict(ask.headers))
        return Answer(reply.status_code, reply.content, reply.reason_phrase)

    return carry


def test_the_command_s_client_uploads_what_is_missing(
    large: TestClient, sound: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "long.wav"
    file.write_bytes(sound)
    api = Api("http://testserver", transport=carried_by(large))
    body = {"filename": "long.wav", "bytes": len(sound), "title": "t"}
    announced = api.post("/v1/episodes", body)
    large.put(announced["upload"]["urls"][0], content=sound[:3000])
    announced["upload"]["stored"] = [1]
    sent: list[int] = []
    api.upload(announced, file, sent.append)
    assert sum(sent) == len(sound)
    assert state(large, announced["episode_id"]) == "queued"
    api.upload(announced, file)  # somebody was quicker: no error


def test_a_removed_episode_leaves_no_parts(large: TestClient, tmp_path: Path, sound: bytes) -> None:
    body = {"filename": "s.wav", "bytes": len(sound), "title": "t"}
    made = large.post("/v1/episodes", json=body).json()
    large.put(made["upload"]["urls"][0], content=sound[:3000])
    large.delete(f"/v1/episodes/{made['episode_id']}")
    with Composition(DataFolder(tmp_path / "data"), SettingsFile(None)) as composition:
        inbox = composition.bus.inbox("ingest")
        for delivery in inbox.receive(most=10, visibility_s=60):
            composition.ingest.handle(delivery.event)
    assert not list((tmp_path / "data" / "uploads").iterdir())
