"""One application served both ways: by uvicorn over a socket, by Mangum as Lambda calls it."""

import asyncio
import base64
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Literal

import httpx
from mangum import Mangum

from everyword_http.server import server_of

ServedBy = Literal["uvicorn", "lambda"]
SERVED_BY: Final[tuple[ServedBy, ...]] = ("uvicorn", "lambda")
START_TIMEOUT_S: Final = 60.0
Serve = Callable[[Any], httpx.Client]


@contextlib.contextmanager
def serving(app: Any, by: ServedBy = "uvicorn") -> Iterator[httpx.Client]:
    """Serve an application while the block runs; yields a client."""
    if by == "lambda":
        with httpx.Client(transport=LambdaTransport(app), base_url="http://localhost") as client:
            yield client
        return
    with listening(app) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


@contextlib.contextmanager
def listening(app: Any, **options: Any) -> Iterator[str]:
    """Serve an application on a free port of the loopback; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    server = server_of(app, **options)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.005)
        assert server.started, f"the server did not start within {START_TIMEOUT_S:.0f} s"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


class LambdaTransport(httpx.BaseTransport):
    """Sends each request as API Gateway's HTTP API does (payload format 2.0), through Mangum.

    Mangum runs on its thread's event loop, which any `asyncio.run` there takes away from it and
    leaves open. So it has a thread of its own here, whose loop is closed with the transport.
    """

    def __init__(self, app: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = ThreadPoolExecutor(1, "lambda", asyncio.set_event_loop, (self._loop,))
        self._handler = self._thread.submit(Mangum, app, lifespan="off").result()

    def close(self) -> None:
        """End the thread and its loop."""
        self._thread.shutdown()
        self._loop.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        body = request.read()
        headers: dict[str, str] = {}
        for name, value in request.headers.multi_items():
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": request.url.path,
            "rawQueryString": request.url.query.decode(),
            "headers": headers,
            "requestContext": {
                "http": {
                    "method": request.method,
                    "path": request.url.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.7",
                    "userAgent": "test",
                },
                "stage": "$default",
            },
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        answer = self._thread.submit(self._handler, event, None).result()  # type: ignore[arg-type]
        raw = answer["body"]
        content = base64.b64decode(raw) if answer["isBase64Encoded"] else raw.encode()
        return httpx.Response(answer["statusCode"], headers=answer["headers"], content=content)
