"""A recognition is called off: before it began, in the middle, or too late."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from everyword_events import Conflict, Event, NotFound, TranscriptionFailed
from everyword_events.sqlite.bus import SqliteBus
from everyword_storage.directory import DirectoryBlobStore
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.progress_file import ProgressFolder
from transcribe_gpu.cancelling import Cancellations
from transcribe_gpu.contract import CONTRACT
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.service import TranscribeService
from transcribe_gpu.testing import encoded
from transcribe_gpu.testing_tones import TONES, LoudIsSpeech, ToneEngine, ToneSource, tones

Upload = Callable[..., Event]
LONG = np.concatenate([tones([n, n + 1, n + 2], pause_s=0.8) for n in range(0, 120, 3)])


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[SqliteBus]:
    with SqliteBus(tmp_path / "bus.sqlite3", (CONTRACT,)) as opened:
        yield opened


def service(
    blobs: DirectoryBlobStore,
    progress: ProgressFolder,
    engine: ToneEngine,
    cancelled: Callable[[str, str], bool],
) -> TranscribeService:
    return TranscribeService(
        blobs,
        Recogniser(EngineSelector([ToneSource(engine)]), LoudIsSpeech()),
        open_audio=PyAvAudio,
        settings_for=lambda show: TONES,
        progress=progress,
        cancelled=cancelled,
        clock=iter(range(0, 10_000_000, 10)).__next__,
    )


def test_what_was_called_off_is_not_recognised_and_a_new_run_is(
    bus: SqliteBus, blobs: DirectoryBlobStore, progress: ProgressFolder, upload: Upload
) -> None:
    event = upload(encoded(LONG))
    bus.append([event])
    calls = Cancellations(bus)
    assert calls.cancel("ep-1") == "run-1"
    engine = ToneEngine()
    working = service(blobs, progress, engine, calls.is_cancelled)
    assert working.handle(event) == []
    assert engine.calls == []
    (ended,) = [r.event for r in bus.of_episode("ep-1") if r.event.type == "TranscriptionFailed"]
    assert isinstance(ended.data, TranscriptionFailed)
    assert ended.data.code == "cancelled"
    assert "replay" in ended.data.hint
    again = upload(encoded(LONG), run_id="run-2")
    bus.append([again])
    assert [e.type for e in working.handle(again)] == ["TranscriptReady"]


def test_work_in_hand_is_stopped_and_leaves_nothing(
    bus: SqliteBus, blobs: DirectoryBlobStore, progress: ProgressFolder, upload: Upload
) -> None:
    event = upload(encoded(LONG))
    bus.append([event])
    calls = Cancellations(bus)
    engine = ToneEngine()

    def cancelled(episode_id: str, run_id: str) -> bool:
        if len(engine.calls) == 1:
            calls.cancel(episode_id)
        return calls.is_cancelled(episode_id, run_id)

    assert service(blobs, progress, engine, cancelled).handle(event) == []
    assert len(engine.calls) == 1
    assert progress.read("ep-1", "run-1") is None
    assert blobs.delete("episodes/ep-1/run-1/") == 0


def test_what_has_ended_or_never_began_is_not_called_off(
    bus: SqliteBus, blobs: DirectoryBlobStore, progress: ProgressFolder, upload: Upload
) -> None:
    calls = Cancellations(bus)
    with pytest.raises(NotFound):
        calls.cancel("ep-1")
    event = upload(encoded(tones([1, 2])))
    bus.append([event])
    bus.append(service(blobs, progress, ToneEngine(), calls.is_cancelled).handle(event))
    with pytest.raises(Conflict):
        calls.cancel("ep-1")
    assert calls.is_cancelled("ep-1", "run-1") is False
