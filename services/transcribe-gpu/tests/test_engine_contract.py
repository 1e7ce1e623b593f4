"""What every engine promises, tried on every engine that can run here.

Accuracy is claimed of trained models only, on the shipped samples; engines with tiny untrained
models are tried for the form of their answers, their times and how pieces are joined.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import jiwer
import numpy as np
import pytest
from _pytest.mark import ParameterSet

from everyword_events import InvalidInput
from transcribe_gpu.adapters.environments import EngineEnvironments
from transcribe_gpu.adapters.faster_whisper_engine import FasterWhisperSource
from transcribe_gpu.adapters.isolated import HOST, IsolatedEngine
from transcribe_gpu.adapters.loading import load_engine, start_engine
from transcribe_gpu.adapters.pocketsphinx_engine import PocketSphinxEngine
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array, SpeechEngine
from transcribe_gpu.self_test import self_test
from transcribe_gpu.standalone import model_library
from transcribe_gpu.testing import Clip, clip
from transcribe_gpu.testing_parakeet import write_transducer
from transcribe_gpu.testing_whisper import write_parrot

pytestmark = pytest.mark.engines

SAMPLES = Path(__file__).parents[3] / "infra/local/src/everyword_local/samples"
PARAKEET_APART = "parakeet in a process of its own"
PIECES = ["▁the", "▁light", "house", "▁keep", "er", "'", "s"]


def quiet(stage: str, fraction: float, eta_s: float | None) -> None:
    pass


def model_folder(name: str) -> Path:
    try:
        return model_library().fetch(name, report=quiet).path
    except EngineUnavailable as error:
        pytest.skip(f"{error.message}: everyword models fetch {name}")


def needs(engine: str) -> EngineEnvironments:
    environments = EngineEnvironments()
    if not environments.installed(engine):
        pytest.skip(f"{engine} is not installed: everyword engines install {engine}")
    return environments


def needs_here(*modules: str) -> None:
    for module in modules:
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed: pip install {module}")


def faster_whisper(name: str) -> SpeechEngine:
    return FasterWhisperSource(model_library()).load(str(model_folder(name)), report=quiet)


def parrot(folder: Path) -> SpeechEngine:
    made = write_parrot(folder / "parrot", ["polly", "wants", "a", "cracker"])
    return FasterWhisperSource(model_library()).load(str(made), report=quiet)


def parakeet(folder: Path) -> SpeechEngine:
    needs_here("onnx_asr", "onnx")
    return load_engine(
        "parakeet", write_transducer(folder / "transducer", PIECES), model="transducer"
    )


def isolated_parakeet(folder: Path) -> SpeechEngine:
    needs_here("onnx_asr", "onnx")
    made = write_transducer(folder / "transducer", PIECES)
    return IsolatedEngine((sys.executable, "-m", HOST), "parakeet", made, "transducer")


def transformers(folder: Path) -> SpeechEngine:
    made = written("whisper", folder / "random")
    return start_engine(needs("transformers"), "transformers", made, model="random")


def written(what: str, folder: Path) -> Path:
    """Write a small model of random weights where transformers are installed, here or apart."""
    command = needs("transformers").command("transformers", "transcribe_gpu.testing_transformers")
    here = (sys.executable, "-m", "transcribe_gpu.testing_transformers")
    subprocess.run([*(command or here), what, str(folder)], check=True, timeout=300)
    return folder


def whisperx(_: Path) -> SpeechEngine:
    environments = needs("whisperx")
    return start_engine(environments, "whisperx", model_folder("tiny.en"), model="tiny.en")


def aligning_whisperx(folder: Path) -> SpeechEngine:
    """Its words are trained, its times are not."""
    environments = needs("whisperx")
    (folder / "tiny.en" / "align").mkdir(parents=True)
    for file in model_folder("tiny.en").iterdir():
        (folder / "tiny.en" / file.name).symlink_to(file)
    written("aligner", folder / "tiny.en" / "align" / "en")
    return start_engine(environments, "whisperx", folder / "tiny.en", model="tiny.en")


ENGINES: dict[str, Callable[[Path], SpeechEngine]] = {
    "pocketsphinx": lambda _: PocketSphinxEngine(),
    "faster-whisper parrot": parrot,
    "faster-whisper tiny.en": lambda _: faster_whisper("tiny.en"),
    "faster-whisper base": lambda _: faster_whisper("base"),
    "parakeet": parakeet,
    PARAKEET_APART: isolated_parakeet,
    "transformers": transformers,
    "whisperx tiny.en": whisperx,
    "whisperx tiny.en, aligned by another": aligning_whisperx,
}
TRAINED = {
    "pocketsphinx": 0.25,
    "faster-whisper tiny.en": 0.1,
    "faster-whisper base": 0.1,
    "whisperx tiny.en": 0.1,
}
"""The word error rate each must stay under on the shipped sample."""


QUICK = ("faster-whisper parrot", "faster-whisper tiny.en", "parakeet", PARAKEET_APART)
"""All others take a second and more for every answer, or as long to begin."""


def params(names: Iterable[str]) -> list[ParameterSet]:
    return [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow, id=n) for n in names]


@pytest.fixture(scope="module", params=params(ENGINES))
def named(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, SpeechEngine]]:
    engine = ENGINES[request.param](tmp_path_factory.mktemp("model"))
    yield request.param, engine
    if isinstance(engine, IsolatedEngine):
        engine.close()


@pytest.fixture
def engine(named: tuple[str, SpeechEngine]) -> SpeechEngine:
    return named[1]


def test_it_says_what_it_is(engine: SpeechEngine) -> None:
    assert engine.name
    assert engine.model
    assert engine.device in ("cpu", "cuda")
    assert engine.longest_window_s >= 20
    assert engine.batch >= 1


def test_every_window_is_answered_in_order_and_times_lie_inside(
    engine: SpeechEngine, question: Clip
) -> None:
    windows = [question.samples, question.samples[:16_000], question.samples]
    found = engine.recognise(windows, language="en")
    assert len(found) == len(windows)
    assert texts(found[0]) == texts(found[2])
    for hypothesis, window in zip(found, windows, strict=True):
        length_s = window.size / SAMPLE_RATE_HZ
        starts = [word.start for word in hypothesis.words() if word.start is not None]
        assert starts == sorted(starts)
        for word in hypothesis.words():
            assert word.text
            assert word.text.split() == [word.text]
            assert word.score is None or 0 <= word.score <= 1.001
            if word.start is not None and word.end is not None:
                assert 0 <= word.start <= word.end <= length_s + 0.05


def test_the_same_sound_gives_the_same_words(engine: SpeechEngine, question: Clip) -> None:
    first = engine.recognise([question.samples], language="en")
    engine.recognise([noise(2.0)], language="en")
    again = engine.recognise([question.samples], language="en")
    assert texts(first[0]) == texts(again[0])


@pytest.mark.slow
@pytest.mark.parametrize("named", params(QUICK), indirect=True)
def test_windows_of_several_recordings_in_one_batch_give_the_words_they_give_alone(
    engine: SpeechEngine, question: Clip, exchange: tuple[Clip, Clip]
) -> None:
    windows = [question.samples, *(each.samples for each in exchange)]
    alone = [engine.recognise([window], language="en")[0] for window in windows]
    for order in ([0, 1, 2], [2, 0, 1]):
        together = engine.recognise([windows[place] for place in order], language="en")
        assert [texts(each) for each in together] == [texts(alone[place]) for place in order]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "auto"])
@pytest.mark.parametrize("model", ["tiny.en", "base"])
def test_a_small_whisper_times_words_the_same_whatever_is_recognised_with_them(
    model: str, language: str, question: Clip, exchange: tuple[Clip, Clip]
) -> None:
    """Windows of other lengths are encoded with other contexts, and decoded apart."""
    engine = faster_whisper(model)
    talk = clip(SAMPLES / "archive.json", 6.0, 24.4)
    windows = [question.samples, talk.samples, *(each.samples for each in exchange)]
    alone = [engine.recognise([window], language=language)[0] for window in windows]
    assert all(hypothesis.words() for hypothesis in alone)
    for order in ([0, 1, 2, 3], [3, 1, 2, 0]):
        together = engine.recognise([windows[place] for place in order], language=language)
        for place, found in zip(order, together, strict=True):
            assert [(w.text, w.start, w.end) for w in found.words()] == [
                (w.text, w.start, w.end) for w in alone[place].words()
            ]


@pytest.mark.parametrize("seconds", [0.2, 1.0, 20.0])
def test_silence_and_short_sounds_do_no_harm(engine: SpeechEngine, seconds: float) -> None:
    samples = np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)
    assert len(engine.recognise([samples], language="en")) == 1


def test_a_language_to_be_detected_is_told(engine: SpeechEngine, question: Clip) -> None:
    (found,) = engine.recognise([question.samples], language="auto")
    assert found.language in ("en", "sv", "und")


def test_an_unknown_language_is_refused(engine: SpeechEngine, question: Clip) -> None:
    with pytest.raises(InvalidInput) as error:
        engine.recognise([question.samples], language="tlh")
    assert error.value.code == "language_unsupported"
    assert error.value.hint


def test_it_passes_its_self_test(engine: SpeechEngine) -> None:
    self_test(engine)


@pytest.mark.parametrize("named", params(TRAINED), indirect=True)
def test_a_trained_model_hears_what_is_said_and_when(named: tuple[str, SpeechEngine]) -> None:
    name, engine = named
    talk = clip(SAMPLES / "archive.json", 6.0, 24.4)
    (found,) = engine.recognise([talk.samples], language="en")
    truth = [plain(word["word"]) for word in talk.words]
    heard = [plain(word.text) for word in found.words()]
    assert jiwer.wer(" ".join(truth), " ".join(heard)) <= TRAINED[name]
    said = {
        plain(word["word"]): word["start"]
        for word in talk.words
        if truth.count(plain(word["word"])) == 1
    }
    errors = [
        abs((word.start or 0.0) - said[plain(word.text)])
        for word in found.words()
        if plain(word.text) in said and heard.count(plain(word.text)) == 1
    ]
    assert len(errors) >= 10
    assert median(errors) <= 0.1


def texts(hypothesis: object) -> list[str]:
    return [word.text for word in hypothesis.words()]  # type: ignore[attr-defined]


def noise(seconds: float) -> Float32Array:
    samples = np.random.default_rng(4).normal(0, 0.05, round(seconds * SAMPLE_RATE_HZ))
    return samples.astype(np.float32)


def plain(word: str) -> str:
    return "".join(c for c in word.lower() if c.isalnum() or c == "'")
