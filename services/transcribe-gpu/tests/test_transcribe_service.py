"""The use cases, on real audio through the real CPU engine."""

from collections.abc import Callable

import numpy as np
import pytest

from everyword_events import (
    EpisodeRemoved,
    Event,
    Interrupted,
    Misconfigured,
    NotFound,
    TranscriptionFailed,
    TranscriptionHints,
    TranscriptReady,
)
from everyword_storage.directory import DirectoryBlobStore
from everyword_transcripts import Voiceprint, read_transcript, read_voiceprint
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.pocketsphinx_engine import PocketSphinxSource
from transcribe_gpu.adapters.progress_file import ProgressFolder
from transcribe_gpu.adapters.silero import voice_activity
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.contract import CONTRACT
from transcribe_gpu.domain import Diarization, SpeakerTurn, Voice
from transcribe_gpu.ports import Audio
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.service import TranscribeService
from transcribe_gpu.testing import Clip, encoded
from transcribe_gpu.testing_tones import LoudIsSpeech, ToneSource, tones

QUESTION = ["when", "did", "you", "finally", "leave", "the", "island"]
Upload = Callable[..., Event]

HALF_A_SECOND = 8_000
"""Where it does not matter what is said."""


def test_a_question_becomes_a_transcript(
    service: TranscribeService, blobs: DirectoryBlobStore, upload: Upload, question: Clip
) -> None:
    event = upload(encoded(question.samples))
    (ready,) = service.handle(event)
    assert isinstance(ready.data, TranscriptReady)
    assert CONTRACT.accepts(event)
    assert isinstance(ready.data, CONTRACT.emits)
    assert ready.meta.causation_id == event.meta.event_id
    transcript = read_transcript(blobs.get(ready.data.transcript))
    assert (transcript.episode_id, transcript.run_id) == ("ep-1", "run-1")
    assert [w.word for w in transcript.words()] == QUESTION
    for word, truth in zip(transcript.words(), question.words, strict=True):
        assert abs(word.start - truth["start"]) < 0.1
        assert word.score is not None
        assert 0 <= word.score <= 1
    assert ready.data.words == 7
    assert ready.data.language == "en"
    assert ready.data.engine.name == "pocketsphinx"
    assert ready.data.duration_s == pytest.approx(2.6, abs=0.01)
    assert set(ready.data.timings_s) == {"load", "decode", "recognise"}
    assert ready.data.flags == ()


def test_the_same_event_twice_is_recognised_once(
    service: TranscribeService, upload: Upload, question: Clip, blobs: DirectoryBlobStore
) -> None:
    event = upload(encoded(question.samples[:HALF_A_SECOND]))
    (first,) = service.handle(event)
    blobs.put("episodes/ep-1/upload/audio", b"no longer audio", media_type="audio/wav")
    (again,) = service.handle(event)
    assert again.data == first.data
    assert again.meta.event_id == first.meta.event_id


@pytest.mark.engines
def test_a_speaker_per_channel(
    service: TranscribeService,
    blobs: DirectoryBlobStore,
    upload: Upload,
    exchange: tuple[Clip, Clip],
) -> None:
    stereo = np.stack([exchange[0].samples, exchange[1].samples])
    (ready,) = service.handle(upload(encoded(stereo, layout="stereo"), channels="speakers"))
    assert isinstance(ready.data, TranscriptReady)
    transcript = read_transcript(blobs.get(ready.data.transcript))
    turns = [(segment.speaker, segment.text) for segment in transcript.segments]
    assert turns == [
        ("SPEAKER_00", "what did she say about the fog horn"),
        ("SPEAKER_01", "she told us that when the fog horn stopped she could not sleep"),
    ]
    assert [speaker.label for speaker in transcript.speakers] == ["SPEAKER_00", "SPEAKER_01"]


