"""The stack as processes: the command speaks through the server, and it stops cleanly."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from support.stack import Everyword, fresh
from support.waiting import until


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Everyword, str]]:
    """One running stack and its address, for tests that neither stop nor count anything."""
    everyword = fresh(tmp_path_factory.mktemp("served") / "data")
    with everyword.up() as (url, _):
        yield everyword, url


@pytest.fixture
def running(served: tuple[Everyword, str]) -> Everyword:
    return served[0]


@pytest.fixture
def url(served: tuple[Everyword, str]) -> str:
    return served[1]


def test_the_command_goes_through_the_server_while_one_runs(
    everyword: Everyword, transcript_file: Path
) -> None:
    with everyword.up() as (url, _):
        added = everyword.json("add", "--transcript", str(transcript_file), "--wait")
        assert added["state"] == "ready"
        assert httpx.get(f"{url}/v1/search", params={"q": "storm"}, timeout=60).json()["hits"] == 1
        assert everyword.json("search", "storm")["hits"] == 1
        assert everyword.error("up", "--port", "0", code=4).startswith("everyword: another")
    assert everyword.json("search", "storm")["hits"] == 1


def test_sigterm_ends_every_process(everyword: Everyword) -> None:
    with everyword.up() as (_, server):
        children = everyword.at_full_strength(server)
        server.send_signal(signal.SIGTERM)
        assert server.wait(120) in (0, -signal.SIGTERM)
    psutil.wait_procs(children, timeout=120)
    assert not any(child.is_running() for child in children)


def test_a_killed_child_is_started_again(everyword: Everyword, transcript_file: Path) -> None:
    with everyword.up() as (_, server):
        for child in everyword.at_full_strength(server):
            child.kill()
        added = everyword.json("add", "--transcript", str(transcript_file), "--wait")
        assert added["state"] == "ready"


def test_children_end_when_the_server_is_killed(everyword: Everyword) -> None:
    with everyword.up() as (_, server):
        children = everyword.at_full_strength(server)
        server.kill()
        server.wait()
        gone, _alive = psutil.wait_procs(children, timeout=120)
        assert len(gone) == len(children)


def test_unfinished_work_is_resumed(everyword: Everyword, transcript_file: Path) -> None:
    episode = everyword.json("add", "--transcript", str(transcript_file))["episode_id"]
    assert everyword.json("status", episode)["state"] != "ready"
    with everyword.up():
        assert everyword.json("status", episode, "--watch")["state"] == "ready"


def test_an_upload_is_checked(url: str) -> None:
    wish = {"title": "t", "filename": "t.wav", "bytes": 10}
    announced = httpx.post(f"{url}/v1/episodes", json=wish, timeout=60).json()
    upload = announced["upload"]["url"]
    wrong = httpx.put(f"{upload[:-4]}AAAA", content=b"0123456789", timeout=60)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "upload_signature")
    long = httpx.put(upload, content=b"0123456789a", timeout=60)
    assert (long.status_code, long.json()["code"]) == (400, "upload_size")
    state = httpx.get(f"{url}/v1/episodes/{announced['episode_id']}", timeout=60).json()["state"]
    assert state == "awaiting_upload"
    httpx.put(upload, content=b"0123456789", timeout=60)
    path = f"{url}/v1/episodes/{announced['episode_id']}"
    error = until(lambda: httpx.get(path, timeout=60).json().get("error"), every_s=0.1)
    assert error["code"] == "not_audio"


def test_openapi_and_problems(url: str) -> None:
    described = httpx.get(f"{url}/v1/openapi.json", timeout=60).json()
    assert described["openapi"].startswith("3.1")
    assert {"/v1/search", "/v1/episodes"} <= set(described["paths"])
    missing = httpx.get(f"{url}/v1/episodes/none", timeout=60)
    assert missing.status_code == 404
    assert missing.headers["content-type"].startswith("application/problem+json")
    assert set(json.loads(missing.text)) >= {"type", "title", "status", "detail", "code"}


def test_an_episodes_files_can_be_fetched(
    running: Everyword, url: str, transcript_file: Path
) -> None:
    added = running.json("add", "--transcript", str(transcript_file), "--wait")
    assert set(added["files"]) >= {"vtt", "srt", "json", "podcast-json", "html", "md", "txt"}
    for address in added["files"].values():
        answer = httpx.get(url + address, timeout=60)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
