"""Each channel's speaker has a voice of its own, from what that speaker alone said there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from everyword_events import Event, TranscriptReady
from everyword_storage.directory import DirectoryBlobStore
from everyword_transcripts import Voiceprint, Word, read_transcript, read_voiceprint
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.progress_file import ProgressFolder
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import Diarization, Voice
from transcribe_gpu.errors import DiarizationFailed
from transcribe_gpu.ports import Audio, Float32Array
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.service import TranscribeService
from transcribe_gpu.spoken_part import SpokenPart, spoken_spans
from transcribe_gpu.testing import encoded
from transcribe_gpu.testing_tones import LoudIsSpeech, ToneSource, tones

RATE = 16_000
LOW, HIGH = (1.0, 0.0), (0.0, 1.0)
Upload = Callable[..., Event]


@dataclass
class Pitch:
    """Tells a low voice from a high one by the loudest pitch; speech is whatever is heard."""

    fails: bool = False
    is_ready: bool = True
    asked: list[int] = field(default_factory=list)
    name: str = "pitch"

    def ready(self) -> bool:
        return self.is_ready

    def diarize(self, audio: Audio, *, speakers: int, check: Callable[[], None]) -> Diarization:
        check()
        self.asked.append(speakers)
        if self.fails:
            raise DiarizationFailed("no")
        sound = np.concatenate(list(audio.blocks(None)))
        hertz = np.argmax(np.abs(np.fft.rfft(sound))) * RATE / sound.size
        seconds = np.count_nonzero(np.abs(sound) > 0.01) / RATE
        voice = Voice("SPEAKER_07", LOW if hertz < 800 else HIGH, round(float(seconds), 1))
        return Diarization((), (voice,), "pitch")


def two_channels(leak: float = 0.0) -> Float32Array:
    """Return a host below 620 Hz and a guest above 1,000 Hz, who take turns on their channels."""
    host, guest = tones([*range(1, 6), *range(6, 11)]), tones([*range(30, 35), *range(35, 40)])
    quiet = np.zeros(host.size // 2, np.float32)
    left = np.concatenate([host[: quiet.size], quiet, host[quiet.size :], quiet])
    right = np.concatenate([quiet, guest[: quiet.size], quiet, guest[quiet.size :]])
    return np.stack([left + leak * right, right + leak * left])


class Setting:
    """The service with a diarizer, and what it made of two channels."""

    def __init__(self, blobs: DirectoryBlobStore, progress: ProgressFolder) -> None:
        self.blobs = blobs
        self.progress = progress

    def ready(self, event: Event, diarizer: Pitch, **settings: object) -> TranscriptReady:
        chosen = {"engine": "tones", "language": "en", "channels": "speakers", **settings}
        service = TranscribeService(
            self.blobs,
            Recogniser(EngineSelector([ToneSource()]), LoudIsSpeech(), diarizer=diarizer),
            open_audio=PyAvAudio,
            settings_for=lambda _: TranscribeSettings.model_validate(chosen),
            progress=self.progress,
            keeps_voices=True,
        )
        (ready,) = service.handle(event)
        assert isinstance(ready.data, TranscriptReady)
        return ready.data

    def voices(self, ready: TranscriptReady) -> dict[str, Voiceprint]:
        """Return the voiceprint of each label."""
        return {label: read_voiceprint(self.blobs.get(ref)) for label, ref in ready.voices.items()}


@pytest.fixture
def setting(blobs: DirectoryBlobStore, progress: ProgressFolder) -> Setting:
    return Setting(blobs, progress)


@pytest.mark.parametrize("leak", [0.0, 0.1])
def test_each_channel_has_its_own_speakers_voice(
    setting: Setting, upload: Upload, leak: float
) -> None:
    stereo = encoded(two_channels(leak), layout="stereo")
    diarizer = Pitch()
    ready = setting.ready(upload(stereo), diarizer, known_voices=True)
    assert diarizer.asked == [1, 1], "each hears one person"
    voices = setting.voices(ready)
    assert {label: each.embedding for label, each in voices.items()} == {
        "SPEAKER_00": LOW,
        "SPEAKER_01": HIGH,
    }
    assert all(2.5 < each.speech_s < 3.5 for each in voices.values()), "not what the other said"
    spoken = read_transcript(setting.blobs.get(ready.transcript))
    assert {each.label for each in spoken.speakers} == set(voices)


@pytest.mark.parametrize(
    "settings",
    [
        {"known_voices": False},
        {"known_voices": True, "diarization": "off"},
        {"known_voices": True, "ready": False},
    ],
)
def test_without_consent_or_a_model_no_voice_is_listened_to(
    setting: Setting, upload: Upload, settings: dict[str, object]
) -> None:
    diarizer = Pitch(is_ready=bool(settings.pop("ready", True)))
    ready = setting.ready(upload(encoded(two_channels(), layout="stereo")), diarizer, **settings)
    assert (ready.voices, diarizer.asked, ready.flags) == ({}, [], ())


def test_what_fails_costs_the_voices_and_says_so(setting: Setting, upload: Upload) -> None:
    stereo = encoded(two_channels(), layout="stereo")
    ready = setting.ready(upload(stereo), Pitch(fails=True), known_voices=True)
    assert (ready.voices, ready.flags, ready.words) == ({}, ("voices:failed",), 20)


class Counted:
    """A recording of two channels that counts what is decoded: its samples are their places."""

    channels = 2
    expected_duration_s = 60.0
    decoded_s = 0.0
    flags = ()
    one_sound = False
    blocks_given = 0

    def blocks(self, channel: int | None = None) -> Iterator[Float32Array]:
        assert channel == 1
        for second in range(60):
            self.blocks_given += 1
            yield np.arange(second * RATE, (second + 1) * RATE, dtype=np.float32)

    def stretches(self) -> Iterator[Float32Array]:
        raise NotImplementedError


def test_a_part_is_its_spans_and_no_more_is_decoded() -> None:
    audio = Counted()
    part = SpokenPart(audio, 1, [(0.5, 2.25), (2.75, 3.0), (10.0, 10.5)])
    blocks = list(part.blocks())
    assert all(block.size <= RATE for block in blocks)
    sound = np.concatenate(blocks)
    heard = sound[sound > 0]
    wanted = [np.arange(round(a * RATE), round(b * RATE)) for a, b in part.spans]
    assert np.array_equal(heard, np.concatenate(wanted))
    assert (part.spoken_s, audio.blocks_given) == (2.5, 11)
    assert list(SpokenPart(audio, 1, []).blocks()) == []


def test_spans_join_over_short_pauses_and_end_when_it_is_enough() -> None:
    words = [Word("a", at, at + 0.5) for at in (0.0, 0.8, 2.2, 3.6, 30.0)]
    assert [(round(a, 2), round(b, 2)) for a, b in spoken_spans(words)] == [
        (0.0, 1.4),
        (2.1, 2.8),
        (3.5, 4.2),
        (29.9, 30.6),
    ]
    assert len(spoken_spans(words, enough_s=2.0)) == 2
    assert spoken_spans([]) == []
