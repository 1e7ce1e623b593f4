"""A spot machine that is taken back: the worker hears of it, and gives its job back unharmed."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from everyword_events import Event, ServiceContract, TranscriptReady
from everyword_events.sqlite.bus import SqliteBus
from everyword_storage.directory import DirectoryBlobStore
from everyword_transcripts import read_transcript
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.progress_file import ProgressFolder
from transcribe_gpu.adapters.spot_notice import NoMetadata, SpotNotice, stop_on_spot_notice
from transcribe_gpu.contract import CONTRACT
from transcribe_gpu.domain import Hypothesis
from transcribe_gpu.ports import Float32Array
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.service import TranscribeService
from transcribe_gpu.testing import encoded
from transcribe_gpu.testing_tones import TONES, LoudIsSpeech, ToneEngine, ToneSource, tones
from transcribe_gpu.worker import run_worker

PATIENCE_S = 60.0
REFINE = ServiceContract("refine", consumes=(TranscriptReady,))


@dataclass
class Metadata:
    """EC2's instance metadata, as far as a spot machine asks it."""

    address: str = ""
    token: str = "first"
    taken_back: bool = False
    asked: int = 0

    @property
    def environ(self) -> dict[str, str]:
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.address}


@contextmanager
def serving(metadata: Metadata) -> Iterator[None]:
    class Answer(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            wanted = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
            right = self.path == "/latest/api/token" and wanted is not None
            self._say(200, metadata.token) if right else self._say(400)

        def do_GET(self) -> None:
            metadata.asked += 1
            if self.headers.get("X-aws-ec2-metadata-token") != metadata.token:
                self._say(401)
            elif self.path == "/latest/meta-data/spot/instance-action" and metadata.taken_back:
                self._say(200, json.dumps({"action": "terminate", "time": "2026-01-01T00:02:00Z"}))
            else:
                self._say(404)

        def _say(self, status: int, body: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
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


@pytest.fixture
def metadata() -> Iterator[Metadata]:
    made = Metadata()
    with serving(made):
        yield made


def test_the_notice_is_heard_also_after_the_token_expired(metadata: Metadata) -> None:
    notice = SpotNotice(metadata.environ)
    assert not notice.due()
    metadata.token = "second"
    assert not notice.due()
    metadata.taken_back = True
    assert notice.due()


def test_where_nobody_answers_the_watch_ends_and_the_work_goes_on() -> None:
    nobody = Metadata()
    with serving(nobody):
        pass
    notice = SpotNotice(nobody.environ)
    with pytest.raises(NoMetadata):
        notice.due()
    stop = threading.Event()
    stop_on_spot_notice(stop, notice, poll_s=0.01).join(PATIENCE_S)
    assert not stop.is_set()
    off = SpotNotice({**nobody.environ, "AWS_EC2_METADATA_DISABLED": "true"})
    stop_on_spot_notice(stop, off, poll_s=0.01).join(PATIENCE_S)
    assert not stop.is_set()


class TakenBackAfter(ToneEngine):
    """An engine on a machine that is taken back after two windows."""

    def __init__(self, metadata: Metadata, stop: threading.Event) -> None:
        super().__init__()
        self._metadata = metadata
        self._stop = stop

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        if len(self.calls) == 1:
            self._metadata.taken_back = True
            assert self._stop.wait(PATIENCE_S)
        return super().recognise(windows, language=language, attempt=attempt)


def test_a_spot_worker_gives_its_job_back_and_the_next_goes_on(
    metadata: Metadata,
    tmp_path: Path,
    blobs: DirectoryBlobStore,
    progress: ProgressFolder,
    upload: Callable[..., Event],
) -> None:
    phrases = [tones([n, n + 1, n + 2], pause_s=0.8) for n in range(0, 120, 3)]
    stop = threading.Event()

    def serve(bus: SqliteBus, engine: ToneEngine, stop: threading.Event) -> None:
        service = TranscribeService(
            blobs,
            Recogniser(EngineSelector([ToneSource(engine)]), LoudIsSpeech()),
            open_audio=PyAvAudio,
            settings_for=lambda show: TONES,
            progress=progress,
            stopping=stop.is_set,
        )
        run_worker(bus.inbox(CONTRACT.service), bus, service, stop)

    with SqliteBus(tmp_path / "bus.sqlite3", (CONTRACT, REFINE)) as bus:
        event = upload(encoded(np.concatenate(phrases)))
        bus.append([event])
        watch = stop_on_spot_notice(stop, SpotNotice(metadata.environ), poll_s=0.01)
        first = TakenBackAfter(metadata, stop)
        serve(bus, first, stop)
        watch.join(PATIENCE_S)
        (again,) = bus.inbox(CONTRACT.service).receive(most=1, visibility_s=60, wait_s=PATIENCE_S)
        assert again.attempt == 1
        bus.inbox(CONTRACT.service).give_back(again, delay_s=0, spends="nothing")

        ended = threading.Event()
        second = ToneEngine()
        worker = threading.Thread(target=serve, args=(bus, second, ended))
        worker.start()
        (done,) = bus.inbox("refine").receive(most=1, visibility_s=60, wait_s=PATIENCE_S)
        ended.set()
        worker.join(PATIENCE_S)
    assert isinstance(done.event.data, TranscriptReady)
    words = read_transcript(blobs.get(done.event.data.transcript)).words()
    assert [word.word for word in words] == [f"w{n}" for n in range(120)]
    assert len(first.calls) == 2
    assert second.calls == [0], "of three windows two were kept"
