"""uvicorn with the limits it lacks: on a connection's silence, and on how many there are."""

import asyncio
import json
import logging
from http import HTTPStatus
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from everyword_http.problem import CONTENT_TYPE, problem

HEAD_TIMEOUT_S: Final = 10.0
"""So long may a request's head take, from the connection's or the head's first byte."""
KEEP_ALIVE_S: Final = 15
STALLED_WRITE_S: Final = 60.0
"""So long may a client leave what it asked for unread."""
MOST_CONNECTIONS: Final = 2_000
GRACE_S: Final = 5
log = logging.getLogger(__name__)


class BoundedHttp(H11Protocol):
    """Closes connections that are opened and not used, and those nobody reads from any more."""

    head_timeout_s = HEAD_TIMEOUT_S
    stalled_write_s = STALLED_WRITE_S
    most_connections = MOST_CONNECTIONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection; it has to ask for something soon."""
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            log.warning("too many connections", extra={"action": "refuse_connection"})
            transport.abort()
            return
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that began has to end soon."""
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        """End a response; the rest of a body that nobody reads is not waited for."""
        unread = self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()
        self._watch_head()
        if unread:
            self.loop.call_later(self.timeout_keep_alive, self._abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        for timer in (self._head_timer, self._write_timer):
            if timer is not None:
                timer.cancel()

    def pause_writing(self) -> None:
        """Wait for the client to read, but not for ever."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(self.stalled_write_s, self._abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, as a problem."""
        body = json.dumps(problem(HTTPStatus.BAD_REQUEST, msg.rstrip("."), code="http_malformed"))
        headers = [("content-type", CONTENT_TYPE), ("connection", "close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body.encode()),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _watch_head(self) -> None:
        """Run the timer exactly while a head is awaited and the keep-alive timer does not run."""
        awaited = self.conn.their_state is h11.IDLE and self.timeout_keep_alive_task is None
        if awaited and self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_timeout_s, self._abort)
        elif not awaited and self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _abort(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


def server_of(app: Any, protocol: type[BoundedHttp] = BoundedHttp) -> uvicorn.Server:
    """Return a server for an application; it logs no addresses: they carry words and signatures."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # the application knows which proxies are trusted
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
