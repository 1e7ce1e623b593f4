"""What is refused before any route: names, origins, framing, and connections that only wait."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.types import Message

from everyword_http import OwnNames, PublicRouter, create_application
from everyword_http.edge import BoundedBody
from everyword_http.server import BoundedHttp
from everyword_http.testing import listening
from support.waiting import PATIENCE_S


def routes() -> PublicRouter:
    found = PublicRouter()

    @found.get("/v1/ping")
    def ping() -> dict[str, bool]:
        return {"ok": True}

    @found.post("/v1/ping")
    def write(body: dict[str, Any]) -> dict[str, bool]:
        return {"ok": bool(body)}

    return found


class Impatient(BoundedHttp):
    head_timeout_s = 1.0


@pytest.fixture(name="url")
def _url() -> Iterator[str]:
    app = OwnNames(create_application("t", "1", [routes()]), names=("Archive.example",))
    with listening(app) as url:
        yield url


@pytest.fixture(name="impatient")
def _impatient() -> Iterator[str]:
    """A server that waits a second for a request's head."""
    with listening(create_application("t", "1", [routes()]), protocol=Impatient) as url:
        yield url


def connected(url: str) -> socket.socket:
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=60)


def answer_to(url: str, raw: bytes) -> bytes:
    with connected(url) as connection:
        connection.sendall(raw)
        found = b""
        while block := connection.recv(65536):
            found += block
        return found


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:9999", 200),
        ("localhost:8080", 200),
        ("app.localhost", 200),
        ("[::1]:8080", 200),
        ("archive.example", 200),
        ("ARCHIVE.example.:443", 200),
        ("evil.example", 421),
        ("192.0.2.1", 421),
        ("archive.example.evil.example", 421),
        ("localhost.evil.example", 421),
        ("", 421),
    ],
)
def test_requests_come_under_an_own_name(url: str, host: str, status: int) -> None:
    answer = httpx.get(f"{url}/v1/ping", headers={"Host": host}, timeout=60)
    assert answer.status_code == status
    if status == 421:
        assert answer.json()["code"] == "host_unknown"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("own", 200),
        ("https://archive.example", 200),
        ("https://evil.example", 403),
        ("http://127.0.0.1:1", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_only_own_pages_write(url: str, origin: str | None, status: int) -> None:
    headers = {} if origin is None else {"Origin": url if origin == "own" else origin}
    answer = httpx.post(f"{url}/v1/ping", json={"a": 1}, headers=headers, timeout=60)
    assert answer.status_code == status
    assert httpx.get(f"{url}/v1/ping", headers=headers, timeout=60).status_code == 200


def test_a_request_that_is_framed_twice_is_refused(url: str) -> None:
    head = b"POST /v1/ping HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    answer = answer_to(url, head + both)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"code":"framing"' in answer
    two_lengths = answer_to(url, head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}   ")
    assert two_lengths.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in two_lengths


@pytest.mark.parametrize("length", ["²", "+5", "5_0", "-1", "5, 5", "", "9" * 5000])
def test_a_length_that_is_no_plain_number_is_refused(length: str) -> None:
    """On Lambda no server of HTTP looks at it before us."""
    app = create_application("t", "1", [routes()])
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/ping",
        "query_string": b"",
        "headers": [(b"content-length", length.encode("latin-1"))],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 400
    assert b'"code":"framing"' in sent[1]["body"]


@pytest.mark.parametrize(
    "raw", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"\0" * 99]
)
def test_what_is_no_http_is_a_problem(url: str, raw: bytes) -> None:
    answer = answer_to(url, raw + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"http_malformed" in answer


def test_three_hundred_half_open_connections_block_nobody(url: str) -> None:
    beginnings = (b"", b"G", b"GET /v1/ping HTTP/1.1\r\nHost: local", b"POST ")
    with contextlib.ExitStack() as opened:
        for number in range(300):
            each = opened.enter_context(connected(url))
            each.sendall(beginnings[number % len(beginnings)])
        assert httpx.get(f"{url}/v1/ping", timeout=60).status_code == 200


@pytest.mark.parametrize("beginning", [b"", b"GET /v1/ping HTTP/1.1\r\nHost: local"])
def test_a_head_that_does_not_come_is_not_waited_for(impatient: str, beginning: bytes) -> None:
    with connected(impatient) as connection:
        connection.sendall(beginning)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""


def test_a_head_that_drips_is_not_waited_for(impatient: str) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    with (
        connected(impatient) as connection,
        contextlib.suppress(ConnectionResetError, BrokenPipeError),
    ):
        while time.monotonic() < ends_at:
            connection.sendall(b"G")
            time.sleep(0.1)
    assert time.monotonic() < ends_at, "it is still listened to"


def test_a_used_connection_stays_open_between_requests(impatient: str) -> None:
    with httpx.Client(timeout=60) as client:
        for _ in range(2):
            assert client.get(f"{impatient}/v1/ping").status_code == 200
            time.sleep(1.5)
        assert client.get(f"{impatient}/v1/ping").status_code == 200


def test_a_body_is_bounded_in_size() -> None:
    app = BoundedBody(create_application("t", "1", [routes()]), most_bytes=1000)
    kind = {"Content-Type": "application/json"}
    with listening(app) as url:
        long = httpx.post(f"{url}/v1/ping", content=b" " * 2000, headers=kind, timeout=60)
        assert (long.status_code, long.json()["code"]) == (413, "too_large")
        counted = httpx.post(
            f"{url}/v1/ping", content=iter([b" " * 600] * 3), headers=kind, timeout=60
        )
        assert (counted.status_code, counted.json()["code"]) == (413, "too_large")


def test_a_body_is_bounded_in_time() -> None:
    app = BoundedBody(create_application("t", "1", [routes()]), most_bytes=1000, pause_s=0.5)
    with listening(app) as url:
        head = b"POST /v1/ping HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        slow = answer_to(url, head + b"Content-Length: 50\r\n\r\n{")
        assert slow.startswith(b"HTTP/1.1 408")
        assert b"body_slow" in slow