@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_a_speaker_per_channel_of_one_sound_is_said_to_be_a_mix(
    service: TranscribeService, upload: Upload, question: Clip, layout: str
) -> None:
    sound = question.samples if layout == "mono" else np.stack([question.samples] * 2)
    (ready,) = service.handle(upload(encoded(sound, layout=layout), channels="speakers"))
    assert isinstance(ready.data, TranscriptReady)
    assert ready.data.words == 7
    assert ready.data.flags == ("channels:mono" if layout == "mono" else "channels:identical",)


def test_silence_gives_a_valid_empty_transcript(
    service: TranscribeService, blobs: DirectoryBlobStore, upload: Upload
) -> None:
    (ready,) = service.handle(upload(encoded(np.zeros(160_000, np.float32))))
    assert isinstance(ready.data, TranscriptReady)
    transcript = read_transcript(blobs.get(ready.data.transcript))
    assert transcript.segments == ()
    assert transcript.duration_s == 10.0
    assert ready.data.words == 0


@pytest.mark.parametrize(
    "case",
    [
        (b"", {}, "audio_empty"),
        (b"Dear sir, this is a letter and no song.\n" * 200, {}, "not_audio"),
        (None, {"language": "klingon!"}, "language_unknown"),
        (None, {"language": "sv"}, "language_unsupported"),
        (None, {"engine": "shazam"}, "engine_unknown"),
        (None, {"engine": "pocketsphinx", "model": "large"}, "engine_unavailable"),
    ],
)
def test_what_cannot_work_is_said_and_acknowledged(
    service: TranscribeService,
    upload: Upload,
    question: Clip,
    case: tuple[bytes | None, dict[str, str], str],
) -> None:
    raw, hints, code = case
    (failed,) = service.handle(upload(encoded(question.samples) if raw is None else raw, **hints))
    assert isinstance(failed.data, TranscriptionFailed)
    assert failed.data.code == code
    assert failed.data.message
    assert failed.data.hint
    assert failed.data.retryable == (code == "engine_unavailable")


@pytest.mark.parametrize(
    "stated", [{"engine": "shazam"}, {"engine": "pocketsphinx", "model": "large"}]
)
def test_what_the_settings_get_wrong_is_no_job_s_fault(
    blobs: DirectoryBlobStore,
    progress: ProgressFolder,
    upload: Upload,
    question: Clip,
    stated: dict[str, str],
) -> None:
    service = TranscribeService(
        blobs,
        Recogniser(EngineSelector([PocketSphinxSource()]), voice_activity()),
        open_audio=PyAvAudio,
        settings_for=lambda show: TranscribeSettings.model_validate(stated),
        progress=progress,
    )
    with pytest.raises(Misconfigured) as caught:  # the consumer pauses, the job stays queued
        service.handle(upload(encoded(question.samples)))
    assert caught.value.code == ("engine_unavailable" if "model" in stated else "engine_unknown")


def test_hints_go_over_the_settings_of_the_show(
    blobs: DirectoryBlobStore, progress: ProgressFolder, upload: Upload, question: Clip
) -> None:
    service = TranscribeService(
        blobs,
        Recogniser(EngineSelector([PocketSphinxSource()]), voice_activity()),
        open_audio=PyAvAudio,
        settings_for=lambda show: TranscribeSettings(language="sv", engine="shazam"),
        progress=progress,
    )
    event = upload(
        encoded(question.samples[:HALF_A_SECOND]), language="en-GB", engine="pocketsphinx"
    )
    (ready,) = service.handle(event)
    assert isinstance(ready.data, TranscriptReady)


@pytest.mark.parametrize(("device", "usd"), [("cpu", 0.25), ("cuda", 1.5), ("cuda:1", 1.5)])
def test_seconds_cost_what_their_device_does(device: str, usd: float) -> None:
    assert TranscribeSettings().cost_usd(device, 1800) == 0.0
    priced = TranscribeSettings(cpu_usd_per_hour=0.5, gpu_usd_per_hour=3.0)
    assert priced.with_hints(TranscriptionHints(engine="x")).cost_usd(device, 1800) == usd


