"""A node that goes and comes back, in the middle of anything: nothing is lost, nothing is wrong."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from everyword_events import TransientFailure
from search.adapters.opensearch.client import Json, OpenSearchClient, driver_for
from search.adapters.opensearch.index import OpenSearchWordIndex
from search.config import SearchSettings
from search.service import SearchService
from search.testing.corpus import document

CLIENTS = 16
WITHIN_S = 120
AWAY = {"index_away", "index_busy", "search_timed_out"}


class Line:
    """Leads to a node; while it is cut nobody gets through, and nobody who was through stays."""

    def __init__(self, url: str) -> None:
        node = urlsplit(url)
        self._node = (node.hostname or "", node.port or 0)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.is_cut = False
        line = self

        class Leading(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                line.lead(self.request)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Leading)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def lead(self, client: socket.socket) -> None:
        with socket.create_connection(self._node) as node:
            with self._lock:
                if self.is_cut:
                    return
                self._open |= {client, node}
            back = threading.Thread(target=_carry, args=(node, client))
            back.start()
            _carry(client, node)
            back.join()
            with self._lock:
                self._open -= {client, node}

    def cut(self) -> None:
        with self._lock:
            self.is_cut = True
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        with self._lock:
            self.is_cut = False


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def leading_to(url: str) -> Iterator[Line]:
    line = Line(url)
    serving = threading.Thread(target=line.server.serve_forever)
    serving.start()
    try:
        yield line
    finally:
        line.server.shutdown()
        serving.join()
        line.cut()
        line.server.server_close()


class CutAt(OpenSearchClient):
    """Loses the line at its request number `at`, before it is sent or after it was answered."""

    def __init__(self, line: Line) -> None:
        super().__init__(driver_for(line.url))
        self._line = line
        self._made = 0
        self.at = 0

    def begin(self, at: int) -> None:
        self.at, self._made = at, 0

    def request(self, *args: Any, **how: Any) -> Json:
        self._made += 1
        if self._made == self.at:
            if self.at % 2:
                super().request(*args, **how)
            self._line.cut()
        return super().request(*args, **how)


@pytest.mark.slow
@pytest.mark.opensearch
def test_an_outage_loses_nothing_and_is_said(opensearch_url: str, opensearch_prefix: str) -> None:
    """It comes at every request of a write in turn, while 16 clients search all the time."""
    with leading_to(opensearch_url) as line:
        writing = CutAt(line)
        writer, reader = (
            OpenSearchWordIndex(client, prefix=opensearch_prefix, passage_words=20, poll_s=0.01)
            for client in (writing, OpenSearchClient(driver_for(line.url)))
        )
        writer.put(document("always", "always there"))
        with searching(reader) as seen:
            cuts = 0
            for run in range(1, 30):
                writing.begin(run)
                written = document("e", f"run{run} said " * 30, run=f"{run:02}")
                while True:
                    try:
                        stored = writer.put(written)
                        break
                    except TransientFailure as failure:
                        seen.codes.add(failure.code)
                        seen.wait_for_a_failure()
                        line.mend()
                        cuts += 1
                assert stored is not None
                if not line.is_cut and cuts < run:
                    break  # a write has no more requests than that
            line.mend()
        assert cuts > 10
        assert seen.wrong == []
        assert seen.codes <= AWAY
        service = service_of(reader)
        assert service.search("said")["hits"] == service.search(f"run{run}")["hits"] == 30
        assert service.search("always")["hits"] == 1


class Seen:
    """What 16 clients saw."""

    def __init__(self) -> None:
        self.wrong: list[object] = []
        self.codes: set[str] = set()
        self.done = threading.Event()
        self._failed = threading.Event()

    def wait_for_a_failure(self) -> None:
        self._failed.clear()
        assert self._failed.wait(WITHIN_S), "no search failed while the node was away"

    def search_on(self, service: SearchService) -> None:
        while not self.done.is_set():
            try:
                always, said = service.search("always"), service.search("run*", limit=50)
            except TransientFailure as failure:
                self.codes.add(failure.code)
                self._failed.set()
                self.done.wait(0.02)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
                self.wrong.append(error)
                return
            else:
                self.done.wait(0.02)
                if always["hits"] != 1 or said["hits"] not in {0, 30}:
                    self.wrong.append((always["hits"], said["hits"]))


@contextmanager
def searching(index: OpenSearchWordIndex) -> Iterator[Seen]:
    seen = Seen()
    threads = [
        threading.Thread(target=seen.search_on, args=(service_of(index),)) for _ in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        seen.done.set()
        for thread in threads:
            thread.join()


def service_of(index: OpenSearchWordIndex) -> SearchService:
    blobs: Any = None
    return SearchService(index, index.vocabulary, blobs, lambda _: SearchSettings())
