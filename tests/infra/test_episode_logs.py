"""`everyword logs` on AWS asks Logs Insights; botocore's Stubber checks the request."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from everyword_aws.episode_logs import DAYS, LONGEST_S, InsightsLogs

from everyword_events import Misconfigured, NotFound, TransientFailure
from everyword_events.ports import Recorded
from everyword_events.testing import ready

GROUPS = ["/aws/lambda/everyword-refine-events", "/everyword/everyword/transcribe-gpu"]
NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


class Log:
    """A log that knows one episode."""

    def of_episode(self, episode_id: str, *, after: int = 0) -> list[Recorded]:
        return [Recorded(1, ready())] if episode_id == "e1" else []


class Clock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = NOW.timestamp()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def insights() -> Iterator[tuple[InsightsLogs, Stubber]]:
    client = boto3.client(
        "logs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    clock = Clock()
    with Stubber(client) as stub:
        yield InsightsLogs(client, GROUPS, Log(), clock=clock, sleep=clock.sleep), stub  # type: ignore[arg-type]


def asked(since: datetime | None = None, *, limit: int = 100) -> dict[str, Any]:
    begin = since.timestamp() if since else NOW.timestamp() - DAYS * 86400
    return {
        "logGroupNames": GROUPS,
        "startTime": int(begin),
        "endTime": int(NOW.timestamp()) + 1,
        "queryString": 'fields @message, @log | filter episode_id = "e1" | sort @timestamp desc',
        "limit": limit,
    }


def row(message: str, log: str = "123456789012:/aws/lambda/everyword-refine-events") -> Any:
    return [
        {"field": "@message", "value": message},
        {"field": "@log", "value": log},
        {"field": "@ptr", "value": "x"},
    ]


def test_lines_come_oldest_first_as_one_machine_has_them(
    insights: tuple[InsightsLogs, Stubber],
) -> None:
    logs, stub = insights
    newer = {"timestamp": "2026-11-28T08:59:00Z", "action": "handled", "episode_id": "e1"}
    older = {"timestamp": "2026-11-28T08:58:00Z", "action": "retried", "episode_id": "e1"}
    rows = [row(json.dumps(newer)), row("START RequestId: 1"), row(json.dumps(older))]
    stub.add_response("start_query", {"queryId": "q"}, asked(NOW.replace(hour=8)))
    for status in ("Scheduled", "Running"):
        stub.add_response("get_query_results", {"status": status, "results": []}, {"queryId": "q"})
    stub.add_response("get_query_results", {"status": "Complete", "results": rows})
    found = logs.lines("e1", NOW.replace(hour=8), 100)
    assert [(each["time"], each["action"], each["log"]) for each in found] == [
        ("2026-11-28T08:58:00Z", "retried", "everyword-refine-events"),
        ("2026-11-28T08:59:00Z", "handled", "everyword-refine-events"),
    ]


def test_without_a_time_a_month_is_looked_through(insights: tuple[InsightsLogs, Stubber]) -> None:
    logs, stub = insights
    stub.add_response("start_query", {"queryId": "q"}, asked(limit=7))
    stub.add_response("get_query_results", {"status": "Complete", "results": []})
    assert logs.lines("e1", None, 7) == []


@pytest.mark.parametrize("status", ["Running", "Failed", "Timeout", "Cancelled"])
def test_what_takes_too_long_or_fails_is_to_be_asked_again(
    insights: tuple[InsightsLogs, Stubber], status: str
) -> None:
    logs, stub = insights
    stub.add_response("start_query", {"queryId": "q"}, asked())
    for _ in range(int(LONGEST_S * 2)):
        stub.add_response("get_query_results", {"status": status, "results": []})
    with pytest.raises(TransientFailure) as failure:
        logs.lines("e1", None, 100)
    assert failure.value.code == "logs_busy"


@pytest.mark.parametrize(
    ("code", "kind"),
    [("LimitExceededException", TransientFailure), ("ResourceNotFoundException", Misconfigured)],
)
def test_a_refusal_has_a_kind(
    insights: tuple[InsightsLogs, Stubber], code: str, kind: type[Exception]
) -> None:
    logs, stub = insights
    stub.add_client_error("start_query", code, "told so")
    with pytest.raises(kind):
        logs.lines("e1", None, 100)


def test_of_an_unknown_episode_nothing_is_asked(insights: tuple[InsightsLogs, Stubber]) -> None:
    for unknown in ("e2", 'e1" or 1 = 1 | fields @message'):
        with pytest.raises(NotFound):
            insights[0].lines(unknown, None, 100)
