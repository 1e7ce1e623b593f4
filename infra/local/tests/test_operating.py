"""What an operator sees: logs across services, work under way, all events."""

import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from everyword_events import Event, TranscriptReady
from everyword_events.consumer.log_fields import in_hand
from everyword_events.ports import Delivery
from everyword_events.testing import sample_event
from everyword_local.application import application
from everyword_local.commands.dashboard import Overview, lines
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.log_reading import lines_of
from everyword_local.logs import JsonLines
from everyword_local.settings import SettingsFile
from support.stack import Everyword, environment, write_transcript_file


def write(path: Path, *made: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.writelines(json.dumps(each) + "\n" for each in made)


def line(time: str, episode: str = "e1", **more: Any) -> dict[str, Any]:
    return {"time": f"2026-11-21T{time}+00:00", "episode_id": episode, "message": "m", **more}


def test_logs_of_all_processes_are_merged_by_time_also_those_turned_over(tmp_path: Path) -> None:
    write(tmp_path / "worker.log.2", line("10:00:00", number=1))
    write(tmp_path / "worker.log.1", line("10:00:02", number=3))
    write(tmp_path / "worker.log", line("10:00:04", number=5), line("10:00:05", episode="e10"))
    write(tmp_path / "dispatcher.log.1", line("10:00:01", number=2))
    write(tmp_path / "dispatcher.log", line("10:00:03", number=4))
    with (tmp_path / "dispatcher.log").open("a") as file:
        file.write('{"time": "2026-11-21T10:00:09", "episode_id": "e1", "mess')
    found = lines_of(tmp_path, "e1")
    assert [each["number"] for each in found] == [1, 2, 3, 4, 5]
    assert found[0]["log"] == "worker"
    assert [each["number"] for each in lines_of(tmp_path, "e1", most=2)] == [4, 5]
    since = lines_of(tmp_path, "e1", since="2026-11-21T10:00:03+00:00")
    assert [each["number"] for each in since] == [4, 5]
    assert lines_of(tmp_path / "none", "e1") == []


def test_what_is_logged_while_a_delivery_is_in_hand_names_it() -> None:
    record = logging.makeLogRecord({"msg": "engine chosen", "args": ()})
    event: Event = sample_event(TranscriptReady)
    with in_hand(Delivery(event, "refine", attempt=2, receipt="c")):
        said = json.loads(JsonLines().format(record))
    assert said["episode_id"] == event.meta.episode_id
    assert (said["service"], said["event_type"], said["attempt"]) == ("refine", event.type, 2)
    assert "episode_id" not in json.loads(JsonLines().format(record))


def depth(**counts: int) -> dict[str, int]:
    return {"waiting": 0, "in_flight": 0, "delayed": 0, "dead": 0, **counts}


def test_the_overview_says_what_waits_what_runs_and_what_to_do() -> None:
    seen = Overview(
        depths={"fetch": depth(waiting=3, in_flight=1), "refine": depth(dead=2), "search": depth()},
        paused={"refine": {"message": "the model's key is refused", "hint": "set another"}},
        steps=[
            {"title": "Day 1", "state": "transcribing",
             "progress": {"stage": "transcribing", "fraction": 0.43, "eta_s": 150.0}},
            {"title": "Day 2", "state": "refining", "progress": None},
        ],
        feeds=[{"show": "Slow Radio", "done": 12, "total": 1000}],
        replays=[{"event": "TranscriptReady", "done": 1, "total": 9, "state": "paused"}],
        pending=4,
    )  # fmt: skip
    assert list(lines(seen)) == [
        "fetch            3 waiting, 1 at work",
        "refine           2 given up on",
        "  paused: the model's key is refused - set another",
        "  Day 1: transcribing 43%, about 2 min left",
        "  Day 2: refining",
        "  feed Slow Radio: 12 of 1000 items",
        "  replay from TranscriptReady: 1 of 9, paused",
        "`everyword failed list` says what was given up on",
    ]
    quiet = Overview(depths={"fetch": depth()}, paused={}, steps=[])
    assert list(lines(quiet)) == ["nothing is left to do"]


@pytest.fixture
def everyword(tmp_path: Path) -> Everyword:
    return Everyword(tmp_path / "data")


@pytest.mark.slow
def test_without_a_server_logs_events_and_status_work(everyword: Everyword, tmp_path: Path) -> None:
    file = write_transcript_file(tmp_path / "talk.json", "the storm took the fog horn")
    added = everyword.json("add", "--transcript", str(file), "--wait")
    said = [json.loads(each) for each in everyword("logs", "talk", "--json").splitlines()]
    assert {each["service"] for each in said} >= {"ingest", "refine", "captions", "search"}
    assert {each["episode_id"] for each in said} == {added["episode_id"]}
    assert "fog" not in json.dumps(said)
    assert "handled" in everyword("logs", "talk")
    everyword.error("logs", "nothing", code=3)
    newest = [json.loads(each) for each in everyword("events", "--json").splitlines()]
    assert newest[0]["type"] == "TranscriptReady"
    assert everyword("events", "--last", "1").count("\n") == 1
    assert "nothing is left to do" in everyword("status", "--watch")
    seen = everyword.json("status", "--watch")
    assert (seen["pending"], seen["steps"]) == (0, [])
    queued = write_transcript_file(tmp_path / "later.json", "nobody works on this")
    everyword("add", "--transcript", str(queued))
    watching = subprocess.Popen(
        [sys.executable, "-m", "everyword_local", "--data", str(everyword.data), "status",
         "--watch", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    assert watching.stdout is not None
    assert json.loads(watching.stdout.readline())["pending"] > 0
    os.kill(watching.pid, signal.SIGINT)
    _, errors = watching.communicate(timeout=120)
    assert (watching.returncode, errors.strip()) == (130, "")


def test_it_is_ready_only_where_everything_it_needs_can_be_reached(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with Composition(folder, SettingsFile(None)) as composition:
        client = TestClient(application(composition))
        works = client.get("/health/ready")
        assert (works.status_code, works.json()["checks"]) == (
            200,
            {"queues": "ok", "episodes": "ok", "search": "ok"},
        )
        with sqlite3.connect(folder.index) as index:
            index.execute("DROP TABLE episode")
        broken = client.get("/health/ready")
        assert (broken.status_code, broken.json()) == (
            503,
            {"ok": False, "checks": {"queues": "ok", "episodes": "ok", "search": "failed"}},
        )
        assert client.get("/health/live").status_code == 200
