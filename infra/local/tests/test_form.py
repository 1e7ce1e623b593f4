"""A form that the command posts is read by the server's own reader as it was meant."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartParser

from everyword_local.form import form_of


def read(kind: str, body: bytes) -> FormData:
    async def stream() -> AsyncIterator[bytes]:
        yield body

    return asyncio.run(MultiPartParser(Headers({"content-type": kind}), stream()).parse())


def test_fields_and_the_file_come_back(tmp_path: Path) -> None:
    file = tmp_path / 'an "odd"\nname é.vtt'
    file.write_bytes(b"WEBVTT\r\n\r\n--\r\n\0\xff")
    form = read(*form_of({"title": "Två\r\nlines", "show": ""}, file))
    assert (form["title"], form["show"]) == ("Två\r\nlines", "")
    sent = form["file"]
    assert isinstance(sent, UploadFile)
    assert sent.filename == "an %22odd%22%0Aname é.vtt"
    assert asyncio.run(sent.read()) == file.read_bytes()
    asyncio.run(form.close())
