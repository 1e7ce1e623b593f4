"""Many episodes are replayed by one job in the background, which the command follows."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.stack import Everyword, environment, fresh, write_transcript_file

SHOWS = ("One", "Two", "Two")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three episodes of two shows, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    everyword = fresh(folder / "data")
    for number, show in enumerate(SHOWS):
        file = write_transcript_file(folder / f"{number}.json", f"tale {number} of a lighthouse")
        everyword("add", "--transcript", str(file), "--show", show, "--wait")
    return everyword.data


@pytest.fixture
def archive(filled: Path, tmp_path: Path) -> Everyword:
    """Three episodes of two shows, in a folder of the test's own."""
    return Everyword(shutil.copytree(filled, tmp_path / "data"))


def journal(everyword: Everyword, episode_id: str) -> list[str]:
    return everyword("events", episode_id).splitlines()


def test_a_whole_archive_without_a_server(archive: Everyword) -> None:
    dry = archive.json("replay", "--all", "--from", "TranscriptRefined", "--dry-run")
    assert (len(dry["episode_ids"]), dry["replayed"], dry["replay_id"]) == (3, 0, None)
    assert archive.json("replays", "list")["replays"] == []
    done = archive.run("replay", "--all", "--from", "TranscriptRefined", "--wait", "--json")
    assert done.returncode == 0, done.stderr
    assert "replay from TranscriptRefined: done, 100 %" in done.stderr
    (job,) = archive.json("replays", "list")["replays"]
    assert (job["state"], job["total"], job["done"], job["replayed"]) == ("done", 3, 3, 3)
    assert archive.json("search", "lighthouse")["hits"] == 3


@pytest.mark.slow
def test_a_show_is_replayed_and_no_other(archive: Everyword) -> None:
    said = archive("replay", "--show", "Two", "--from", "TranscriptReady", "--wait")
    assert said.splitlines()[0] == "2 replayed from TranscriptReady"
    assert archive("replay", "--show", "One", "--from", "TranscriptReady").startswith("1 replayed")
    assert archive("replay", "--show", "None", "--from", "TranscriptReady").startswith("0 replayed")
    for episode in archive.json("status")["episodes"]:
        marked = [line for line in journal(archive, episode["episode_id"]) if "replay of" in line]
        assert len([line for line in marked if " TranscriptReady " in line]) == 1


def test_what_has_no_such_event_is_counted(archive: Everyword) -> None:
    done = archive.run("replay", "--all", "--from", "AudioUploaded", "--wait")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "0 replayed from AudioUploaded; 3 had none\n"


def test_interrupted_it_goes_on_and_can_be_steered(archive: Everyword) -> None:
    asked = ("replay", "--all", "--from", "TranscriptRefined", "--rate", "0.001/s")
    with archive.up():
        command = [sys.executable, "-m", "everyword_local", "--data", str(archive.data), *asked]
        with subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=environment(), cwd=archive.data.parent
        ) as following:
            assert following.stderr is not None
            assert "running" in following.stderr.readline()
            following.send_signal(signal.SIGINT)
            said = following.stderr.read()
            assert following.wait(120) == 130
        (job,) = archive.json("replays", "list")["replays"]
        assert "goes on on the server" in said
        assert f"everyword replays follow|pause|resume|cancel {job['replay_id']}" in said
        assert job["state"] == "running"
        for action, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
            assert archive.json("replays", action, job["replay_id"])["state"] == state
        archive("replays", "follow", job["replay_id"], code=1)
        assert "cancelled" in archive.error("replays", "resume", job["replay_id"], code=1)


@pytest.mark.slow
def test_interrupted_without_a_server_the_next_command_goes_on(archive: Everyword) -> None:
    asked = ("replay", "--all", "--from", "TranscriptRefined", "--rate", "0.05/s")
    command = [sys.executable, "-m", "everyword_local", "--data", str(archive.data), *asked]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=environment(), cwd=archive.data.parent
    ) as following:
        assert following.stderr is not None
        assert "running" in following.stderr.readline()
        os.kill(following.pid, signal.SIGINT)
        assert "everyword up" in following.stderr.read()
        assert following.wait(120) == 130
    (job,) = archive.json("replays", "list")["replays"]
    assert job["state"] == "running"
    assert job["done"] < job["total"]
    with archive.up():
        until = time.monotonic() + 120
        while archive.json("replays", "list")["replays"][0]["done"] == job["done"]:
            assert time.monotonic() < until
            time.sleep(0.3)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["replay", "--all", "--from", "TranscriptReady", "--rate", "fast"], 2),
        (["replay", "--all", "--show", "One", "--from", "TranscriptReady"], 2),
        (["replay", "--all", "--from", "TranscriptRefined", "--only", "transcribe-gpu"], 2),
        (["replays", "follow", "none"], 3),
        (["replays", "pause", "none"], 3),
        (["--api", "http://127.0.0.1:9", "replay", "--all", "--from", "TranscriptReady"], 4),
    ],
)
def test_exit_codes(everyword: Everyword, arguments: list[str], code: int) -> None:
    assert everyword.error(*arguments, code=code).startswith("everyword: ")
