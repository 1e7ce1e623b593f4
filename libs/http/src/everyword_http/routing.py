"""Routers of the services: functions on bounded threads, bodies of JSON, errors as problems."""

import functools
import inspect
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request, Response, params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic_core import from_json, to_json
from starlette.concurrency import run_in_threadpool
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException

from everyword_events import EverywordError
from everyword_http.access import key_of, needs
from everyword_http.problem import Problem, response_to_unexpected
from everyword_http.workers import Workers

JSON: Final = "application/json"
PARSED_ASIDE_BYTES: Final = 256 * 1024
"""A body beyond this is parsed on a thread: it must not hold up others' requests."""
_PROBLEM: Final[dict[str, Any]] = {"model": Problem}
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"description": "What is wrong with the request", **_PROBLEM},
    503: {
        "description": "Too much to do at once; `Retry-After` says when to ask again",
        **_PROBLEM,
    },
}


class _IdConvertor(StringConvertor):
    """An id has no colon: what follows one is an action, whose route knows its own methods."""

    regex = "[^/:]+"


register_url_convertor("id", _IdConvertor())
_workers: ContextVar[Workers] = ContextVar("workers")


class Router(APIRouter):
    """A service's routes. Each names the scope it needs; nothing of them is for other origins."""

    pool = "private"

    def __init__(self, *, tags: list[str | Enum] | None = None, dependencies: Any = None) -> None:
        pool = self.pool
        kind = type("Route", (_Route,), {"pool": pool})
        super().__init__(tags=tags, dependencies=dependencies, route_class=kind, responses=PROBLEMS)


class PublicRouter(Router):
    """Routes that only read what is published: pages of other origins may call them."""

    pool = "public"

    def __init__(self, *, tags: list[str | Enum] | None = None) -> None:
        super().__init__(tags=tags, dependencies=[needs("search", public=True)])


class _Route(APIRoute):
    pool = "private"

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if not inspect.iscoroutinefunction(endpoint):
            endpoint = _on_a_worker(endpoint, options.get("status_code") or HTTPStatus.OK)
        super().__init__(path.replace("_id}", "_id:id}"), endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler: threads, JSON bodies, and no error that is not a problem."""
        handle = super().get_route_handler()
        is_form = self.body_field is not None and isinstance(
            self.body_field.field_info, params.Form
        )

        async def handler(request: Request) -> Response:
            _workers.set(request.app.state.workers[self.pool])
            if _has_body(request):  # whoever has no key cannot make us read it
                request.app.state.access.check(key_of(request), "search", public=False)
            if not is_form:
                _check_content_type(request)
            try:
                return await handle(_JsonRequest(request.scope, request.receive))
            except (EverywordError, HTTPException, RequestValidationError):
                raise
            except Exception as error:  # noqa: BLE001 - logged, and answered as a problem
                return response_to_unexpected(error)

        return handler


class _JsonRequest(Request):
    """Parses JSON with a bound on its depth, a large body on a thread."""

    async def json(self) -> Any:
        body = await self.body()
        try:
            if len(body) > PARSED_ASIDE_BYTES:
                return await run_in_threadpool(from_json, body)
            return from_json(body)
        except ValueError as error:
            raise HTTPException(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {error}") from error


def reply(model: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return a model as JSON with a status of its own."""
    return Response(model.model_dump_json(by_alias=True), status, media_type=JSON)


def _on_a_worker(call: Callable[..., Any], status: int) -> Callable[..., Any]:
    """Run `call` on a worker, where its reply is written as JSON too."""

    def answered(*args: Any, **kwargs: Any) -> Response:
        found = call(*args, **kwargs)
        if isinstance(found, Response):
            return found
        return Response(to_json(found, by_alias=True), status, media_type=JSON)

    @functools.wraps(call)
    async def on_a_worker(*args: Any, **kwargs: Any) -> Response:
        return await _workers.get().run(functools.partial(answered, *args, **kwargs))

    return on_a_worker


def _has_body(request: Request) -> bool:
    headers = request.headers
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _check_content_type(request: Request) -> None:
    """Refuse a body that does not say it is JSON: a page of another origin can send no such.

    Raises:
        HTTPException: 415.
    """
    if not _has_body(request):
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON and not (kind.startswith("application/") and kind.endswith("+json")):
        raise HTTPException(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body must be {JSON}, and say so"
        )
