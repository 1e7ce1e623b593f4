"""A second of speech through a freshly loaded engine, before any job is given to it.

A model that loads may still not work: a driver that does not fit, weights of another model, a
kernel that returns noise. Whoever fails here is passed over, or refuses its jobs.
"""

import math
import wave
from collections.abc import Sequence
from importlib.resources import files

import numpy as np

from everyword_events import EverywordError
from transcribe_gpu.domain import Hypothesis
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.models import known_models
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array, SpeechEngine

LANGUAGE = "en"
SLACK_S = 0.5


def self_test(engine: SpeechEngine) -> None:
    """Let the engine hear "finally leave".

    A model nobody knows may be of another language: it need not get the words right, but must
    answer, with times inside the second. Known models must hear something.

    Raises:
        EngineUnavailable: it does not (code `engine_self_test`).
    """
    samples = _speech()
    try:
        found = engine.recognise([samples], language=LANGUAGE)
    except (EverywordError, RuntimeError, ValueError, OSError) as error:
        if isinstance(error, EverywordError) and error.code == "language_unsupported":
            return  # a model of one other language; English proves nothing
        raise _failed(engine, str(error)[:200] or type(error).__name__) from error
    wrong = _wrong(found, samples.size / SAMPLE_RATE_HZ)
    if wrong:
        raise _failed(engine, wrong)
    known = known_models().get(engine.model)
    if known is not None and not found[0].words():
        raise _failed(engine, "it hears no word in clear speech")


def _speech() -> Float32Array:
    path = files("transcribe_gpu") / "data" / "self_test.wav"
    with path.open("rb") as file, wave.open(file) as audio:
        pcm = audio.readframes(audio.getnframes())
    samples: Float32Array = np.multiply(np.frombuffer(pcm, "<i2"), 1 / 32768, dtype=np.float32)
    return samples


def _wrong(found: Sequence[Hypothesis], length_s: float) -> str:
    if len(found) != 1:
        return f"{len(found)} answers for one window"
    times = [
        time for word in found[0].words() for time in (word.start, word.end) if time is not None
    ]
    if not all(math.isfinite(time) and -SLACK_S <= time <= length_s + SLACK_S for time in times):
        return "word times outside the sound"
    return ""


def _failed(engine: SpeechEngine, why: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"{engine.name} {engine.model} failed its self-test: {why}",
        hint="see everyword doctor; fetch the model again, or choose another engine",
        code="engine_self_test",
    )
