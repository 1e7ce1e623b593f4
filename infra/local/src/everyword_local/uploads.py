"""The signed upload address of one machine: bytes stream from the socket into the blob store."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import BinaryIO, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from everyword_events import Conflict, EverywordError, InvalidInput
from everyword_http import CONTENT_TYPE, problem_of, status_of
from everyword_local.house import House

CORS = {"Access-Control-Allow-Origin": "*"}


class UploadEndpoint:
    """Answers `PUT /uploads/{token}`: once the bytes are stored, the upload is complete."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def __call__(self, request: Request) -> Response:
        """Take one upload."""
        try:
            episode = await self._take(request)
        except ClientDisconnect:
            return Response(status_code=499)
        except EverywordError as error:
            return JSONResponse(
                problem_of(error),
                status_code=int(status_of(error)),
                media_type=CONTENT_TYPE,
                headers=CORS,
            )
        return JSONResponse(episode, headers=CORS)

    async def _take(self, request: Request) -> dict[str, object]:
        grant = self._house.signer.verify(request.path_params["token"])
        episode_id = grant.key.split("/")[1]
        if not await asyncio.to_thread(self._house.ingest.awaits_upload, episode_id):
            raise Conflict(
                "this episode's upload is over",
                hint="create another episode to upload another file",
                code="upload_over",
            )
        stated = request.headers.get("content-length", "")
        if stated.isdigit() and int(stated) != grant.size:
            raise _wrong_size(int(stated), grant.size)
        body = _Body(request.stream(), grant.size, asyncio.get_running_loop())
        await asyncio.to_thread(
            self._house.blobs.put,
            grant.key,
            cast("BinaryIO", body),
            media_type=grant.media_type,
        )
        view = await asyncio.to_thread(self._house.complete_upload, episode_id)
        return {"episode_id": episode_id, "state": view}


class _Body(io.RawIOBase):
    """A request's body as a readable file for another thread; exactly `size` bytes or an error."""

    def __init__(
        self, stream: AsyncIterator[bytes], size: int, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._stream = stream
        self._size = size
        self._loop = loop
        self._taken = 0
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        while not self._rest:
            block = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            if block is None:
                if self._taken != self._size:
                    raise _wrong_size(self._taken, self._size)
                return b""
            self._taken += len(block)
            if self._taken > self._size:
                raise _wrong_size(self._taken, self._size)
            self._rest = block
        if size < 0:
            size = len(self._rest)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    async def _next(self) -> bytes | None:
        return await anext(self._stream, None)


def _wrong_size(got: int, announced: int) -> InvalidInput:
    return InvalidInput(
        f"{got} bytes or more came, {announced} were announced",
        hint="create the episode with the file's real size, then upload it whole",
        code="upload_size",
    )
