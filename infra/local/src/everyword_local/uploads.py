"""The signed upload address of one machine: bytes stream from the socket into the blob store."""

import asyncio
import io
from collections.abc import AsyncIterator
from functools import partial
from typing import BinaryIO, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from everyword_events import InvalidInput, TransientFailure
from everyword_http import Workers, whole_number
from everyword_local.composition import Composition
from ingest.receiving import upload_over

PAUSE_S = 30.0
"""So long may an upload keep us waiting for its next bytes."""


class UploadEndpoint:
    """Answers `PUT /uploads/{token}`: once the bytes are stored, the upload is complete.

    A part of a larger file is only kept; `POST /v1/episodes/{id}:complete` ends such an upload.
    """

    def __init__(self, composition: Composition) -> None:
        self._composition = composition

    async def __call__(self, request: Request) -> Response:
        """Take one upload."""
        workers: Workers = request.app.state.workers["uploads"]
        body = _Body(request.stream(), asyncio.get_running_loop())
        stated = request.headers.get("content-length", "")
        try:
            episode = await workers.run(
                partial(self._take, request.path_params["token"], stated, body)
            )
        except ClientDisconnect:
            return Response(status_code=499)
        return JSONResponse(episode)

    def _take(self, token: str, stated: str, body: "_Body") -> dict[str, object]:
        grant = self._composition.signer.verify(token)
        episode_id = grant.key.split("/")[1]
        if not self._composition.ingest.awaits_upload(episode_id):
            raise upload_over()
        size = whole_number(stated)
        if size is not None and size != grant.size:
            raise _wrong_size(size, grant.size)
        body.size = grant.size
        if grant.part:
            self._composition.multipart.put_part(grant, cast("BinaryIO", body))
            return {"episode_id": episode_id, "part": grant.part}
        view = self._composition.ingest.receive(episode_id, cast("BinaryIO", body))
        return {"episode_id": episode_id, "state": view.state}


class _Body(io.RawIOBase):
    """A request's body as a readable file for another thread; exactly `size` bytes or an error."""

    size = 0

    def __init__(self, stream: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._stream = stream
        self._loop = loop
        self._taken = 0
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        while not self._rest:
            block = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            if block is None:
                if self._taken != self.size:
                    raise _wrong_size(self._taken, self.size)
                return b""
            self._taken += len(block)
            if self._taken > self.size:
                raise _wrong_size(self._taken, self.size)
            self._rest = block
        if size < 0:
            size = len(self._rest)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    async def _next(self) -> bytes | None:
        try:
            return await asyncio.wait_for(anext(self._stream, None), PAUSE_S)
        except TimeoutError:
            raise TransientFailure(
                "the upload does not go on",
                hint="upload it again",
                code="upload_stalled",
            ) from None


def _wrong_size(got: int, announced: int) -> InvalidInput:
    return InvalidInput(
        f"{got} bytes or more came, {announced} were announced",
        hint="create the episode with the file's real size, then upload it whole",
        code="upload_size",
    )
