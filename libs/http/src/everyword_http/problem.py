"""Errors as `application/problem+json` (RFC 9457), the same from every service."""

import json
import logging
from http import HTTPStatus

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from everyword_events import (
    Conflict,
    EverywordError,
    InvalidInput,
    Misconfigured,
    NotFound,
    TransientFailure,
)

CONTENT_TYPE = "application/problem+json"
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
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
}
log = logging.getLogger(__name__)


def status_of(error: EverywordError) -> HTTPStatus:
    """Return the HTTP status that says what kind of error this is."""
    special = _BY_CODE.get(error.code)
    if special is not None:
        return special
    return next(
        (status for kind, status in _STATUS if isinstance(error, kind)),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def problem(status: HTTPStatus, detail: str, *, code: str, hint: str = "") -> dict[str, object]:
    """Return the body of a problem: `type, title, status, detail, code` and a `hint` if any."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
    }
    return {**body, "hint": hint} if hint else body


def problem_of(error: EverywordError) -> dict[str, object]:
    """Return the problem body of one of our errors."""
    return problem(status_of(error), error.message, code=error.code, hint=error.hint)


def install_problems(app: ApiGatewayResolver) -> None:
    """Make every error a route raises a problem: ours, a request that does not fit, any other."""

    @app.exception_handler(EverywordError)
    def _ours(error: EverywordError) -> Response[str]:
        response = _response(problem_of(error))
        if isinstance(error, TransientFailure) and error.retry_after_s is not None:
            response.headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
        return response

    @app.exception_handler(RequestValidationError)
    def _request(error: RequestValidationError) -> Response[str]:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
        return _response(
            problem(
                HTTPStatus.UNPROCESSABLE_ENTITY, f"{where}: {first['msg']}", code="request_invalid"
            )
        )

    @app.exception_handler(ServiceError)
    def _routing(error: ServiceError) -> Response[str]:
        return _response(problem(HTTPStatus(error.status_code), str(error.msg), code="http_error"))

    @app.exception_handler(Exception)
    def _unexpected(error: Exception) -> Response[str]:
        log.error("unexpected error in a route", exc_info=error)
        return _response(
            problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "something went wrong here; the log says what",
                code="unexpected",
            )
        )

    @app.not_found
    def _not_found(_: Exception) -> Response[str]:
        return _response(problem(HTTPStatus.NOT_FOUND, "no such address", code="not_found"))


def _response(body: dict[str, object]) -> Response[str]:
    status = body["status"]
    assert isinstance(status, int)
    return Response(
        status_code=status,
        content_type=CONTENT_TYPE,
        body=json.dumps(body, ensure_ascii=False),
        headers={},
    )
