"""A machine elsewhere recognises: it takes jobs over HTTP with a key."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from support.clips import clip
from support.stack import TIMEOUT_S, Everyword, environment

KEY = "a-long-random-word"


def worker_command(folder: Path, url: str) -> list[str]:
    program = [sys.executable, "-m", "everyword_local", "--data", str(folder / "elsewhere")]
    return [*program, "--api", url, "--json", "worker", "--engine", "pocketsphinx"]


@contextmanager
def worker(folder: Path, url: str, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        [*worker_command(folder, url), *arguments],
        text=True,
        stdout=subprocess.PIPE,
        env={**environment(), "EVERYWORD_KEY": KEY},
        cwd=folder,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def ask(url: str) -> dict[str, object]:
    with urlopen(Request(url, headers={"Authorization": f"Bearer {KEY}"}), timeout=60) as reply:
        found: dict[str, object] = json.loads(reply.read())
        return found


def wait_for(url: str, episode: str, *states: str) -> dict[str, object]:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        found = ask(f"{url}/v1/episodes/{episode}")
        if found["state"] in states:
            return found
        time.sleep(0.2)
    raise AssertionError(found)


def add(everyword: Everyword, url: str, audio: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "everyword_local", "--api", url, "--json", "add", str(audio)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        env={**environment(), "EVERYWORD_KEY": KEY},
        cwd=everyword.data.parent,
        check=True,
    )
    return str(json.loads(done.stdout)["episode_id"])


@pytest.mark.slow
def test_a_worker_elsewhere_recognises_and_one_that_is_stopped_gives_its_job_back(
    everyword: Everyword, tmp_path: Path
) -> None:
    long = clip("archive.opus", tmp_path / "long.wav", seconds=60)
    with everyword.up("--no-worker", EVERYWORD_KEY=KEY) as (url, _):
        episode = add(everyword, url, long)
        wait_for(url, episode, "queued", "transcribing")
        with worker(tmp_path, url) as first:
            wait_for(url, episode, "transcribing")
            first.send_signal(signal.SIGTERM)
            assert first.wait(100) == 0
        assert ask(f"{url}/v1/episodes/{episode}")["state"] in ("queued", "transcribing")
        with worker(tmp_path, url, "--leave-after", "3") as second:
            found = wait_for(url, episode, "ready", "failed")
            assert found["state"] == "ready"
            assert second.wait(TIMEOUT_S) == 0, "it leaves when there is nothing to do"
        hits = ask(f"{url}/v1/search?q=storm")["hits"]
        assert isinstance(hits, int)
        assert hits >= 1


def test_a_worker_without_the_key_gets_nothing(everyword: Everyword, tmp_path: Path) -> None:
    with everyword.up("--no-worker", EVERYWORD_KEY=KEY) as (url, _):
        done = subprocess.run(
            worker_command(tmp_path, url),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            env=environment(),
            check=False,
        )
        assert done.returncode != 0
        assert "key" in done.stderr
        assert "Traceback" not in done.stderr
        request = Request(f"{url}/v1/worker/blobs:stat?key=episodes/x/upload/audio")
        with pytest.raises(HTTPError) as refused:
            urlopen(request, timeout=60)
        with refused.value:
            assert refused.value.code == 401
        assert os.environ.get("EVERYWORD_KEY") is None
