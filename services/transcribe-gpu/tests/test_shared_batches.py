"""Several recordings through one engine: fuller batches, and the same words as each alone."""

import io
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import ctranslate2
import numpy as np
import pytest

from everyword_events import (
    AudioUploaded,
    Delivery,
    EpisodeInfo,
    Event,
    Interrupted,
    ServiceContract,
    TranscriptReady,
)
from everyword_events.sqlite.bus import SqliteBus
from everyword_storage.directory import DirectoryBlobStore
from everyword_transcripts import Transcript, read_transcript
from support.waiting import PATIENCE_S, until
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.progress_file import ProgressFolder
from transcribe_gpu.config import SpeechModelSettings
from transcribe_gpu.contract import CONTRACT
from transcribe_gpu.domain import Hypothesis
from transcribe_gpu.ports import Float32Array
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.service import TranscribeService
from transcribe_gpu.shared_batches import SharedBatches
from transcribe_gpu.testing import encoded
from transcribe_gpu.testing_tones import TONES, LoudIsSpeech, ToneEngine, ToneSource, tones
from transcribe_gpu.worker import JobsInHand, jobs_at_once, run_worker

BATCH = 8
RECORDINGS = [tones(range(first, first + 12), pause_s=0.6) for first in range(0, 120, 20)]


@dataclass
class Slow(ToneEngine):
    """An engine whose first call ends when `goes_on` is set; it keeps how many windows came."""

    device: str = "cuda"
    batch: int = BATCH
    begun: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)
    sizes: list[int] = field(default_factory=list)
    most_at_once: int = 0
    inside: int = 0

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        self.inside += 1
        self.most_at_once = max(self.most_at_once, self.inside)
        self.sizes.append(len(windows))
        self.begun.set()
        assert self.goes_on.wait(PATIENCE_S)
        try:
            if any(np.isnan(window).any() for window in windows):
                raise RuntimeError("not a number")
            return super().recognise(windows, language=language, attempt=attempt)
        finally:
            self.inside -= 1


class Crowd:
    """Threads that ask one engine while it is busy with a first window."""

    def __init__(self, engine: Slow) -> None:
        self.engine = engine
        self.shared = SharedBatches(engine)

    def ask(self, *asked: tuple[list[Float32Array], str]) -> list[Sequence[Hypothesis]]:
        with ThreadPoolExecutor(len(asked) + 1) as threads:
            first = threads.submit(self.shared.recognise, [tones([1])], language="en")
            assert self.engine.begun.wait(PATIENCE_S)
            others = [
                threads.submit(self.shared.recognise, windows, language=language)
                for windows, language in asked
            ]
            until(lambda: len(self.shared._waiting) == len(asked))
            self.engine.goes_on.set()
            first.result(PATIENCE_S)
            return [each.result(PATIENCE_S) for each in others]


def said(found: Sequence[Hypothesis]) -> list[list[str]]:
    return [[word.text for each in one.utterances for word in each.words] for one in found]


def test_windows_that_wait_are_one_call_and_each_gets_its_own() -> None:
    crowd = Crowd(Slow())
    found = crowd.ask(
        ([tones([10]), tones([11])], "en"),
        ([tones([20])], "en"),
        ([tones([30]), tones([31]), tones([32])], "en"),
    )
    assert list(map(said, found)) == [
        [["w10"], ["w11"]],
        [["w20"]],
        [["w30"], ["w31"], ["w32"]],
    ]
    assert crowd.engine.sizes == [1, 6]
    assert crowd.engine.most_at_once == 1


def test_a_call_holds_no_more_than_the_batch_and_one_language() -> None:
    crowd = Crowd(Slow())
    five = [tones([number]) for number in range(5)]
    crowd.ask((five, "en"), (five, "en"), (five[:2], "de"), (five[:3], "en"))
    assert sorted(crowd.engine.sizes[1:]) == [2, 5, 8]
    assert crowd.engine.most_at_once == 1


def test_one_that_fails_fails_alone() -> None:
    crowd = Crowd(Slow())
    with pytest.raises(RuntimeError, match="not a number"):
        crowd.ask(([np.full(16_000, np.nan, np.float32)], "en"), ([tones([5])], "en"))
    assert crowd.engine.sizes == [1, 2, 1, 1]
    assert said(crowd.shared.recognise([tones([7])], language="en")) == [["w7"]]


def recognised(samples: Float32Array, recogniser: Recogniser) -> Transcript:
    return recogniser.run(
        PyAvAudio(io.BytesIO(encoded(samples))),
        TONES,
        report=lambda *told: None,
        announce=lambda line: None,
    ).transcript


