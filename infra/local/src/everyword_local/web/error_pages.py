"""Errors as pages: who opens an address in a browser is told in words, and led on."""

import gzip
import json
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from everyword_local.web.policy import PAGE_HEADERS
from search.pages import render_message

_FOR_PROGRAMS: Final = ("/v1/", "/uploads/", "/widget/", "/static/", "/health/")
_LEAST_STATUS: Final = 400
_TITLES: Final = {
    404: "There is no such page",
    429: "Too many requests",
    503: "Too much to do at once",
}


class ErrorPages:
    """Turns problems (RFC 9457) into pages for browsers; programs get them as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not _is_for_a_browser(scope):
            await self._app(scope, receive, send)
            return
        problem: Message | None = None
        body = bytearray()

        async def held(message: Message) -> None:
            nonlocal problem
            if message["type"] == "http.response.start" and _is_problem(message):
                problem = message
            elif problem is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(scope, receive, held)
        if problem is not None:
            page = _page(problem, bytes(body))
            await page(scope, receive, send)


def _is_for_a_browser(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and not scope["path"].startswith(_FOR_PROGRAMS)
        and "text/html" in Headers(scope=scope).get("accept", "")
    )


def _is_problem(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] >= _LEAST_STATUS and kind.startswith("application/problem+json")


def _page(start: Message, body: bytes) -> HTMLResponse:
    headers = Headers(raw=start["headers"])
    try:
        packed = headers.get("content-encoding") == "gzip"
        problem = json.loads(gzip.decompress(body) if packed else body)
    except (ValueError, OSError):
        problem = {}
    status = start["status"]
    detail = [problem.get("detail"), problem.get("hint")]
    if status == 404:  # noqa: PLR2004 - the commonest, and its detail says nothing more
        detail = ["Search for a word, or begin at the archive's first page."]
    title = _TITLES.get(status) or problem.get("title") or "That did not work"
    text = " - ".join(str(part) for part in detail if part)
    retry = headers.get("retry-after")
    sent = {**PAGE_HEADERS, "Retry-After": retry} if retry else PAGE_HEADERS
    return HTMLResponse(render_message(str(title), text), status, headers=sent)
