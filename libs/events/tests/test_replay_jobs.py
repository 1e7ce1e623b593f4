"""Replays of many episodes in the background, kept in SQLite and in DynamoDB (moto)."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from everyword_events import Conflict, NotFound, ServiceContract, TranscriptReady, removal_of
from everyword_events.aws.replays import EPISODES_A_ROW, DynamoReplays
from everyword_events.replay import Replayer
from everyword_events.replay_jobs import ReplayRequest, ReplayWorker
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.sqlite.replays import SqliteReplays
from everyword_events.testing import drain, ready

CONTRACTS = (ServiceContract("refine", consumes=(TranscriptReady,)),)
ASKED = ReplayRequest("TranscriptReady", ("refine",), "new rules")
EPISODES = [f"e{number:02}" for number in range(45)]


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[SqliteBus]:
    with SqliteBus(tmp_path / "bus.sqlite3", CONTRACTS) as bus:
        bus.append([ready(episode_id=each) for each in EPISODES])
        drain(bus.inbox("refine"))
        yield bus


Replays = SqliteReplays | DynamoReplays


@pytest.fixture(params=["sqlite", "dynamodb"])
def replays(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Replays]:
    if request.param == "sqlite":
        replays = SqliteReplays(tmp_path / "replays.sqlite3")
        yield replays
        replays.close()
        return
    with mock_aws():
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        client: Any = boto3.client("dynamodb", region_name="eu-west-1", **keys)
        client.create_table(
            TableName="t",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        yield DynamoReplays(client, "t")


def worker(bus: SqliteBus, replays: Replays) -> ReplayWorker:
    return ReplayWorker(
        replays, Replayer(bus, CONTRACTS), waiting=lambda: bus.pending()["refine"].unfinished
    )


def work(bus: SqliteBus, replays: Replays) -> None:
    while worker(bus, replays).step(threading.Event()):
        pass


def test_a_whole_archive_is_replayed_and_summed_up(bus: SqliteBus, replays: Replays) -> None:
    bus.append([removal_of(bus, "ingest", "e07")])
    status = replays.start(ASKED, [*EPISODES, "never heard of"])
    assert (status.state, status.total, status.done) == ("running", 46, 0)
    work(bus, replays)
    status = replays.get(status.replay_id)
    assert (status.state, status.done, status.replayed) == ("done", 46, 44)
    events = drain(bus.inbox("refine"))
    assert len(events) == 44
    assert {e.meta.replay.reason for e in events if e.meta.replay} == {"new rules"}


def test_asked_for_twice_it_is_done_once(bus: SqliteBus, replays: Replays) -> None:
    first = replays.start(ASKED, EPISODES)
    worker(bus, replays).step(threading.Event())
    assert replays.start(ASKED, EPISODES).replay_id == first.replay_id
    work(bus, replays)
    assert len(drain(bus.inbox("refine"))) == len(EPISODES)
    again = replays.start(ASKED, EPISODES)
    assert again.replay_id != first.replay_id


def test_of_a_removed_episode_s_replays_no_word_is_kept(replays: Replays) -> None:
    mine = ReplayRequest("TranscriptReady", ("refine",), "Ada asked", "Ada's Show")
    others = ReplayRequest("TranscriptReady", (), "Ben asked", "Ben's Show")
    taken = replays.start(mine, ["e1", "gone"]).replay_id
    kept = replays.start(others, ["e2"]).replay_id
    replays.advance(taken, done=1, replayed=1)
    replays.forget("gone")
    status = replays.get(taken)
    assert status.request.to_json() == replace(mine, reason="", show=None).to_json()
    assert status.done == 1
    assert replays.next_episodes(status, most=9) == ["gone"]
    assert replays.get(kept).request.to_json() == others.to_json()


def test_killed_between_the_log_and_its_note_it_replays_an_episode_once(
    bus: SqliteBus, replays: Replays
) -> None:
    status = replays.start(ASKED, EPISODES[:3])
    Replayer(bus, CONTRACTS).episode(
        "e00", start="TranscriptReady", only=["refine"], request_id=status.replay_id
    )
    work(bus, replays)
    assert len(drain(bus.inbox("refine"))) == 3
    assert replays.get(status.replay_id).replayed == 3


def test_it_can_be_paused_gone_on_with_and_cancelled(bus: SqliteBus, replays: Replays) -> None:
    replay_id = replays.start(ASKED, EPISODES).replay_id
    worker(bus, replays).step(threading.Event())
    done = replays.get(replay_id).done
    assert 0 < done < len(EPISODES)
    replays.change(replay_id, "paused")
    work(bus, replays)
    assert replays.get(replay_id).done == done
    replays.change(replay_id, "running")
    worker(bus, replays).step(threading.Event())
    assert replays.get(replay_id).done > done
    replays.change(replay_id, "cancelled")
    work(bus, replays)
    assert len(drain(bus.inbox("refine"))) == replays.get(replay_id).replayed < len(EPISODES)
    with pytest.raises(Conflict):
        replays.change(replay_id, "running")
    with pytest.raises(NotFound):
        replays.get("no such")


def test_new_work_goes_before_replays_and_what_they_cause(bus: SqliteBus, replays: Replays) -> None:
    replays.start(ASKED, EPISODES[:5])
    work(bus, replays)
    new = ready(episode_id="new")
    bus.append([new])
    (first,) = bus.inbox("refine").receive(most=1, visibility_s=60)
    assert first.event == new


def test_a_replay_waits_while_much_is_waiting(bus: SqliteBus, replays: Replays) -> None:
    replays.start(ASKED, EPISODES)
    busy = ReplayWorker(replays, Replayer(bus, CONTRACTS), waiting=lambda: 10_000)
    assert not busy.step(threading.Event())
    assert drain(bus.inbox("refine")) == []


def test_replays_are_listed_newest_first_and_one_of_nothing_is_done(replays: Replays) -> None:
    first = replays.start(ASKED, ["a"])
    second = replays.start(ReplayRequest("TranscriptReady", show="A"), [])
    assert [each.replay_id for each in replays.list()] == [second.replay_id, first.replay_id]
    assert [each.replay_id for each in replays.list(limit=1)] == [second.replay_id]
    assert (second.state, first.state) == ("done", "running")
    assert second.request.show == "A"


def test_the_episodes_of_a_large_replay_come_in_their_order(replays: Replays) -> None:
    ids = [f"e{number:05}" for number in range(EPISODES_A_ROW + 30)]
    status = replays.start(ASKED, ids)
    met: list[str] = []
    while some := replays.next_episodes(status, most=700):
        met += some
        replays.advance(status.replay_id, done=len(some), replayed=0)
        status = replays.get(status.replay_id)
    assert met == ids
    assert status.state == "done"
    replays.advance("never heard of", done=1, replayed=1)
