"""A spot machine that is taken back: the worker hears of it, and gives its job back unharmed."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from everyword_events import Event, ServiceContract, TranscriptReady
from everyword_events.sqlite.bus import SqliteBus
from everyword_storage.directory import DirectoryBlobStore
from everyword_transcripts import read_transcript
from support.waiting import PATIENCE_S
from transcribe_gpu.adapters import spot_notice
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
from transcribe_gpu.testing_metadata import Metadata, serving
from transcribe_gpu.testing_tones import TONES, LoudIsSpeech, ToneEngine, ToneSource, tones
from transcribe_gpu.worker import run_worker

REFINE = ServiceContract("refine", consumes=(TranscriptReady,))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may be slow on such a machine; the one of the tests may."""
    monkeypatch.setattr(spot_notice, "_TIMEOUT_S", PATIENCE_S)


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
