"""Everyword's HTTP API, as the command uses it: over the network, or in this process."""

import contextlib
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, cast
from urllib.parse import urlencode, urlsplit

from everyword_events import (
    Conflict,
    EverywordError,
    InvalidInput,
    Misconfigured,
    NotFound,
    TransientFailure,
)

BLOCK_BYTES: Final = 256 * 1024
IN_PROCESS: Final = "http://everyword.local"
RETRY_PAUSES_S: Final = (0.5, 2.0, 8.0)
"""How long to wait before an upload that broke off is sent again."""
Json = dict[str, Any]
Sent = Callable[[int], None]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    reason: str = ""


@dataclass(frozen=True)
class Ask:
    """One request. `body` is a JSON document's bytes, or a file of `size` bytes."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | BinaryIO | None = None
    size: int = 0
    sent: Sent = lambda _: None


class Transport(Protocol):
    """Carries requests to an Everyword."""

    def __call__(self, ask: Ask) -> Answer:
        """Carry one request.

        Raises:
            OSError: it cannot be reached.
        """
        ...


class Api:
    """Speaks to one Everyword. Every problem it answers is raised as our own error.

    `in_process` says that there is no server behind the transport.

    Raises:
        Misconfigured: the address is none.

    Raises, from every method:
        NotFound, InvalidInput, Conflict, TransientFailure: as the problem's status says.
    """

    def __init__(self, url: str, *, key: str = "", transport: Transport | None = None) -> None:
        self.url = _address(url)
        self.in_process = transport is not None
        self._transport = transport
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, **params: Any) -> Json:
        """GET a JSON document."""
        found: Json = json.loads(self.get_bytes(path, **params))
        return found

    def get_bytes(self, path: str, **params: Any) -> bytes:
        """GET a file."""
        return self._send("GET", path, params=params)

    def optional(self, path: str, **params: Any) -> Json:
        """GET what not every server has, or not for every key: nothing then."""
        try:
            return self.get(path, **params)
        except (InvalidInput, NotFound):
            return {}

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Json:
        """POST a JSON document and return the answer's."""
        found: Json = json.loads(self._send("POST", path, body=body or {}))
        return found

    def post_file(self, path: str, file: Path, fields: Mapping[str, Any]) -> Json:
        """POST a form of a file and fields, and return the answer's document."""
        from everyword_local.form import form_of  # noqa: PLC0415 - seldom needed

        kind, data = form_of({name: _text(value) for name, value in fields.items()}, file)
        headers = {**self._headers, "Content-Type": kind}
        ask = Ask("POST", f"{self.url}{path}", headers, data, len(data))
        found: Json = json.loads(self._carry(ask).body)
        return found

    def put(self, path: str, body: Mapping[str, Any]) -> Json:
        """PUT a JSON document and return the answer's."""
        found: Json = json.loads(self._send("PUT", path, body=body))
        return found

    def patch(self, path: str, body: Mapping[str, Any]) -> Json:
        """PATCH a JSON document and return the answer's."""
        found: Json = json.loads(self._send("PATCH", path, body=body))
        return found

    def delete(self, path: str, **params: Any) -> Json:
        """DELETE what lies there, and return the answer, if there is one."""
        answer = self._send("DELETE", path, params=params)
        found: Json = json.loads(answer) if answer else {}
        return found

    def pages(self, path: str, items: str, **params: Any) -> Iterator[Json]:
        """Walk a listing page by page."""
        cursor = None
        while True:
            page = self.get(path, cursor=cursor, **params)
            yield from page[items]
            cursor = page.get("next") or page.get("cursor")
            if not cursor:
                return

    def upload(self, announced: Json, file: Path, sent: Sent = lambda _: None) -> None:
        """Upload a file to where an announced episode's audio goes, whole or in parts.

        Parts that are there already are passed over; what breaks off is sent again. `sent` is told
        the bytes as they go (negative: those of a try that failed). That somebody else uploaded
        the same file meanwhile is no error.
        """
        upload = announced["upload"]
        # Without a type of its own urllib calls every body a form, and a store may read it as one.
        headers = {"Content-Type": "application/octet-stream", **upload["headers"]}
        size = file.stat().st_size
        with contextlib.suppress(Conflict):
            if upload["kind"] == "put":
                self._put(upload["url"], headers, file, (0, size), sent)
                return
            for number, url in enumerate(upload["urls"], start=1):
                start = (number - 1) * upload["part_bytes"]
                end = min(start + upload["part_bytes"], size)
                if number in upload["stored"]:
                    sent(end - start)
                else:
                    self._put(url, headers, file, (start, end), sent)
            self.post(f"/v1/episodes/{announced['episode_id']}:complete")

    def _put(
        self,
        url: str,
        headers: Mapping[str, str],
        file: Path,
        span: tuple[int, int],
        sent: Sent,
    ) -> None:
        """PUT the bytes of a file from one place up to another, again where that breaks off."""
        start, end = span
        for pause_s in (*RETRY_PAUSES_S, None):
            counted = _Counted(sent)
            try:
                with file.open("rb") as body:
                    body.seek(start)
                    part = cast("BinaryIO", _Span(body, end - start))
                    self._carry(Ask("PUT", url, headers, part, end - start, counted))
            except TransientFailure:
                sent(-counted.bytes)
                if pause_s is None:
                    raise
                time.sleep(pause_s)
            else:
                return

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> bytes:
        query = urlencode({k: _text(v) for k, v in (params or {}).items() if v is not None})
        headers = dict(self._headers)
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        address = f"{self.url}{path}{'?' if query else ''}{query}"
        return self._carry(Ask(method, address, headers, data, len(data or b""))).body

    def _carry(self, ask: Ask) -> Answer:
        if self._transport is None:
            from everyword_local.network import send  # noqa: PLC0415 - not for work in process

            self._transport = send
        try:
            answer = self._transport(ask)
        except OSError as error:
            raise TransientFailure(
                f"cannot reach {self.url}: {error or type(error).__name__}",
                hint="is it running? `everyword up` starts it",
                code="unreachable",
            ) from error
        return _checked(answer)


@dataclass
class _Counted:
    """Counts the bytes that went, and hands the count on."""

    sent: Sent
    bytes: int = 0

    def __call__(self, size: int) -> None:
        self.bytes += size
        self.sent(size)


class _Span(io.RawIOBase):
    """So many bytes of a file from where it stands."""

    def __init__(self, body: BinaryIO, size: int) -> None:
        self._body = body
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        block = self._body.read(wanted)
        self._left -= len(block)
        return block


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise Misconfigured(
            f"{url[:80]!r} is no address of an Everyword",
            hint="such as http://SERVER:8080 or https://archive.example",
            code="usage_api_address",
        )
    return url.rstrip("/")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _checked(answer: Answer) -> Answer:
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return answer
    try:
        body = json.loads(answer.body)
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    message = str(body.get("detail") or f"{answer.status} {answer.reason}")
    hint = str(body.get("hint", ""))
    kind: type[EverywordError]
    if answer.status == HTTPStatus.NOT_FOUND:
        kind = NotFound
    elif answer.status == HTTPStatus.CONFLICT:
        kind = Conflict
    elif answer.status == HTTPStatus.UNAUTHORIZED:
        kind, hint = InvalidInput, "put the server's key into EVERYWORD_KEY"
    elif answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = InvalidInput
    else:
        kind = TransientFailure
    raise kind(message, hint=hint, code=str(body.get("code", "")))
