"""A real web server on loopback for tests: each path answers as its function says."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Page = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Web:
    """What the server serves, and what it was asked."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    post_status: int = 200

    def file(self, path: str, body: bytes, media_type: str = "audio/mpeg", **headers: str) -> str:
        """Serve a file, with ranges and conditional requests; return its address."""

        def page(request: BaseHTTPRequestHandler) -> None:
            etag = headers.get("ETag", "")
            if etag and request.headers.get("If-None-Match") == etag:
                reply(request, b"", 304)
                return
            start = request.headers.get("Range", "").removeprefix("bytes=").removesuffix("-")
            if start and request.headers.get("If-Range") == etag:
                span = f"bytes {start}-{len(body) - 1}/{len(body)}"
                reply(request, body[int(start) :], 206, {"Content-Range": span, **headers})
                return
            reply(request, body, headers={"Content-Type": media_type, **headers})

        self.pages[path] = page
        return f"{self.url}{path}"

    def page(self, path: str, page: Page) -> str:
        """Serve a path by a function; return its address."""
        self.pages[path] = page
        return f"{self.url}{path}"

    def redirect(self, path: str, to: str) -> str:
        """Serve a redirect."""
        return self.page(path, lambda request: reply(request, b"", 302, {"Location": to}))

    def times(self, path: str) -> int:
        """Tell how often a path was asked for."""
        return sum(asked == path for asked, _ in self.asked)


def reply(
    request: BaseHTTPRequestHandler,
    body: bytes,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer with a whole body."""
    request.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def serving() -> Iterator[Web]:
    """Run a server until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append((self.path, dict(self.headers)))
            page = web.pages.get(self.path)
            try:
                if page is None:
                    reply(self, b"nothing here", 404)
                else:
                    page(self)
            except (BrokenPipeError, ConnectionResetError):
                pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            web.posted.append((self.path, dict(self.headers), body))
            reply(self, b"", web.post_status)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    web = Web(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
