"""The routes of a service over ASGI: typed parameters, problems, OpenAPI, threads."""

import threading
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import ApiGatewayResolver
from pydantic import BaseModel
from starlette.testclient import TestClient

from everyword_events import InvalidInput, NotFound, TransientFailure
from everyword_http import local_resolver


class Wish(BaseModel):
    word: str
    times: int = 1


def register(app: ApiGatewayResolver) -> None:
    @app.get("/v1/echo/<name>")
    def echo(name: str, times: int = 1) -> dict[str, Any]:
        main = threading.current_thread() is threading.main_thread()
        return {"said": name * times, "on_main_thread": main}

    @app.get("/v1/peer")
    def peer() -> dict[str, Any]:
        return {"address": app.current_event.raw_event["requestContext"]["http"]["sourceIp"]}

    @app.post("/v1/echo")
    def wish(body: Wish) -> dict[str, str]:
        return {"said": body.word * body.times}

    @app.get("/v1/fail/<kind>")
    def fail(kind: str) -> dict[str, str]:
        if kind == "missing":
            raise NotFound("no such episode", hint="list them", code="episode_missing")
        if kind == "busy":
            raise TransientFailure("busy", retry_after_s=2.4)
        if kind == "input":
            raise InvalidInput("that is wrong")
        raise ZeroDivisionError(kind)


@pytest.fixture
def client() -> TestClient:
    app = local_resolver("Everyword", "1")
    register(app)
    return TestClient(app)


def test_a_typed_route_answers_on_a_worker_thread(client: TestClient) -> None:
    assert client.get("/v1/echo/hi?times=2").json() == {"said": "hihi", "on_main_thread": False}


def test_a_route_is_told_who_is_at_the_other_end(client: TestClient) -> None:
    assert client.get("/v1/peer").json() == {"address": "testclient"}
    other = TestClient(client.app, client=("192.0.2.1", 5000))
    forged = {"X-Forwarded-For": "198.51.100.7"}
    assert other.get("/v1/peer", headers=forged).json() == {"address": "192.0.2.1"}


def test_a_body_is_validated(client: TestClient) -> None:
    assert client.post("/v1/echo", json={"word": "a", "times": 3}).json() == {"said": "aaa"}
    refused = client.post("/v1/echo", json={"times": 3})
    assert refused.status_code == 422
    assert refused.json()["code"] == "request_invalid"
    assert "word" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("missing", 404, "episode_missing"),
        ("busy", 503, "transient_failure"),
        ("input", 400, "invalid_input"),
        ("else", 500, "unexpected"),
    ],
)
def test_every_error_is_a_problem(client: TestClient, kind: str, status: int, code: str) -> None:
    answer = client.get(f"/v1/fail/{kind}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert set(answer.json()) >= {"type", "title", "status", "detail", "code"}


def test_no_such_address_is_a_problem(client: TestClient) -> None:
    answer = client.get("/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_wrong_bodies_are_refused_not_crashed_on(client: TestClient) -> None:
    assert client.post("/v1/echo", content=b"\xff\xfe").json()["code"] == "not_utf8"
    broken = client.post("/v1/echo", content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 422


def test_openapi_describes_the_routes(client: TestClient) -> None:
    described = client.get("/v1/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert "/v1/echo/{name}" in described["paths"]
