"""The deployed API under moto on loopback, for the command to speak to.

One thread does all of it, as moto wants: while a command runs, its requests are answered one after
the other, and after each the pipeline comes to rest. Addresses of S3 lead through the bridge, for
moto plays S3 in this process alone.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Final

import requests

from support import forking
from support.cloud import Cloud
from support.stack import Everyword, environment

_S3: Final = re.compile(r'https://[a-z0-9.-]+\.amazonaws\.com[^"\\]*')
_POLL_S: Final = 0.1


@dataclass(frozen=True)
class CloudEveryword(Everyword):
    """Runs the command on a deployment."""

    cloud: Cloud
    server: HTTPServer
    key: str

    def run(self, *arguments: str) -> "CompletedProcess[str]":
        url = f"http://127.0.0.1:{self.server.server_port}"
        variables = {**environment(), "EVERYWORD_KEY": self.key}
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            command = forking.Forked(
                ["--api", url, *arguments],
                folder=self.data.parent,
                variables=variables,
                out=out.fileno(),
                err=err.fileno(),
            )
            while command.poll() is None:
                self.server.handle_request()
                self.cloud.run()
            out.seek(0)
            err.seek(0)
            code = command.wait()
            return CompletedProcess(list(arguments), code, out.read(), err.read())


@dataclass
class Addresses:
    """S3's addresses that clients were given, and how the bridge calls them."""

    known: list[str] = field(default_factory=list)

    def hidden(self, body: str, base: str) -> str:
        """Write the bridge's addresses in the place of S3's."""

        def mine(found: "re.Match[str]") -> str:
            self.known.append(found[0])
            return f"{base}/.s3/{len(self.known) - 1}"

        return _S3.sub(mine, body)


@contextmanager
def bridged(cloud: Cloud, key: str, folder: Path) -> Iterator[CloudEveryword]:
    """Serve the deployment's API while the block runs."""
    addresses = Addresses()

    class Bridge(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.startswith("/.s3/"):
                self._store(body)
                return
            sent = {name.lower(): value for name, value in self.headers.items()}
            reply = cloud.send(self.command, self.path, sent, body.decode())
            base = f"http://127.0.0.1:{server.server_port}"
            self._reply(reply.status, dict(reply.headers), addresses.hidden(reply.body, base))

        def _store(self, body: bytes) -> None:
            address = addresses.known[int(self.path.rpartition("/")[2])]
            kept = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in {"host", "authorization", "connection"}
            }
            stored = requests.put(address, data=body, headers=kept, timeout=60)
            self._reply(stored.status_code, {"ETag": stored.headers.get("ETag", "")}, "")

        def _reply(self, status: int, headers: dict[str, str], body: str) -> None:
            raw = body.encode()
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in {"content-length", "content-encoding"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Bridge) as server:
        server.timeout = _POLL_S
        yield CloudEveryword(folder / "unused", cloud, server, key)
