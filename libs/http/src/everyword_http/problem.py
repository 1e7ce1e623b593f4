"""Errors as `application/problem+json` (RFC 9457), the same from every service."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NotRequired

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from typing_extensions import TypedDict

from everyword_events import (
    Conflict,
    EverywordError,
    InvalidInput,
    Misconfigured,
    NotFound,
    TransientFailure,
)

CONTENT_TYPE: Final = "application/problem+json"
_STATUS: tuple[tuple[type[EverywordError], HTTPStatus], ...] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (InvalidInput, HTTPStatus.BAD_REQUEST),
    (Conflict, HTTPStatus.CONFLICT),
    (TransientFailure, HTTPStatus.SERVICE_UNAVAILABLE),
    (Misconfigured, HTTPStatus.INTERNAL_SERVER_ERROR),
)
_BY_CODE = {
    "upload_expired": HTTPStatus.FORBIDDEN,
    "upload_signature": HTTPStatus.FORBIDDEN,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "upload_stalled": HTTPStatus.REQUEST_TIMEOUT,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "key_missing": HTTPStatus.UNAUTHORIZED,
    "key_unknown": HTTPStatus.UNAUTHORIZED,
    "scope_missing": HTTPStatus.FORBIDDEN,
    "origin_foreign": HTTPStatus.FORBIDDEN,
    "host_unknown": HTTPStatus.MISDIRECTED_REQUEST,
}
_ROUTING = {
    HTTPStatus.NOT_FOUND: "no such address",
    HTTPStatus.METHOD_NOT_ALLOWED: "this address does not take that method",
}
_ROUTING_CODES = {
    HTTPStatus.BAD_REQUEST: "request_malformed",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_TIMEOUT: "body_slow",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "media_type",
}
_LONGEST_DETAIL: Final = 300
log = logging.getLogger(__name__)


class Problem(TypedDict):
    """What is wrong, for people (`detail`, `hint`) and for programs (`code`)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: NotRequired[str]


def status_of(error: EverywordError) -> HTTPStatus:
    """Return the HTTP status that says what kind of error this is."""
    special = _BY_CODE.get(error.code)
    if special is not None:
        return special
    return next(
        (status for kind, status in _STATUS if isinstance(error, kind)),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def problem(status: HTTPStatus, detail: str, *, code: str, hint: str = "") -> Problem:
    """Return the body of a problem: `type, title, status, detail, code` and a `hint` if any."""
    body = Problem(
        type="about:blank", title=status.phrase, status=int(status), detail=detail, code=code
    )
    if hint:
        body["hint"] = hint
    return body


def problem_of(error: EverywordError) -> Problem:
    """Return the problem body of one of our errors."""
    return problem(status_of(error), error.message, code=error.code, hint=error.hint)


def problem_response(body: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem as a response."""
    return JSONResponse(body, body["status"], headers=headers, media_type=CONTENT_TYPE)


def response_to(error: EverywordError) -> Response:
    """Return the response to one of our errors, with what its kind asks for in headers."""
    headers = {}
    body = problem_of(error)
    if isinstance(error, TransientFailure) and error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    if body["status"] == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem_response(body, headers)


def response_to_unexpected(error: Exception) -> Response:
    """Log an error that nobody foresaw; the response says nothing of the inside."""
    log.error("unexpected error in a route", exc_info=error)
    return problem_response(
        problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "something went wrong here; the log says what",
            code="unexpected",
        )
    )


def install_problems(app: Starlette) -> None:
    """Make every error a route raises a problem: ours, a request that does not fit, any other."""
    app.add_exception_handler(EverywordError, _ours)
    app.add_exception_handler(RequestValidationError, _misfit)
    app.add_exception_handler(HTTPException, _routing)
    app.add_exception_handler(Exception, _unexpected)


def _ours(_: Request, error: Exception) -> Response:
    assert isinstance(error, EverywordError)
    return response_to(error)


def _misfit(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    said = f"{where[:_LONGEST_DETAIL]}: {first['msg'][:_LONGEST_DETAIL]}"
    return problem_response(problem(HTTPStatus.UNPROCESSABLE_ENTITY, said, code="request_invalid"))


def _routing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    detail = _ROUTING.get(status, str(error.detail)[:_LONGEST_DETAIL])
    code = _ROUTING_CODES.get(status, "http_error")
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_allowed(request)))
    return problem_response(problem(status, detail, code=code), headers)


def _unexpected(_: Request, error: Exception) -> Response:
    return response_to_unexpected(error)


def _allowed(request: Request) -> set[str]:
    """Return every method that some route takes under the request's path."""
    app = request.app
    found: set[str] = set()
    routes = iter_route_contexts(app.routes) if isinstance(app, FastAPI) else app.routes
    for route in routes:
        pattern, methods = getattr(route, "path_regex", None), getattr(route, "methods", None)
        if pattern and methods and pattern.match(request.scope["path"]):
            found |= set(methods)
    return found | ({"HEAD"} if "GET" in found else set())
