"""Requests to the services in this process, where no server runs."""

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO

import httpx

from everyword_local.application import PATIENT, application
from everyword_local.client import BLOCK_BYTES, IN_PROCESS, Answer, Ask, Sent, Transport
from everyword_local.composition import Composition

TIMEOUT_S = 24 * 3600.0


def in_process(composition: Composition) -> Transport:
    """Return what carries requests to a composition."""
    carrier = httpx.ASGITransport(
        application(composition, limits=PATIENT), raise_app_exceptions=False
    )

    def carry(ask: Ask) -> Answer:
        return asyncio.run(_carry(carrier, ask))

    return carry


async def _carry(carrier: httpx.ASGITransport, ask: Ask) -> Answer:
    headers = dict(ask.headers)
    body = ask.body
    content: bytes | AsyncIterator[bytes] | None
    if body is None or isinstance(body, bytes):
        content = body
    else:
        content = _blocks(body, ask.sent)
        headers["Content-Length"] = str(ask.size)
    async with httpx.AsyncClient(
        transport=carrier, base_url=IN_PROCESS, timeout=TIMEOUT_S
    ) as client:
        reply = await client.request(ask.method, ask.path, content=content, headers=headers)
    return Answer(reply.status_code, reply.content, reply.reason_phrase)


async def _blocks(file: BinaryIO, sent: Sent) -> AsyncIterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block
        sent(len(block))
