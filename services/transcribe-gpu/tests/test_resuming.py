"""A job that was stopped goes on where it was, and leaves no checkpoint behind."""

from collections.abc import Callable

import numpy as np
import pytest

from everyword_events import Event, Interrupted, TranscriptReady
from everyword_storage.directory import DirectoryBlobStore
from everyword_transcripts import read_transcript
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.progress_file import ProgressFolder
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.service import TranscribeService
from transcribe_gpu.testing import encoded
from transcribe_gpu.testing_tones import TONES, LoudIsSpeech, ToneEngine, ToneSource, tones

Upload = Callable[..., Event]


def service(
    blobs: DirectoryBlobStore,
    progress: ProgressFolder,
    engine: ToneEngine,
    stopping: Callable[[], bool] = lambda: False,
) -> TranscribeService:
    return TranscribeService(
        blobs,
        Recogniser(EngineSelector([ToneSource(engine)]), LoudIsSpeech()),
        open_audio=PyAvAudio,
        settings_for=lambda show: TONES,
        progress=progress,
        stopping=stopping,
    )


def test_a_stopped_job_goes_on_where_it_was(
    blobs: DirectoryBlobStore, progress: ProgressFolder, upload: Upload
) -> None:
    phrases = [tones([n, n + 1, n + 2], pause_s=0.8) for n in range(0, 120, 3)]
    event = upload(encoded(np.concatenate(phrases)))
    first = ToneEngine()
    with pytest.raises(Interrupted):
        service(blobs, progress, first, lambda: len(first.calls) >= 2).handle(event)
    assert len(first.calls) == 2
    second = ToneEngine()
    (ready,) = service(blobs, progress, second).handle(event)
    assert isinstance(ready.data, TranscriptReady)
    transcript = read_transcript(blobs.get(ready.data.transcript))
    assert [word.word for word in transcript.words()] == [f"w{n}" for n in range(120)]
    alone = ToneEngine()
    (again,) = service(blobs, progress, alone).handle(
        upload(encoded(np.concatenate(phrases)), run_id="run-2")
    )
    assert len(first.calls) + len(second.calls) == len(alone.calls)
    assert isinstance(again.data, TranscriptReady)
    assert read_transcript(blobs.get(again.data.transcript)).segments == transcript.segments
    assert blobs.delete("episodes/ep-1/run-1/transcribe-gpu/checkpoints/") == 0
