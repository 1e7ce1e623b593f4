"""Voice activity by Silero's network: one voice does not spoil the detector for the next."""

from pathlib import Path
from typing import Final

import numpy as np
import pytest
from scipy.signal import butter, sosfilt  # type: ignore[import-untyped]

from transcribe_gpu.adapters.silero import SileroVoiceActivity, voice_activity
from transcribe_gpu.domain.voice_activity import FRAME
from transcribe_gpu.ports import Float32Array
from transcribe_gpu.testing import decoded

SAMPLES: Final = Path(__file__).parents[3] / "infra/local/src/everyword_local/samples"
SECOND: Final = 32 * FRAME


@pytest.fixture(scope="module")
def talk() -> Float32Array:
    return decoded(SAMPLES / "archive.opus")[: 12 * SECOND]


def heard(samples: Float32Array, *, block: int) -> Float32Array:
    stream = voice_activity().stream()
    blocks = (samples[at : at + block] for at in range(0, len(samples), block))
    return np.concatenate([stream(each) for each in blocks])


def test_the_detector_is_the_network() -> None:
    assert isinstance(voice_activity(), SileroVoiceActivity)


def test_after_silence_speech_is_told_as_in_a_new_recording(talk: Float32Array) -> None:
    silence = np.zeros(3 * SECOND, np.float32)
    after = heard(np.concatenate([talk, silence, talk]), block=SECOND)[-12 * 32 :]
    assert np.count_nonzero(after >= 0.5) > 6 * 32
    differing = (after >= 0.5) != (heard(talk, block=SECOND) >= 0.5)
    assert np.count_nonzero(differing) <= 2


def test_without_silence_what_was_said_before_is_kept_in_mind(talk: Float32Array) -> None:
    first, second = talk[: 6 * SECOND], talk[6 * SECOND :]
    after = heard(talk, block=SECOND)[6 * 32 :]
    assert heard(first, block=SECOND).max() > 0.5
    assert not np.allclose(after, heard(second, block=SECOND), atol=1e-5)


def test_quiet_telephone_speech_behind_a_loud_voice_is_heard(talk: Float32Array) -> None:
    """By the slow listener alone 273 of 300 frames of it are noise, at -45 dB every one."""
    band = butter(4, [300, 3000], "bandpass", fs=16_000, output="sos")
    other = decoded(SAMPLES / "interview.opus")[: 12 * SECOND]
    telephone = (sosfilt(band, other) * 10 ** (-36 / 20)).astype(np.float32)
    alone = heard(telephone, block=SECOND) >= 0.5
    behind = heard(np.concatenate([talk, telephone]), block=SECOND)[-12 * 32 :] >= 0.35
    assert np.count_nonzero(alone & ~behind) < np.count_nonzero(alone) / 2


def test_it_does_not_matter_in_which_blocks_it_comes(talk: Float32Array) -> None:
    samples = np.concatenate([talk, np.zeros(5 * SECOND // 2, np.float32), talk])
    blocks = (FRAME, 31 * FRAME, 45 * FRAME)
    expected = heard(samples, block=len(samples))
    for block in blocks:
        np.testing.assert_allclose(heard(samples, block=block), expected, atol=1e-5)


def test_quiet_speech_is_speech(talk: Float32Array) -> None:
    loud = np.count_nonzero(heard(talk, block=SECOND) >= 0.5)
    quiet = np.float32(10 ** (-45 / 20) / np.sqrt(np.square(talk).mean()))
    assert np.count_nonzero(heard(talk * quiet, block=SECOND) >= 0.5) > 0.9 * loud


@pytest.mark.parametrize("level_db", [-40, -60])
def test_quiet_noise_and_hum_are_none(level_db: int) -> None:
    level = 10 ** (level_db / 20)
    noise = np.random.default_rng(1).normal(0, level, 20 * SECOND).astype(np.float32)
    hum = (level * np.sin(np.arange(20 * SECOND) * 50 * 2 * np.pi / 16_000)).astype(np.float32)
    for sound in (noise, hum):
        assert heard(sound, block=SECOND).max() < 0.5
