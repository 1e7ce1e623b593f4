"""Recordings that nobody wishes for: each ends in a transcript or in a clear word.

Joined files, wrong lengths, eight channels and files cut off are in test_decoding.py; models
that are missing, damaged or half there in test_models.py; a GPU without memory in
test_selection.py.
"""

import io

import numpy as np
import pytest

from everyword_events import InvalidInput
from everyword_transcripts import Transcript
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.pocketsphinx_engine import PocketSphinxSource
from transcribe_gpu.adapters.silero import voice_activity
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import cut_windows
from transcribe_gpu.ports import SAMPLE_RATE_HZ, EngineSource, Float32Array
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.testing import Clip, encoded
from transcribe_gpu.testing_tones import TONES, LoudIsSpeech, ToneSource, tones

ENGLISH = TranscribeSettings(engine="pocketsphinx", language="en")


def heard(
    raw: bytes, source: EngineSource, settings: TranscribeSettings, *, real: bool = False
) -> Transcript:
    detector = voice_activity() if real else LoudIsSpeech()
    done = Recogniser(EngineSelector([source]), detector).run(
        PyAvAudio(io.BytesIO(raw)), settings, report=lambda *told: None, announce=lambda line: None
    )
    return done.transcript


def words(transcript: Transcript) -> list[str]:
    return [word.word for word in transcript.words()]


@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.2])
def test_a_clip_of_a_fifth_of_a_second_is_a_transcript(question: Clip, seconds: float) -> None:
    middle = question.samples.size // 2
    samples = question.samples[middle : middle + round(seconds * SAMPLE_RATE_HZ)]
    found = heard(encoded(samples), PocketSphinxSource(), ENGLISH, real=True)
    assert found.duration_s == pytest.approx(seconds, abs=0.05)
    assert len(words(found)) <= 1
    assert all(word.end <= found.duration_s for word in found.words())


def test_a_tone_of_a_fifth_of_a_second_is_a_word() -> None:
    found = heard(encoded(tones([7])[: round(0.2 * SAMPLE_RATE_HZ)]), ToneSource(), TONES)
    assert words(found) == ["w7"]


@pytest.mark.parametrize(
    ("rate", "layout", "codec", "container"),
    [
        (192_000, "mono", "pcm_s24le", "wav"),
        (192_000, "stereo", "flac", "flac"),
        (96_000, "5.1", "flac", "flac"),
        (8_000, "mono", "pcm_mulaw", "wav"),
    ],
)
def test_odd_rates_and_many_channels_are_heard(
    rate: int, layout: str, codec: str, container: str
) -> None:
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    samples = np.stack([tones([3, 5, 8], pause_s=0.3)] * channels)
    raw = encoded(samples, container=container, codec=codec, rate=rate, layout=layout)
    found = heard(raw, ToneSource(), TONES)
    assert words(found) == ["w3", "w5", "w8"]
    assert found.duration_s == pytest.approx(1.5, abs=0.05)


def noise(seconds: float, seed: int) -> Float32Array:
    """Return white noise at -20 dBFS."""
    draw = np.random.default_rng(seed)
    return (0.1 * draw.standard_normal(round(seconds * SAMPLE_RATE_HZ))).astype(np.float32)


def test_noise_says_nothing() -> None:
    found = heard(encoded(noise(20, 1)), PocketSphinxSource(), ENGLISH, real=True)
    assert words(found) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_three_hours_of_noise_give_hardly_a_window() -> None:
    second = noise(1, 2)
    blocks = (np.roll(second, 37 * n) for n in range(3 * 3600))
    windows = list(cut_windows(blocks, voice_activity().stream(), longest_s=29.5))
    assert sum(window.speech_s for window in windows) < 30


@pytest.mark.parametrize(
    ("language", "code"),
    [("klingon!", "language_unknown"), ("sv", "language_unsupported")],
)
def test_a_language_wish_that_cannot_be_met_is_said(
    question: Clip, language: str, code: str
) -> None:
    wish = ENGLISH.model_copy(update={"language": language})
    with pytest.raises(InvalidInput) as refused:
        heard(encoded(question.samples), PocketSphinxSource(), wish, real=True)
    assert refused.value.code == code
    assert refused.value.hint


def test_frames_damaged_in_the_middle_cost_those_frames_and_are_told() -> None:
    said = list(range(60))
    raw = bytearray(
        encoded(tones(said), container="mp3", codec="libmp3lame", options={"write_xing": "0"})
    )
    middle = len(raw) // 2
    raw[middle : middle + 3000] = bytes(3000)
    found = heard(bytes(raw), ToneSource(), TONES)
    kept = words(found)
    assert kept[:20] == [f"w{n}" for n in said[:20]]
    assert kept[-20:] == [f"w{n}" for n in said[-20:]]
    assert len(kept) < len(said)
    assert any(flag.startswith(("gap:", "damaged_audio")) for flag in found.flags), found.flags


def test_a_hole_that_the_decoder_steps_over_is_told() -> None:
    """Zeros in a FLAC: libavcodec finds the next frame by itself and reports nothing."""
    noise = np.random.default_rng(2).normal(0, 0.1, 20 * SAMPLE_RATE_HZ).astype(np.float32)
    raw = bytearray(encoded(noise, container="flac", codec="flac"))
    middle = len(raw) // 2
    raw[middle : middle + 8000] = bytes(8000)
    audio = PyAvAudio(io.BytesIO(bytes(raw)))
    length_s = sum(block.size for block in audio.blocks()) / SAMPLE_RATE_HZ
    assert length_s == pytest.approx(20.0, abs=0.1)
    assert audio.flags[0] == "damaged_audio"
    start, end = map(float, audio.flags[1].removeprefix("gap:").split("-"))
    assert 9 < start < end < 11.5
