"""Everyword's HTTP API, as the command uses it: over the network, or in this process."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from everyword_events import Conflict, EverywordError, InvalidInput, NotFound, TransientFailure

BLOCK_BYTES = 256 * 1024
IN_PROCESS = "http://everyword.local"
Json = dict[str, Any]


class Api:
    """Speaks to one Everyword. Every problem it answers is raised as our own error.

    `transport` is an ASGI application in this process where no server runs.

    Raises, from every method:
        NotFound, InvalidInput, Conflict, TransientFailure: as the problem's status says.
    """

    def __init__(
        self, url: str, *, key: str = "", transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._transport = transport
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    @property
    def in_process(self) -> bool:
        """Tell whether there is no server behind this."""
        return self._transport is not None

    def get(self, path: str, **params: Any) -> Json:
        """GET a JSON document."""
        found: Json = self._request("GET", path, params=params).json()
        return found

    def get_bytes(self, path: str, **params: Any) -> bytes:
        """GET a file."""
        return self._request("GET", path, params=params).content

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Json:
        """POST a JSON document and return the answer's."""
        found: Json = self._request("POST", path, body=body or {}).json()
        return found

    def patch(self, path: str, body: Mapping[str, Any]) -> Json:
        """PATCH a JSON document and return the answer's."""
        found: Json = self._request("PATCH", path, body=body).json()
        return found

    def delete(self, path: str, **params: Any) -> None:
        """DELETE what lies there."""
        self._request("DELETE", path, params=params)

    def pages(self, path: str, items: str, **params: Any) -> Iterator[Json]:
        """Walk a listing page by page."""
        cursor = None
        while True:
            page = self.get(path, cursor=cursor, **params)
            yield from page[items]
            cursor = page.get("next") or page.get("cursor")
            if not cursor:
                return

    def upload(
        self,
        url: str,
        file: Path,
        headers: Mapping[str, str],
        sent: Callable[[int], None] = lambda _: None,
    ) -> None:
        """PUT a file's bytes to a signed address; `sent` is told the bytes as they go."""
        asyncio.run(self._upload(url, file, headers, sent))

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        wanted = {name: value for name, value in (params or {}).items() if value is not None}
        return asyncio.run(self._send(method, path, wanted, body))

    async def _send(
        self, method: str, path: str, params: Mapping[str, Any], body: Mapping[str, Any] | None
    ) -> httpx.Response:
        async with self._client() as client:
            try:
                answer = await client.request(method, path, params=params, json=body)
            except httpx.TransportError as error:
                raise self._unreachable(error) from error
        return _checked(answer)

    async def _upload(
        self, url: str, file: Path, headers: Mapping[str, str], sent: Callable[[int], None]
    ) -> None:
        async def blocks() -> AsyncIterator[bytes]:
            with file.open("rb") as body:
                while block := body.read(BLOCK_BYTES):
                    yield block
                    sent(len(block))

        size = {"Content-Length": str(file.stat().st_size)}  # noqa: ASYNC240
        async with self._client() as client:
            try:
                answer = await client.put(url, content=blocks(), headers={**headers, **size})
            except httpx.TransportError as error:
                raise self._unreachable(error) from error
        _checked(answer)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url, transport=self._transport, headers=self._headers, timeout=120
        )

    def _unreachable(self, error: Exception) -> TransientFailure:
        return TransientFailure(
            f"cannot reach {self.url}: {error or type(error).__name__}",
            hint="is it running? `everyword up` starts it",
            code="unreachable",
        )


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        body = answer.json()
    except json.JSONDecodeError:
        body = {}
    message = str(body.get("detail") or f"{answer.status_code} {answer.reason_phrase}")
    kind: type[EverywordError]
    if answer.status_code == httpx.codes.NOT_FOUND:
        kind = NotFound
    elif answer.status_code == httpx.codes.CONFLICT:
        kind = Conflict
    elif answer.is_client_error:
        kind = InvalidInput
    else:
        kind = TransientFailure
    raise kind(message, hint=str(body.get("hint", "")), code=str(body.get("code", "")))
