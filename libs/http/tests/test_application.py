"""An application of the services' routers, as uvicorn and as Lambda serve it."""

import gzip
import threading
from http import HTTPStatus
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Query, Response
from pydantic import BaseModel

from everyword_events import InvalidInput, NotFound, TransientFailure
from everyword_http import (
    Client,
    PublicRouter,
    Router,
    WorkerLimits,
    create_application,
    etag_of,
    needs,
    reply,
)
from everyword_http.keys import ApiKey, KeyAccess, Keys
from support.waiting import PATIENCE_S

STUCK = threading.Event()


class Order(BaseModel):
    word: str
    times: int = 1


class Said(BaseModel):
    said: str


def private() -> Router:
    routes = Router(dependencies=[needs("edit")])

    @routes.post("/v1/orders", status_code=201, response_model=Said)
    def order(body: Order) -> Response:
        status = HTTPStatus.OK if body.times == 1 else HTTPStatus.CREATED
        return reply(Said(said=body.word * body.times), status)

    @routes.post("/v1/orders/{number}:complete")
    def complete(number: str) -> Said:
        return Said(said=number)

    @routes.put("/v1/orders")
    def replace(body: dict[str, Any]) -> Said:
        return Said(said=str(len(body)))

    @routes.get("/v1/fail/{kind}")
    def fail(kind: str) -> Said:
        if kind == "missing":
            raise NotFound("no such episode", hint="list them", code="episode_missing")
        if kind == "busy":
            raise TransientFailure("busy", retry_after_s=2.4)
        if kind == "input":
            raise InvalidInput("that is wrong")
        raise ZeroDivisionError(kind)

    @routes.get("/v1/hang")
    def hang() -> Said:
        STUCK.wait(PATIENCE_S)
        return Said(said="at last")

    return routes


def public() -> PublicRouter:
    routes = PublicRouter()

    @routes.get("/v1/echo/{name}")
    def echo(name: str, times: Annotated[int, Query(ge=0, le=1000)] = 1) -> dict[str, Any]:
        main = threading.current_thread() is threading.main_thread()
        return {"said": name * times, "on_main_thread": main}

    @routes.get("/v1/client")
    def client(client: Client) -> dict[str, str]:
        return {"client": client}

    @routes.get("/v1/long")
    def long() -> Response:
        body = b"kelp " * 5000
        return Response(body, media_type="text/plain", headers={"ETag": etag_of(body)})

    return routes


class MemoryKeyStore(dict[str, ApiKey]):
    """`KeyStore` in memory."""

    def put(self, key: ApiKey) -> None:
        self[key.key_id] = key

    def list(self) -> list[ApiKey]:
        return list(self.values())

    def delete(self, key_id: str) -> bool:
        return self.pop(key_id, None) is not None


def key_access(**options: Any) -> KeyAccess:
    store: Any = MemoryKeyStore()
    return KeyAccess(Keys(store), signing_key=b"s", environment_key="k3y", **options)


def application(**options: Any) -> FastAPI:
    return create_application("Everyword", "1", [private(), public()], **options)


@pytest.fixture
def client(serve: Any) -> httpx.Client:
    found: httpx.Client = serve(application())
    return found


def test_a_typed_route_answers_on_a_worker_thread(client: httpx.Client) -> None:
    assert client.get("/v1/echo/hi?times=2").json() == {"said": "hihi", "on_main_thread": False}


