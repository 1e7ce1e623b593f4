"""A replay from EventBridge's archive: once more what went over the bus, harmless to who has it.

Moto replays everything to every rule; what is asked of EventBridge is looked at besides.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import boto3
import pytest
from everyword_aws import archive
from everyword_aws.archive import ArchiveReplays, main
from everyword_aws.clients import client

from everyword_events import InvalidInput
from support.cloud import Cloud
from support.episodes import a_word_of, added, events, hits

CONSUMERS = ("ingest", "transcribe-gpu", "refine", "captions", "search", "fetch", "notify")
NOW = datetime.now(UTC)
SPAN = ("--since", (NOW - timedelta(hours=1)).isoformat(), "--until", "2099-01-01")


@pytest.mark.slow
@pytest.mark.opensearch
def test_what_comes_out_of_the_archive_again_changes_nothing(
    cloud: Cloud, key: str, audio: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    show = str(uuid4())
    kept, removed = (added(cloud, key, audio, show=show, allow_duplicate=True) for _ in range(2))
    word = a_word_of(cloud, kept)
    assert cloud.ask("DELETE", f"/v1/episodes/{removed}", key=key).status == 200
    cloud.run()
    before = events(cloud, key, kept), hits(cloud, word, show), list(cloud.executions)
    assert main([*SPAN]) == 0
    assert "completed" in capsys.readouterr().err
    assert cloud.depth("everyword-captions") > 1
    cloud.run()
    assert (events(cloud, key, kept), hits(cloud, word, show), cloud.executions) == before
    assert cloud.ask("GET", f"/v1/episodes/{removed}/transcript.vtt").status == 404
    assert all(cloud.depth(f"everyword-{each}-dead-letters") == 0 for each in CONSUMERS)


@pytest.mark.slow
@pytest.mark.opensearch
def test_a_replay_is_for_the_rules_of_those_named(
    cloud: Cloud, no_wait: Callable[..., None]
) -> None:
    replays = ArchiveReplays(client("events"), "everyword", sleep=no_wait)
    name = replays.start(NOW - timedelta(days=1), NOW, only=["search"])
    asked = boto3.client("events").describe_replay(ReplayName=name)
    (rule,) = asked["Destination"]["FilterArns"]
    targets = boto3.client("events").list_targets_by_rule(
        Rule=rule.rpartition("/")[2], EventBusName="everyword"
    )
    assert targets["Targets"][0]["Arn"].endswith(":everyword-search")
    assert asked["EventEndTime"] - asked["EventStartTime"] == timedelta(days=1)
    cloud.run()


@pytest.mark.slow
@pytest.mark.opensearch
def test_what_cannot_be_replayed_is_said(
    cloud: Cloud, no_wait: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    replays = ArchiveReplays(client("events"), "everyword", sleep=no_wait)
    with pytest.raises(InvalidInput, match="before it begins"):
        replays.start(NOW, NOW)
    with pytest.raises(InvalidInput, match="no rule fills a queue of nobody") as unknown:
        replays.start(NOW - timedelta(days=1), NOW, only=["nobody"])
    assert all(each in unknown.value.hint for each in CONSUMERS)
    assert main([*SPAN, "--name", "elsewhere"]) == 2
    assert "everyword: " in capsys.readouterr().err


class Slow:
    """EventBridge, over three looks."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)

    def describe_replay(self, **_: str) -> dict[str, object]:
        return {"State": self.states.pop(0), "EventLastReplayedTime": NOW}


@pytest.mark.parametrize("ends", ["COMPLETED", "FAILED", "CANCELLED"])
def test_the_end_of_a_replay_is_waited_for(ends: str) -> None:
    waits: list[float] = []
    lines: list[str] = []
    replays = ArchiveReplays(Slow("STARTING", "RUNNING", ends), "everyword", sleep=waits.append)
    assert replays.finish("r", lines.append) == ends
    assert waits == [archive.POLL_S] * 2
    assert lines[-1].startswith(f"r: {ends.lower()}, up to ")


def test_without_a_region_there_is_a_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    client.cache_clear()
    assert main([*SPAN]) == 2
    assert "configure AWS access" in capsys.readouterr().err


@pytest.fixture
def no_wait() -> Callable[..., None]:
    return lambda _: None
