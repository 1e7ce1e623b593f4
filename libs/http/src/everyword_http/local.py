"""The services' routes as one ASGI application, each call on a thread of its own."""

import asyncio
import functools
import inspect
import json
from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import CORSConfig
from aws_lambda_powertools.event_handler.http_resolver import HttpResolverLocal

from everyword_http.problem import CONTENT_TYPE, install_problems, problem

MAX_BODY_BYTES = 64 * 1024 * 1024
"""A request body to a route is held in memory: metadata and transcripts, never audio."""


_PEER: ContextVar[str] = ContextVar("peer", default="")
"""The address at the other end of the connection; API Gateway tells it in the same place."""


class LocalResolver(HttpResolverLocal):
    """Powertools' resolver for uvicorn: a synchronous route must not hold up the event loop."""

    def route(self, *args: Any, **kwargs: Any) -> Callable[[Callable[..., Any]], Any]:
        """Register a route; a plain function is called in a worker thread."""
        register = super().route(*args, **kwargs)

        def decorate(call: Callable[..., Any]) -> Any:
            if inspect.iscoroutinefunction(call):
                return register(call)

            @functools.wraps(call)
            async def on_a_thread(*call_args: Any, **call_kwargs: Any) -> Any:
                context = self.current_event.raw_event["requestContext"]
                context["http"]["sourceIp"] = _PEER.get()
                return await asyncio.to_thread(call, *call_args, **call_kwargs)

            register(on_a_thread)
            return call

        return decorate

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # type: ignore[override]
        """Serve one request; a body that is too large or not UTF-8 is refused before routing."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        body = await _read(receive)
        refusal = _refusal(body)
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        client = scope.get("client")
        _PEER.set(client[0] if client else "")
        messages = iter([{"type": "http.request", "body": body or b"", "more_body": False}])

        async def replay() -> Any:
            return next(messages)

        await super().__call__(scope, replay, send)


def local_resolver(title: str, version: str) -> LocalResolver:
    """Return a resolver with validation, problems, CORS for reading, and OpenAPI 3.1."""
    app = LocalResolver(
        enable_validation=True,
        cors=CORSConfig(
            allow_origin="*",
            allow_headers=["Idempotency-Key", "If-None-Match"],
            expose_headers=["ETag"],
            max_age=600,
        ),
    )
    install_problems(app)
    app.configure_openapi(title=title, version=version)

    @app.get("/v1/openapi.json", include_in_schema=False)
    def openapi() -> dict[str, Any]:

        schema: dict[str, Any] = json.loads(app.get_openapi_json_schema())
        return schema

    return app


async def _read(receive: Any) -> bytes | None:
    """Read the body, or return None as soon as it is too large."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _refusal(body: bytes | None) -> tuple[HTTPStatus, str, str] | None:
    if body is None:
        limit = MAX_BODY_BYTES // (1024 * 1024)
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is over {limit} MiB", "too_large"
    try:
        body.decode()
    except UnicodeDecodeError:
        return HTTPStatus.BAD_REQUEST, "the body is not UTF-8", "not_utf8"
    return None


async def _refuse(send: Any, status: HTTPStatus, detail: str, code: str) -> None:

    body = json.dumps(problem(status, detail, code=code)).encode()
    await send(
        {
            "type": "http.response.start",
            "status": int(status),
            "headers": [(b"content-type", CONTENT_TYPE.encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})