def test_a_body_is_validated_and_a_status_chosen(client: httpx.Client) -> None:
    made = client.post("/v1/orders", json={"word": "a", "times": 3})
    assert (made.status_code, made.json()) == (201, {"said": "aaa"})
    assert client.post("/v1/orders", json={"word": "a"}).status_code == 200
    refused = client.post("/v1/orders", json={"times": 3})
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
def test_every_error_is_a_problem(client: httpx.Client, kind: str, status: int, code: str) -> None:
    answer = client.get(f"/v1/fail/{kind}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) >= {"type", "title", "status", "detail", "code"}
    if kind == "busy":
        assert answer.headers["retry-after"] == "2"


def test_no_such_address_is_a_problem(client: httpx.Client) -> None:
    answer = client.get("/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert client.get("/v1/echo/x/").status_code == 404


def test_head_is_get_without_the_body(client: httpx.Client) -> None:
    for path in ("/v1/echo/hi", "/docs", "/v1/openapi.json", "/v1/fail/missing"):
        got, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        assert head.headers["content-type"] == got.headers["content-type"]


def test_a_wrong_method_is_told_the_right_ones(client: httpx.Client) -> None:
    for method, path, allowed in (
        ("DELETE", "/v1/echo/x", "GET, HEAD"),
        ("GET", "/v1/orders", "POST, PUT"),
        ("HEAD", "/v1/orders", "POST, PUT"),
        ("OPTIONS", "/v1/orders", "POST, PUT"),
    ):
        refused = client.request(method, path)
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed), path
        if method != "HEAD":
            assert refused.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
def test_a_body_has_to_say_that_it_is_json(client: httpx.Client, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    for path in ("/v1/orders", "/v1/orders/7:complete"):
        refused = client.post(path, content=b'{"word": "a"}', headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (415, "media_type")
    for good in ("application/json; charset=utf-8", "Application/JSON", "application/x+json"):
        taken = client.post("/v1/orders", content=b'{"word": "a"}', headers={"Content-Type": good})
        assert taken.status_code == 200, good
    assert client.post("/v1/orders/7:complete").json() == {"said": "7"}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"word": "a", "times": ' + b"9" * 5_000 + b"}",
        b'{"word": "\\ud800"}',
        b'{"word": NaN}',
        b'{"word": 1e999}',
    ],
    ids=range(9),
)
def test_absurd_json_is_refused(client: httpx.Client, body: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    for method in ("POST", "PUT"):
        answer = client.request(method, "/v1/orders", content=body, headers=kind)
        if method == "PUT" and answer.status_code == 200:
            continue  # any object will do there
        assert answer.status_code in {400, 422}, answer.text[:200]
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) < 2_000


@pytest.mark.parametrize("times", ["-1", "1e9", "9" * 5_000, "x", "1.5", "10000000000000000000000"])
def test_an_absurd_parameter_is_refused(client: httpx.Client, times: str) -> None:
    answer = client.get("/v1/echo/x", params={"times": times})
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_pages_of_other_origins_may_read_what_is_public_and_no_more(client: httpx.Client) -> None:
    foreign = {"Origin": "https://show.example"}
    for path in ("/v1/echo/x", "/v1/echo/x?times=-1"):
        assert client.get(path, headers=foreign).headers["access-control-allow-origin"] == "*"
    asked = {**foreign, "Access-Control-Request-Method": "GET"}
    preflight = client.options("/v1/echo/x", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-methods"] == "GET, HEAD"
    for method, path in (
        ("GET", "/v1/fail/missing"),
        ("POST", "/v1/orders"),
        ("OPTIONS", "/v1/orders"),
    ):
        answer = client.request(method, path, headers=foreign)
        assert not [name for name in answer.headers if name.startswith("access-control")], path


def test_a_key_opens_what_it_is_for(serve: Any) -> None:
    client = serve(application(access=key_access()))
    for key, status, code in (
        ("", 401, "key_missing"),
        ("Bearer wrong", 401, "key_unknown"),
        ("Basic k3y", 401, "key_missing"),
        ("Bearer kéy", 401, "key_unknown"),
    ):
        headers = {"Authorization": key.encode()} if key else {}
        refused = client.get("/v1/echo/x", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (status, code), key
        assert refused.headers["www-authenticate"] == "Bearer"
    key = {"Authorization": "Bearer k3y"}
    assert client.get("/v1/echo/x", headers=key).status_code == 200
    assert client.post("/v1/orders", json={"word": "a"}, headers=key).status_code == 200


def test_public_search_opens_the_reading_routes_alone(serve: Any) -> None:
    client = serve(application(access=key_access(public_search=True)))
    assert client.get("/v1/echo/x").status_code == 200
    assert client.get("/v1/fail/missing").status_code == 401
    assert client.post("/v1/orders", json={"word": "a"}).status_code == 401


def test_a_hung_route_is_a_503_and_the_others_go_on(serve: Any) -> None:
    STUCK.clear()
    limits = WorkerLimits(threads=2, most_stuck=3, time_limit_s=0.3)
    client = serve(application(limits={"private": limits, "public": WorkerLimits()}))
    try:
        for _ in range(3):
            hung = client.get("/v1/hang")
            assert (hung.status_code, hung.json()["code"]) == (503, "timeout")
            assert hung.headers["retry-after"]
        refused = client.get("/v1/hang")
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert client.get("/v1/echo/x").status_code == 200
    finally:
        STUCK.set()


def test_replies_are_compressed_where_that_is_taken(client: httpx.Client) -> None:
    plain = client.get("/v1/long", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["etag"] == etag_of(plain.content)
    packed = client.get("/v1/long", headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 10
    assert packed.headers["etag"] == f"W/{plain.headers['etag']}"
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["vary"]
    assert "content-encoding" not in client.get("/v1/echo/x").headers
    refused = client.get("/v1/long", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers
    assert gzip.compress(plain.content)


def test_openapi_describes_the_routes(client: httpx.Client) -> None:
    described = client.get("/v1/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    operation = described["paths"]["/v1/orders"]["post"]
    assert operation["security"] == [{"key": []}]
    assert set(operation["responses"]) == {"201", "4XX", "503"}
    problem = operation["responses"]["4XX"]["content"]
    assert list(problem) == ["application/problem+json"]
    assert problem["application/problem+json"]["schema"]["$ref"].endswith("/Problem")


def test_the_reference_page_has_every_route_and_nothing_from_outside(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in client.get("/v1/openapi.json").json()["paths"]:
        assert path in page.text
    assert "<script" not in page.text
    assert "http://" not in page.text