def test_an_episode_says_what_it_cost(
    blobs: DirectoryBlobStore, progress: ProgressFolder, upload: Upload, question: Clip
) -> None:
    service = TranscribeService(
        blobs,
        Recogniser(EngineSelector([PocketSphinxSource()]), voice_activity()),
        open_audio=PyAvAudio,
        settings_for=lambda show: TranscribeSettings(language="en", cpu_usd_per_hour=3600.0),
        progress=progress,
    )
    (ready,) = service.handle(upload(encoded(question.samples[:HALF_A_SECOND])))
    assert isinstance(ready.data, TranscriptReady)
    assert ready.data.cost_usd is not None
    assert ready.data.cost_usd >= sum(ready.data.timings_s.values()) * 0.5 > 0


def test_a_stopping_worker_leaves_the_job_undone(
    blobs: DirectoryBlobStore, progress: ProgressFolder, upload: Upload, question: Clip
) -> None:
    service = TranscribeService(
        blobs,
        Recogniser(EngineSelector([PocketSphinxSource()]), voice_activity()),
        open_audio=PyAvAudio,
        settings_for=lambda show: TranscribeSettings(),
        progress=progress,
        stopping=lambda: True,
    )
    event = upload(encoded(question.samples[:HALF_A_SECOND]))
    with pytest.raises(Interrupted):
        service.handle(event)
    assert progress.read("ep-1", "run-1") is None


def test_a_removed_episode_leaves_nothing(
    service: TranscribeService, blobs: DirectoryBlobStore, upload: Upload, question: Clip
) -> None:
    event = upload(encoded(question.samples[:HALF_A_SECOND]))
    (ready,) = service.handle(event)
    assert isinstance(ready.data, TranscriptReady)
    removed = Event.first("ingest", EpisodeRemoved(), episode_id="ep-1", run_id="run-1")
    assert service.handle(removed) == []
    assert blobs.stat("episodes/ep-1/run-1/transcript.json") is None
    (failed,) = service.handle(upload(b"", run_id="run-2"))
    assert isinstance(failed.data, TranscriptionFailed)


class OneVoice:
    """Says that one voice says everything, and somebody else nothing."""

    name = "one voice"

    def ready(self) -> bool:
        return True

    def diarize(self, audio: Audio, *, speakers: int, check: Callable[[], None]) -> Diarization:
        del audio, speakers, check
        voices = (Voice("SPEAKER_00", (0.6, 0.8), 2.5), Voice("SPEAKER_01", (1.0, 0.0), 0.3))
        return Diarization((SpeakerTurn(0, 9, "SPEAKER_00"),), voices, "pairs")


@pytest.mark.parametrize("consents", [True, False])
@pytest.mark.parametrize("deletable", [True, False])
def test_voiceprints_are_kept_with_consent_only(
    blobs: DirectoryBlobStore,
    progress: ProgressFolder,
    upload: Upload,
    *,
    consents: bool,
    deletable: bool,
) -> None:
    service = TranscribeService(
        blobs,
        Recogniser(EngineSelector([ToneSource()]), LoudIsSpeech(), diarizer=OneVoice()),
        open_audio=PyAvAudio,
        settings_for=lambda _: TranscribeSettings(
            engine="tones", language="en", known_voices=consents
        ),
        progress=progress,
        keeps_voices=deletable,
    )
    (ready,) = service.handle(upload(encoded(tones([1, 2]))))
    assert isinstance(ready.data, TranscriptReady)
    kept = {label: read_voiceprint(blobs.get(ref)) for label, ref in ready.data.voices.items()}
    voice = Voiceprint(model="pairs", embedding=(0.6, 0.8), speech_s=2.5)
    assert kept == ({"SPEAKER_00": voice} if consents and deletable else {})
    removed = Event.first("ingest", EpisodeRemoved(), episode_id="ep-1", run_id="run-2")
    assert service.handle(removed) == []
    for ref in ready.data.voices.values():
        with pytest.raises(NotFound):
            blobs.get(ref)
