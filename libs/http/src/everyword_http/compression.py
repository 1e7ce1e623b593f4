"""Replies compressed with gzip where the client takes it: text and JSON that came as one piece."""

import gzip
from typing import Final

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST_BYTES: Final = 1024
_ASIDE_BYTES: Final = 32 * 1024
_LEVEL: Final = 5
_TEXT: Final = ("text/", "application/json", "application/problem+json", "application/x-subrip")


class Compression:
    """Compresses replies, and makes their validators weak: the bytes are others then."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        takes = accepts_gzip(Headers(scope=scope).get("accept-encoding", ""))
        start: Message | None = None

        async def compressed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if start is not None:
                head, start = start, None
                message = await _encoded(head, message, takes=takes)
                await send(head)
            await send(message)

        await self._app(scope, receive, compressed)


def accepts_gzip(header: str) -> bool:
    """Tell whether an Accept-Encoding header takes gzip (RFC 9110, section 12.5.3)."""
    for each in header.split(","):
        name, _, weight = each.partition(";")
        if name.strip().lower() in {"gzip", "*"}:
            return weight.replace(" ", "").lower() not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


async def _encoded(head: Message, message: Message, *, takes: bool) -> Message:
    """Compress a whole body where that is worth it; `head` is mended to say so."""
    headers = MutableHeaders(scope=head)
    kind = headers.get("content-type", "")
    if not kind.startswith(_TEXT) or "content-encoding" in headers or "content-range" in headers:
        return message
    headers.add_vary_header("Accept-Encoding")
    body = message.get("body", b"")
    if not takes or message.get("more_body", False) or len(body) < LEAST_BYTES:
        return message
    if len(body) > _ASIDE_BYTES:
        body = await anyio.to_thread.run_sync(gzip.compress, body, _LEVEL)
    else:
        body = gzip.compress(body, _LEVEL)
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    etag = headers.get("etag", "")
    if etag.startswith('"'):
        headers["ETag"] = f"W/{etag}"
    return {**message, "body": body}