@pytest.mark.parametrize("device", ["cuda", "cpu"])
def test_recordings_at_once_have_the_words_of_each_alone(device: str) -> None:
    engine = Slow(device=device, longest_window_s=2.0)
    engine.goes_on.set()
    recogniser = Recogniser(EngineSelector([ToneSource(engine)]), LoudIsSpeech())
    alone = [recognised(samples, recogniser) for samples in RECORDINGS]
    with ThreadPoolExecutor(len(RECORDINGS)) as threads:
        together = list(threads.map(lambda samples: recognised(samples, recogniser), RECORDINGS))
    assert together == alone
    assert engine.most_at_once == 1


def test_who_waits_for_the_processor_may_be_stopped() -> None:
    engine = Slow(device="cpu")
    recogniser = Recogniser(EngineSelector([ToneSource(engine)]), LoudIsSpeech())

    def stopping() -> None:
        raise Interrupted("the worker is stopping")

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(recognised, RECORDINGS[0], recogniser)
        assert engine.begun.wait(PATIENCE_S)
        with pytest.raises(Interrupted):
            recogniser.run(
                PyAvAudio(io.BytesIO(encoded(RECORDINGS[1]))),
                TONES,
                report=lambda *told: None,
                announce=lambda line: None,
                check=stopping,
            )
        engine.goes_on.set()
        first.result(PATIENCE_S)


LOGS = ServiceContract("logs", consumes=(TranscriptReady,))


def uploaded(blobs: DirectoryBlobStore, number: int) -> Event:
    episode_id = f"ep-{number}"
    ref = blobs.put(
        f"episodes/{episode_id}/upload/audio", encoded(RECORDINGS[number]), media_type="audio/wav"
    )
    data = AudioUploaded(
        episode=EpisodeInfo(show="", title="A talk", as_of=datetime(2026, 1, 2, tzinfo=UTC)),
        audio=ref,
        duration_s=1.0,
        container="wav",
        codec="pcm_s16le",
        channels=1,
        sample_rate_hz=16_000,
    )
    return Event.first(
        "ingest", data, episode_id=episode_id, run_id="run-1", event_id=f"e-{number}"
    )


def told(bus: SqliteBus) -> Sequence[Delivery]:
    return bus.inbox("logs").receive(most=10, visibility_s=600)


def test_a_worker_takes_several_jobs_and_finishes_each(
    tmp_path: Path, blobs: DirectoryBlobStore, progress: ProgressFolder
) -> None:
    engine = Slow(longest_window_s=2.0)
    stop = threading.Event()
    with SqliteBus(tmp_path / "bus.sqlite3", (CONTRACT, LOGS)) as bus:
        service = TranscribeService(
            blobs,
            Recogniser(EngineSelector([ToneSource(engine)]), LoudIsSpeech()),
            open_audio=PyAvAudio,
            settings_for=lambda show: TONES,
            progress=progress,
            stopping=stop.is_set,
        )
        bus.append([uploaded(blobs, number) for number in range(len(RECORDINGS))])
        worker = threading.Thread(
            target=run_worker,
            args=(bus.inbox(CONTRACT.service), bus, service, stop),
            kwargs={"at_once": 3},
        )
        worker.start()
        numbers = range(len(RECORDINGS))
        found: list[Event] = []
        try:
            until(lambda: sum(progress.read(f"ep-{n}", "run-1") is not None for n in numbers) == 3)
            engine.goes_on.set()
            while len(found) < len(RECORDINGS):
                found += [each.event for each in until(partial(told, bus))]
        finally:
            stop.set()
        worker.join(PATIENCE_S)
        assert not worker.is_alive()
    for event in found:
        assert isinstance(event.data, TranscriptReady)
        kept = read_transcript(blobs.get(event.data.transcript))
        first = 20 * int(event.meta.episode_id.removeprefix("ep-"))
        assert [word.word for word in kept.words()] == [f"w{n}" for n in range(first, first + 12)]
    assert engine.most_at_once == 1


def test_polls_beside_a_job_in_hand_do_not_count_as_idle() -> None:
    jobs = JobsInHand()
    event = Event.first(
        "ingest", TranscriptReady.model_construct(), episode_id="e", run_id="r", event_id="x"
    )
    one = Delivery(event, CONTRACT.service, 1, "receipt-1")
    other = Delivery(event, CONTRACT.service, 1, "receipt-2")
    jobs.polled([])
    assert jobs.empty_polls == 1
    jobs.polled([one])
    jobs.polled([other])
    jobs.polled([])
    assert jobs.empty_polls == 0
    assert not jobs.settled([one])
    assert jobs.settled([other])
    jobs.polled([])
    assert jobs.empty_polls == 1


def test_only_a_gpu_takes_several(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = SpeechModelSettings(recordings_at_once=4)
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    assert jobs_at_once(asked) == 1
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    assert jobs_at_once(asked) == 4
    assert jobs_at_once(SpeechModelSettings()) == 1
