"""EC2's instance metadata (IMDSv2) on loopback, for tests of what a machine asks about itself."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Metadata:
    """What is told, and the notice that a spot machine gets once it is `taken_back`."""

    address: str = ""
    token: str = "first"  # noqa: S105 - of no machine
    taken_back: bool = False
    asked: int = 0
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """The variables that lead to it."""
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.address}


@contextmanager
def serving(metadata: Metadata) -> Iterator[None]:
    """Answer on loopback while the block runs."""

    class Answer(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            wanted = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
            right = self.path == "/latest/api/token" and wanted is not None
            self._say(200, metadata.token) if right else self._say(400)

        def do_GET(self) -> None:
            metadata.asked += 1
            fact = metadata.facts.get(self.path.removeprefix("/latest/meta-data/"))
            if self.headers.get("X-aws-ec2-metadata-token") != metadata.token:
                self._say(401)
            elif self.path == "/latest/meta-data/spot/instance-action" and metadata.taken_back:
                self._say(200, json.dumps({"action": "terminate", "time": "2026-01-01T00:02:00Z"}))
            else:
                self._say(200, fact) if fact else self._say(404)

        def _say(self, status: int, body: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):  # who asked has ended meanwhile
                self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    metadata.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
