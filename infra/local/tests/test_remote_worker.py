"""The ports of a remote worker against the API they speak to."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from everyword_events import EpisodeRemoved, Event, InvalidInput, TranscriptReady, TransientFailure
from everyword_local.client import IN_PROCESS, Answer, Api, Ask
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.in_process import in_process
from everyword_local.remote_worker import RemoteBlobs, RemoteInbox, RemoteProgress, settings_from
from everyword_local.settings import SettingsFile
from everyword_transcripts import read_transcript
from support.waiting import until
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.service import TranscribeService
from transcribe_gpu.testing import encoded
from transcribe_gpu.testing_tones import TONES, LoudIsSpeech, ToneEngine, ToneSource, tones
from transcribe_gpu.worker import run_worker


@pytest.fixture
def composition(tmp_path: Path) -> Iterator[Composition]:
    with Composition(DataFolder(tmp_path / "data"), SettingsFile(None)) as made:
        yield made


@pytest.fixture
def api(composition: Composition) -> Api:
    return Api(IN_PROCESS, transport=in_process(composition))


def upload(api: Api, folder: Path, words: list[int]) -> str:
    audio = folder / "talk.wav"
    audio.write_bytes(encoded(tones(words)))
    made = {"title": "A talk", "filename": "talk.wav", "bytes": audio.stat().st_size}
    announced = api.post("/v1/episodes", made)
    api.upload(announced, audio)
    api.post(f"/v1/episodes/{announced['episode_id']}:complete")
    return str(announced["episode_id"])


def service(api: Api, stop: threading.Event, engine: ToneEngine) -> TranscribeService:
    return TranscribeService(
        RemoteBlobs(api),
        Recogniser(EngineSelector([ToneSource(engine)]), LoudIsSpeech()),
        open_audio=PyAvAudio,
        settings_for=lambda show: TONES,
        progress=RemoteProgress(api),
        stopping=stop.is_set,
    )


def test_a_job_goes_out_and_its_transcript_comes_back(
    composition: Composition, api: Api, tmp_path: Path
) -> None:
    episode = upload(api, tmp_path, [1, 2, 3])
    stop = threading.Event()
    inbox = RemoteInbox(api, most_empty=1)
    engine = ToneEngine()
    worker = threading.Thread(
        target=run_worker, args=(inbox, inbox.log, service(api, stop, engine), stop)
    )
    worker.start()
    try:
        until(lambda: inbox.exhausted)
    finally:
        stop.set()
    worker.join(120)
    assert not worker.is_alive()
    (ready,) = [
        r.event for r in composition.bus.of_episode(episode) if r.event.type == "TranscriptReady"
    ]
    assert isinstance(ready.data, TranscriptReady)
    transcript = read_transcript(composition.blobs.get(ready.data.transcript))
    assert [word.word for word in transcript.words()] == ["w1", "w2", "w3"]
    assert len(engine.calls) == 1


def test_a_job_that_two_hold_makes_one_artifact_and_one_event(
    composition: Composition, api: Api, tmp_path: Path
) -> None:
    episode = upload(api, tmp_path, [4, 5])
    inbox = RemoteInbox(api)
    (delivery,) = inbox.receive(most=1, visibility_s=60)
    stop = threading.Event()
    results = [service(api, stop, ToneEngine()).handle(delivery.event) for _ in range(2)]
    assert results[0][0].data == results[1][0].data
    for events in results:
        inbox.append_and_acknowledge(events, [delivery])
    kinds = [r.event.type for r in composition.bus.of_episode(episode)]
    assert kinds.count("TranscriptReady") == 1


def test_a_job_is_kept_given_back_and_given_up(
    composition: Composition, api: Api, tmp_path: Path
) -> None:
    upload(api, tmp_path, [6])
    inbox = RemoteInbox(api)
    (delivery,) = inbox.receive(most=1, visibility_s=60)
    inbox.extend(delivery, visibility_s=60)
    assert inbox.receive(most=1, visibility_s=60) == []
    inbox.give_back(delivery, delay_s=0, spends="nothing")
    (again,) = inbox.receive(most=1, visibility_s=60)
    assert again.event == delivery.event
    inbox.dead_letter(again, code="broken", message="it broke", hint="mend it")
    assert inbox.receive(most=1, visibility_s=60) == []
    assert inbox.exhausted is False


def test_a_worker_writes_nothing_of_others(api: Api) -> None:
    blobs = RemoteBlobs(api)
    for key in ("episodes/ep/upload/audio", "episodes/ep/run/captions/x.vtt", "transcribe-gpu"):
        with pytest.raises(InvalidInput):
            blobs.put(key, b"mine", media_type="text/plain")
        with pytest.raises(InvalidInput):
            blobs.delete(f"{key}/")
    foreign = Event.first("ingest", EpisodeRemoved(), episode_id="ep", run_id="run")
    with pytest.raises(InvalidInput):
        RemoteInbox(api).append_and_acknowledge([foreign], [])


def test_large_audio_comes_in_pieces(composition: Composition, api: Api) -> None:
    raw = np.random.default_rng(1).integers(0, 256, 9 * 2**20, np.uint8).tobytes()
    ref = composition.blobs.put("episodes/ep/upload/audio", raw, media_type="audio/wav")
    with RemoteBlobs(api).open(ref) as opened:
        assert opened.read() == raw
    assert settings_from(api, "").engine == "auto"


def test_a_server_that_is_gone_brings_no_work_either() -> None:
    def gone(ask: Ask) -> Answer:
        raise ConnectionRefusedError(ask.path)

    inbox = RemoteInbox(Api(IN_PROCESS, transport=gone), most_empty=2)
    for exhausted in (False, True):
        with pytest.raises(TransientFailure):
            inbox.receive(most=1, visibility_s=60)
        assert inbox.exhausted is exhausted
