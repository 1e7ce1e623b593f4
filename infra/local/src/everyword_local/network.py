"""Requests over the network, by the standard library: a command should start at once."""

import io
from http.client import HTTPException
from typing import BinaryIO, Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from everyword_local.client import BLOCK_BYTES, Answer, Ask, Sent

TIMEOUT_S: Final = 120


def send(ask: Ask) -> Answer:
    """Send one request; proxies are taken from the environment.

    Raises:
        OSError: it cannot be reached.
    """
    headers = dict(ask.headers)
    body: bytes | _Told | None = None
    if ask.body is not None:
        headers["Content-Length"] = str(ask.size)
        body = ask.body if isinstance(ask.body, bytes) else _Told(ask.body, ask.sent)
    request = Request(ask.path, data=body, headers=headers, method=ask.method)  # noqa: S310
    try:
        with urlopen(request, timeout=TIMEOUT_S) as reply:  # noqa: S310 - the person's own server
            return Answer(reply.status, reply.read(), reply.reason)
    except HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.read(), str(refusal.reason))
    except (HTTPException, ValueError) as error:
        raise OSError(str(error) or type(error).__name__) from error
    except URLError as error:
        reason = error.reason
        raise (reason if isinstance(reason, OSError) else OSError(str(reason))) from error


class _Told(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, sent: Sent) -> None:
        self._file = file
        self._sent = sent

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        block = self._file.read(max(size, BLOCK_BYTES))
        self._sent(len(block))
        return block
