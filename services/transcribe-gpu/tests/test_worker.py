"""The worker on a real bus: work is done, and given back when it is told to stop."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from everyword_events import (
    Delivery,
    Event,
    ServiceContract,
    TranscriptionFailed,
    TranscriptReady,
    TranscriptRefined,
)
from everyword_events.sqlite.bus import SqliteBus
from everyword_storage.directory import DirectoryBlobStore
from support.waiting import until
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.pocketsphinx_engine import PocketSphinxSource
from transcribe_gpu.adapters.progress_file import ProgressFolder
from transcribe_gpu.adapters.silero import voice_activity
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.contract import CONTRACT
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.service import TranscribeService
from transcribe_gpu.testing import Clip, encoded
from transcribe_gpu.worker import run_worker, stop_on_signals

Upload = Callable[..., Event]
REFINE = ServiceContract("refine", consumes=(TranscriptReady,), emits=(TranscriptRefined,))
LOGS = ServiceContract("logs", consumes=(TranscriptReady, TranscriptionFailed))


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[SqliteBus]:
    with SqliteBus(tmp_path / "bus.sqlite3", (CONTRACT, REFINE, LOGS)) as opened:
        yield opened


def serve(
    bus: SqliteBus, blobs: DirectoryBlobStore, progress: ProgressFolder, stop: threading.Event
) -> None:
    service = TranscribeService(
        blobs,
        Recogniser(EngineSelector([PocketSphinxSource()]), voice_activity()),
        open_audio=PyAvAudio,
        settings_for=lambda show: TranscribeSettings(),
        progress=progress,
        stopping=stop.is_set,
    )
    run_worker(bus.inbox(CONTRACT.service), bus, service, stop)


def told(bus: SqliteBus) -> Sequence[Delivery]:
    return bus.inbox("logs").receive(most=10, visibility_s=600)


def test_jobs_are_worked_on_one_after_the_other(
    bus: SqliteBus,
    blobs: DirectoryBlobStore,
    progress: ProgressFolder,
    upload: Upload,
    question: Clip,
) -> None:
    bus.append([upload(encoded(question.samples), run_id=run_id) for run_id in ("r1", "r2")])
    stop = threading.Event()
    worker = threading.Thread(target=serve, args=(bus, blobs, progress, stop))
    worker.start()
    found: list[Event] = []
    try:
        while len(found) < 2:
            found += [each.event for each in until(lambda: told(bus))]
    finally:
        stop.set()
    worker.join(120)
    assert not worker.is_alive()
    assert {event.meta.run_id for event in found} == {"r1", "r2"}
    assert all(isinstance(event.data, TranscriptReady) for event in found)
    assert not bus.inbox(CONTRACT.service).receive(most=1, visibility_s=1)


class TerminatedWhenBusy(ProgressFolder):
    """Ends this process's worker at its first report, and goes on once it was told to stop."""

    def __init__(self, folder: Path, stop: threading.Event) -> None:
        super().__init__(folder)
        self._stop = stop
        self.terminated = False

    def report(
        self, *, episode_id: str, run_id: str, stage: str, fraction: float, eta_s: float | None
    ) -> None:
        super().report(
            episode_id=episode_id, run_id=run_id, stage=stage, fraction=fraction, eta_s=eta_s
        )
        if not self.terminated:
            os.kill(os.getpid(), signal.SIGTERM)
            self.terminated = self._stop.wait(60)


def test_a_terminated_worker_gives_its_job_back_uncounted(
    bus: SqliteBus,
    blobs: DirectoryBlobStore,
    tmp_path: Path,
    upload: Upload,
    question: Clip,
) -> None:
    bus.append([upload(encoded(question.samples))])
    stop = threading.Event()
    handlers = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    progress = TerminatedWhenBusy(tmp_path / "progress", stop)
    try:
        stop_on_signals(stop)
        serve(bus, blobs, progress, stop)
    finally:
        signal.signal(signal.SIGTERM, handlers[0])
        signal.signal(signal.SIGINT, handlers[1])
    assert progress.terminated
    (again,) = bus.inbox(CONTRACT.service).receive(most=1, visibility_s=60, wait_s=2)
    assert again.attempt == 1
    assert not bus.inbox("logs").receive(most=1, visibility_s=60)
    assert progress.read("ep-1", "run-1") is None
