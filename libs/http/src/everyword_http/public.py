"""CORS for the public reading routes alone: pages of any origin may read, none may write."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PUBLIC_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
}
_PREFLIGHT: Final = {
    **PUBLIC_HEADERS,
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match, Authorization",
    "Access-Control-Max-Age": "600",
}


class PublicReading:
    """Lets pages of any origin read under the paths that match one of the patterns."""

    def __init__(self, app: ASGIApp, *, patterns: Sequence[re.Pattern[str]]) -> None:
        self._app = app
        self._patterns = patterns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        method = scope["method"] if scope["type"] == "http" else ""
        if method not in {"GET", "HEAD", "OPTIONS"} or not self._is_public(scope["path"]):
            await self._app(scope, receive, send)
        elif method == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
        else:
            await self._app(scope, receive, _sender(send))

    def _is_public(self, path: str) -> bool:
        return any(pattern.match(path) for pattern in self._patterns)


def _sender(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(PUBLIC_HEADERS)
        await send(message)

    return with_headers
