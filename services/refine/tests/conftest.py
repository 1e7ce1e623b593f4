"""Transcripts made by the word, and a store on a real disk."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from everyword_storage import DirectoryBlobStore
from everyword_transcripts import Segment, Transcript, Word


def spoken(
    text: str, *, start: float = 0.0, word_s: float = 0.4, pause_s: float = 0.1, speaker: Any = None
) -> list[Word]:
    """Say `text` evenly: each word takes `word_s`, each pause `pause_s`."""
    step = word_s + pause_s
    return [
        Word(word, round(start + i * step, 3), round(start + i * step + word_s, 3), 0.9, speaker)
        for i, word in enumerate(text.split())
    ]


def transcript_of(*texts: str, language: str = "en", speakers: Sequence[str | None] = ()) -> Any:
    """Build a transcript with one segment a text, a second's pause between them."""
    segments = []
    at = 0.0
    for index, text in enumerate(texts):
        speaker = speakers[index % len(speakers)] if speakers else None
        words = spoken(text, start=at, speaker=speaker)
        segments.append(Segment.of(words, speaker=speaker, language=language))
        at = round(words[-1].end + 1.0, 3)
    return Transcript(language, at, tuple(segments))


@pytest.fixture
def say() -> Callable[..., list[Word]]:
    return spoken


@pytest.fixture
def transcribe() -> Callable[..., Transcript]:
    return transcript_of


@pytest.fixture
def blobs(tmp_path: Path) -> DirectoryBlobStore:
    return DirectoryBlobStore(tmp_path / "blobs")


class ModelServer(ThreadingHTTPServer):
    """A chat completions server on loopback that answers what the test tells it to.

    `answer` takes the user's message, as the object it holds, and returns what the model writes;
    or bytes, sent as the raw HTTP response; or a number, sent as the status.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: Callable[[dict[str, Any]], Any] = lambda _: '{"speakers": [], "updates": []}'
        self.requests: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/v1"

    def asked(self) -> list[dict[str, Any]]:
        """Return the data of every message received."""
        return [_data(request) for request in self.requests]


def _data(request: dict[str, Any]) -> dict[str, Any]:
    data, _ = json.JSONDecoder().raw_decode(request["messages"][1]["content"])
    return dict(data)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, ModelServer)
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request["headers"] = dict(self.headers)
        request["path"] = self.path
        server.requests.append(request)
        said = server.answer(_data(request))
        if isinstance(said, bytes):
            self.wfile.write(said)
            self.wfile.flush()
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, body = (said, {"error": {"message": "no"}}) if isinstance(said, int) else (200, {})
        if isinstance(said, str):
            choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 100, "completion_tokens": 10}
            body = {"choices": [choice], "usage": usage}
        elif isinstance(said, dict):
            body = said
        raw = json.dumps(body).encode()
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ModelServer]:
    server = ModelServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
