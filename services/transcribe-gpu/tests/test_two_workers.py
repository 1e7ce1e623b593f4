"""Two workers on one message: one result, whoever is first, and no checkpoint left."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from everyword_events import Event, TranscriptReady
from everyword_storage.directory import DirectoryBlobStore
from everyword_transcripts import read_transcript
from support.waiting import PATIENCE_S
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.progress_file import ProgressFolder
from transcribe_gpu.domain import Hypothesis
from transcribe_gpu.ports import Float32Array
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.service import TranscribeService
from transcribe_gpu.testing import encoded
from transcribe_gpu.testing_tones import TONES, LoudIsSpeech, ToneEngine, ToneSource, tones


class InStep(ToneEngine):
    """An engine that goes on once the other worker is at it too; each is its own model."""

    def __init__(self, model: str, both: threading.Barrier) -> None:
        super().__init__(model=model)
        self._both = both

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        self._both.wait(PATIENCE_S)
        return super().recognise(windows, language=language, attempt=attempt)


def test_both_tell_of_the_same_transcript(
    blobs: DirectoryBlobStore, progress: ProgressFolder, upload: Callable[..., Event]
) -> None:
    event = upload(encoded(tones([1, 2, 3])))
    both = threading.Barrier(2)

    def work(model: str) -> Event:
        engine = InStep(model, both)
        service = TranscribeService(
            blobs,
            Recogniser(EngineSelector([ToneSource(engine)]), LoudIsSpeech()),
            open_audio=PyAvAudio,
            settings_for=lambda show: TONES,
            progress=progress,
        )
        (done,) = service.handle(event)
        return done

    with ThreadPoolExecutor(2) as workers:
        first, second = workers.map(work, ("one", "other"))
    assert first.meta.event_id == second.meta.event_id
    assert first.data == second.data
    assert isinstance(first.data, TranscriptReady)
    kept = read_transcript(blobs.get(first.data.transcript))
    assert [word.word for word in kept.words()] == ["w1", "w2", "w3"]
    assert kept.engine.model == first.data.engine.model
    assert blobs.delete("episodes/ep-1/run-1/transcribe-gpu/checkpoints/") == 0
