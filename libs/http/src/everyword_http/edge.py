"""What every request passes before any route: framing, host, origin, the limits of its body."""

import asyncio
from collections.abc import Collection
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from everyword_http.problem import problem, problem_response

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
"""A request body to a route is held in memory: metadata and transcripts, never audio."""
BODY_PAUSE_S: Final = 20.0
"""So long may a body keep us waiting for its next bytes."""
_MOST_DIGITS: Final = 18
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class HeadAsGet:
    """Answers HEAD by what GET answers, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def headers_only(message: Message) -> None:
            await send({**message, "body": b""} if "body" in message else message)

        await self._app({**scope, "method": "GET"}, receive, headers_only)


def whole_number(stated: str) -> int | None:
    """Return what up to 18 plain digits say (RFC 9110, section 8.6); None for anything else."""
    is_plain = stated.isascii() and stated.isdigit() and len(stated) <= _MOST_DIGITS
    return int(stated) if is_plain else None


class SingleFraming:
    """Refuses a request that does not say plainly, or says twice, where its body ends.

    Proxies may disagree on it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        if "content-length" in headers and "transfer-encoding" in headers:
            refusal = problem(
                HTTPStatus.BAD_REQUEST,
                "both Content-Length and Transfer-Encoding say where the body ends",
                code="framing",
            )
            await problem_response(refusal, {"Connection": "close"})(scope, receive, send)
            return
        length = headers.get("content-length")
        if length is not None and whole_number(length) is None:
            refusal = problem(
                HTTPStatus.BAD_REQUEST, "Content-Length is no whole number", code="framing"
            )
            await problem_response(refusal, {"Connection": "close"})(scope, receive, send)
            return
        await self._app(scope, receive, send)


class BoundedBody:
    """Refuses a body that is too large, or too slow in coming."""

    def __init__(
        self, app: ASGIApp, *, most_bytes: int = MAX_BODY_BYTES, pause_s: float = BODY_PAUSE_S
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._pause_s = pause_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = whole_number(Headers(scope=scope).get("content-length", ""))
        if stated is not None and stated > self._most_bytes:
            await self._too_large()(scope, receive, send)
            return
        await self._app(scope, self._bounded(receive), send)

    def _bounded(self, receive: Receive) -> Receive:
        taken = 0
        is_whole = False

        async def bounded() -> Message:
            nonlocal taken, is_whole
            if is_whole:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self._pause_s)
            except TimeoutError:
                raise HTTPException(
                    HTTPStatus.REQUEST_TIMEOUT,
                    "the body does not come",
                    headers={"Connection": "close"},
                ) from None
            taken += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if taken > self._most_bytes:
                raise HTTPException(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    self._limit(),
                    headers={"Connection": "close"},
                )
            return message

        return bounded

    def _too_large(self) -> ASGIApp:
        body = problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._limit(), code="too_large")
        return problem_response(body, {"Connection": "close"})

    def _limit(self) -> str:
        return f"the body is over {self._most_bytes // (1024 * 1024)} MiB"


class OwnNames:
    """Refuses requests under a name that is not the server's own, and writing from other origins.

    A page whose name was made to point here (DNS rebinding) comes under its own name; a page of
    another origin that writes says so in `Origin`. Addresses of the machine are its own names, and
    so are those of the loopback.
    """

    def __init__(self, app: ASGIApp, *, names: Collection[str] = ()) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_own(name_of(host), scope):
            return problem_response(
                problem(
                    HTTPStatus.MISDIRECTED_REQUEST,
                    f"this server is not called {host[:100]!r}",
                    code="host_unknown",
                    hint='set [server] names = ["…"] in everyword.toml',
                )
            )
        origin = headers.get("origin")
        if scope["method"] in _READING or origin is None or self._is_same(origin, host):
            return None
        return problem_response(
            problem(
                HTTPStatus.FORBIDDEN,
                "a page of another origin may not write here",
                code="origin_foreign",
            )
        )

    def _is_own(self, name: str, scope: Scope) -> bool:
        if name in self._names or name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        here = scope.get("server")
        return address.is_loopback or (here is not None and name == here[0])

    def _is_same(self, origin: str, host: str) -> bool:
        parts = urlsplit(origin)
        return parts.netloc.lower() == host.lower() or name_of(parts.netloc) in self._names


def name_of(host: str) -> str:
    """Return a Host header's name or address without its port, in lower case."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")
