"""What the dashboard and the alarms read of our own is what functions and workers write (EMF)."""

import asyncio
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from everyword_aws.measuring import RequestMetrics, count_deliveries, measured
from everyword_aws.settling import settled
from fastapi import APIRouter
from mangum import Mangum

from everyword_events import (
    Conflict,
    EngineInfo,
    Event,
    InvalidInput,
    Misconfigured,
    TranscriptReady,
    TranscriptRefined,
    TransientFailure,
)
from everyword_events.consumer.pause import PauseGate
from everyword_events.consumer.retry import RetryPolicy
from everyword_events.consumer.settlement import Settlement
from everyword_events.contract import ServiceContract
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.testing import ready, sample
from everyword_http import create_application
from everyword_http.measured import Measured

Names = set[tuple[str, tuple[str, ...]]]
"""A metric's name and its dimensions."""
NAMESPACE = "everyword"


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return what reads the metrics that were written since, with the values of dimensions."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "search")
    count_deliveries()

    def read() -> list[dict[str, Any]]:
        lines = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
        return [json.loads(line) for line in lines]

    return read


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Any]:
    """Return what settles an event by a handler: as a batch does, on a real queue and log."""
    contract = ServiceContract("search", consumes=(TranscriptReady,), emits=())
    bus = SqliteBus(tmp_path / "bus.sqlite", [contract])
    inbox = bus.inbox("search")

    def settle(handler: Any) -> None:
        bus.append([ready()])
        (delivery,) = inbox.receive(most=1, visibility_s=60)
        gate = PauseGate("search")
        settled(delivery, handler, Settlement(inbox, bus, RetryPolicy(), random.Random(1), gate))

    yield settle
    bus.close()


def raising(error: Exception) -> Any:
    def handler(_: Event) -> Sequence[Event]:
        raise error

    return handler


def results(_: Event) -> Sequence[Event]:
    """Return what a worker on a GPU and a refinement with a model make."""
    gpu = EngineInfo(name="whisperx", model="large-v3", device="cuda:0")
    on_gpu = sample(TranscriptReady).model_copy(update={"engine": gpu})
    return [
        Event.first("x", data, episode_id="e", run_id="r")
        for data in (on_gpu, sample(TranscriptRefined))
    ]


def metrics_of(lines: Sequence[Mapping[str, Any]]) -> Names:
    return {
        (metric["Name"], tuple(sorted(dimensions)))
        for line in lines
        for told in line["_aws"]["CloudWatchMetrics"]
        for dimensions in told["Dimensions"]
        for metric in told["Metrics"]
        if told["Namespace"] == NAMESPACE
    }


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "handled"),
        (Conflict("somebody did it"), "conflict"),
        (TransientFailure("throttled"), "retried"),
        (RuntimeError("a mistake of ours"), "retried"),
        (InvalidInput("no transcript"), "dead_lettered"),
        (Misconfigured("no right"), "paused"),
    ],
)
def test_each_outcome_of_a_delivery_is_counted_once(
    emitted: Any, work: Any, error: Exception | None, outcome: str
) -> None:
    work(raising(error) if error else lambda _: ())
    outcomes = [line["outcome"] for line in emitted() if "everyword_deliveries" in line]
    assert outcomes == ([outcome, "given_back"] if outcome == "paused" else [outcome])


def test_results_are_measured_by_what_they_say(emitted: Any) -> None:
    measured(results, "transcribe-gpu")(ready())
    heard, refined = emitted()
    assert heard["service"] == "transcribe-gpu"
    assert heard["everyword_audio_seconds"] == [61.5]
    assert heard["everyword_gpu_seconds"] == [12.75]
    assert refined["everyword_model_tokens"] == [2048.0]


def test_without_a_namespace_nothing_is_written(
    emitted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE")
    measured(results, "transcribe-gpu")(ready())
    assert emitted() == []


def asked(status: int) -> None:
    """Have a function's application answer one request."""
    routes = APIRouter()

    @routes.get("/v1/thing")
    def thing() -> str:
        if status >= 500:
            raise RuntimeError("a mistake of ours")
        return "here"

    app = Measured(create_application("t", "1", [routes]), RequestMetrics())
    event = {
        "version": "2.0",
        "rawPath": "/v1/thing",
        "rawQueryString": "",
        "headers": {"host": "x"},
        "requestContext": {
            "http": {"method": "GET", "path": "/v1/thing", "sourceIp": "203.0.113.9"}
        },
        "isBase64Encoded": False,
    }
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        Mangum(app, lifespan="off")(event, None)
    finally:
        asyncio.set_event_loop(None)
        loop.close()


@pytest.mark.parametrize("status", [200, 500])
def test_a_request_is_counted_under_the_names_that_one_machine_has(
    emitted: Any, status: int
) -> None:
    asked(status)
    lines = emitted()
    assert [line["status"] for line in lines if "everyword_http_requests" in line] == [
        f"{status // 100}xx"
    ]
    assert metrics_of(lines) == {
        ("everyword_http_requests", ("service", "status")),
        ("everyword_http_request_seconds", ("service",)),
    }


def named(template: Any) -> Names:
    """Return every metric of ours that a dashboard or an alarm in a template names."""
    found: Names = set()
    for resource in template["Resources"].values():
        own = resource.get("Properties", {})
        if resource["Type"] == "AWS::CloudWatch::Alarm" and own.get("Namespace") == NAMESPACE:
            found.add(
                (own["MetricName"], tuple(sorted(d["Name"] for d in own.get("Dimensions", ()))))
            )
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            body = own["DashboardBody"]
            joined = (
                body
                if isinstance(body, str)
                else "".join(part if isinstance(part, str) else "x" for part in body["Fn::Join"][1])
            )
            for widget in json.loads(joined)["widgets"]:
                for metric in widget["properties"].get("metrics", []):
                    namespace, name, *dimensions = (e for e in metric if isinstance(e, str))
                    if namespace == NAMESPACE:
                        found.add((name, tuple(sorted(dimensions[::2]))))
    return found


def test_every_metric_that_is_shown_or_watched_is_written(
    emitted: Any, work: Any, templates: Mapping[str, Any]
) -> None:
    shown = {name for template in templates.values() for name in named(template)}
    from_the_log = {("WorkerFailures", ())}  # a filter of the workers' log group makes it
    work(lambda _: ())
    measured(results, "transcribe-gpu")(ready())
    asked(200)
    assert len(shown) > 5
    assert shown - from_the_log <= metrics_of(emitted())
