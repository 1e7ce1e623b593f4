"""A long recording is recognised as well as the short ones that it is made of."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from support.models import model_here
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.evaluation.measures import plain_words, word_errors
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array
from transcribe_gpu.standalone import transcribe_file
from transcribe_gpu.testing import decoded, encoded

SAMPLES: Final = Path(__file__).parents[3] / "infra/local/src/everyword_local/samples"
LONG_AUDIO: Final = Path(__file__).parents[3] / "benchmarks/long_audio.py"
MODEL: Final = "tiny.en"
LEAST_S: Final = 1365.0
WORSE_AT_MOST: Final = 0.005
SETTINGS: Final = TranscribeSettings(
    engine="faster-whisper", model=MODEL, language="en", diarization="off"
)


def quiet(stage: str, fraction: float, eta_s: float | None) -> None:
    pass


def truth_of(name: str) -> list[str]:
    truth = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
    words = [word for sentence in truth["sentences"] for word in sentence["words"]]
    return plain_words(word["word"] for word in sorted(words, key=lambda word: word["start"]))


def heard_in(samples: Float32Array, file: Path) -> list[str]:
    file.write_bytes(encoded(samples))
    transcript = transcribe_file(file, SETTINGS, report=quiet, announce=lambda _: None)
    return plain_words(word.word for word in transcript.words())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_six_minutes_of_speech_take_the_memory_of_one(tmp_path: Path) -> None:
    model_here(MODEL)
    talk = np.concatenate([decoded(SAMPLES / f"{name}.opus") for name in ("archive", "interview")])
    peaks_mib = []
    for minutes in (1, 6):
        file = tmp_path / f"{minutes}.wav"
        file.write_bytes(encoded(np.resize(talk, minutes * 60 * SAMPLE_RATE_HZ)))
        measured = subprocess.run(
            [sys.executable, str(LONG_AUDIO), "--child", "speech", str(file)],
            check=True,
            capture_output=True,
        )
        peaks_mib.append(json.loads(measured.stdout)["peak_mib"])
    assert peaks_mib[1] <= max(450, 1.15 * peaks_mib[0]), peaks_mib


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_long_recording_is_heard_as_well_as_its_parts(tmp_path: Path) -> None:
    model_here(MODEL)
    names = ("archive", "interview")
    parts = {name: decoded(SAMPLES / f"{name}.opus") for name in names}
    truths = {name: truth_of(name) for name in names}
    errors = {
        name: word_errors(truths[name], heard_in(parts[name], tmp_path / f"{name}.wav"))
        for name in names
    }
    order: list[str] = []
    while sum(len(parts[name]) for name in order) < LEAST_S * SAMPLE_RATE_HZ:
        order.append(names[len(order) % 2])
    whole = [word for name in order for word in truths[name]]
    heard = heard_in(np.concatenate([parts[name] for name in order]), tmp_path / "whole.wav")
    apart = sum(errors[name] for name in order) / len(whole)
    together = word_errors(whole, heard) / len(whole)
    assert together <= apart + WORSE_AT_MOST, f"{together:.4f} together, {apart:.4f} apart"
