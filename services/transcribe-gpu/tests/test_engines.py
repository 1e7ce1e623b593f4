"""Both CPU engines: PocketSphinx on real samples, faster-whisper on a hand-made parrot."""

from pathlib import Path

import numpy as np
import pytest

from everyword_events import InvalidInput
from transcribe_gpu.adapters.faster_whisper_engine import FasterWhisperEngine, FasterWhisperSource
from transcribe_gpu.adapters.pocketsphinx_engine import PocketSphinxEngine, utterances
from transcribe_gpu.domain import Utterance
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.ports import Float32Array, SpeechEngine
from transcribe_gpu.standalone import model_library
from transcribe_gpu.testing import Clip
from transcribe_gpu.testing_whisper import write_parrot

pytestmark = pytest.mark.engines

SAYING = ["polly", "wants", "a", "cracker"]


def no_report(stage: str, fraction: float, eta_s: float | None) -> None:
    raise AssertionError((stage, fraction, eta_s))


def hear(
    engine: SpeechEngine, samples: Float32Array, *, language: str = "auto"
) -> tuple[Utterance, ...]:
    (hypothesis,) = engine.recognise([samples], language=language)
    return hypothesis.utterances


def texts(heard: tuple[Utterance, ...]) -> list[str]:
    return [word.text for utterance in heard for word in utterance.words]


@pytest.fixture(scope="module")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> FasterWhisperEngine:
    folder = write_parrot(tmp_path_factory.mktemp("models") / "parrot", SAYING)
    return FasterWhisperSource(model_library()).load(str(folder), report=no_report)


def test_pocketsphinx_hears_a_question(question: Clip) -> None:
    (utterance,) = hear(PocketSphinxEngine(), question.samples)
    assert [word.text for word in utterance.words] == [
        "when", "did", "you", "finally", "leave", "the", "island",
    ]  # fmt: skip
    for word, truth in zip(utterance.words, question.words, strict=True):
        assert word.start == pytest.approx(truth["start"], abs=0.1)
        assert word.end == pytest.approx(truth["end"], abs=0.1)
        assert word.score is not None
        assert 0 <= word.score <= 1.001
    assert utterance.language == "en"


@pytest.mark.slow
def test_pocketsphinx_is_not_swayed_by_the_window_before(
    question: Clip, exchange: tuple[Clip, Clip]
) -> None:
    engine = PocketSphinxEngine()
    first = hear(engine, question.samples)
    hear(engine, exchange[0].samples[:48_000])
    assert hear(engine, question.samples) == first


def test_pocketsphinx_hears_speech_up_to_the_very_end(question: Clip) -> None:
    samples = question.samples[: 480 * (round(1.7 * 16_000) // 480)]
    assert texts(hear(PocketSphinxEngine(), samples))[:3] == ["when", "did", "you"]


def test_pocketsphinx_reads_sounds_where_asked_and_hears_the_same_words(question: Clip) -> None:
    (plain,) = hear(PocketSphinxEngine(), question.samples)
    (utterance,) = hear(PocketSphinxEngine().recognising_phones(), question.samples)
    assert plain.phones == ()
    assert utterance.words == plain.words
    phones = [phone for sounds in utterance.phones for phone in sounds.phones.split()]
    # "when did you finally leave the island"
    assert "Y UW F AY" in " ".join(phones)
    assert 15 <= len(phones) <= 35
    assert all(phone.isalpha() and phone.isupper() and phone != "SIL" for phone in phones)
    times = [time for sounds in utterance.phones for time in (sounds.start, sounds.end)]
    assert times == sorted(times)
    assert utterance.start <= times[0] < times[-1] <= utterance.end
    assert all(sounds.end - sounds.start < 2.5 for sounds in utterance.phones)


def test_pocketsphinx_knows_no_swedish(question: Clip) -> None:
    with pytest.raises(InvalidInput) as error:
        hear(PocketSphinxEngine(), question.samples, language="sv")
    assert error.value.code == "language_unsupported"
    assert "faster-whisper" in error.value.hint


def test_speech_without_a_pause_is_cut_at_20_s() -> None:
    level = 0.3 + 0.25 * np.sin(np.arange(70 * 16_000) / 16_000 * 2 * np.pi * 3)
    babble = (np.random.default_rng(5).normal(0, 0.3, 70 * 16_000) * level).astype(np.float32)
    pieces = list(utterances(babble))
    assert len(pieces) > 3
    assert max(len(pcm) for _, pcm in pieces) <= 20 * 32_000
    ends = [start + len(pcm) / 32_000 for start, pcm in pieces]
    assert all(b[0] >= a - 0.001 for a, b in zip(ends, pieces[1:], strict=False))


def test_faster_whisper_gives_words_with_times_and_scores(
    parrot: FasterWhisperEngine, question: Clip
) -> None:
    (utterance,) = hear(parrot, question.samples)
    assert [word.text for word in utterance.words] == SAYING
    times = [(word.start or 0.0, word.end or 0.0) for word in utterance.words]
    assert all(0 <= start <= end <= 2.6 for start, end in times)
    assert times == sorted(times)
    assert all(word.score is not None and 0.9 < word.score <= 1 for word in utterance.words)
    assert utterance.language == "en"
    assert (parrot.name, parrot.model, parrot.device) == ("faster-whisper", "parrot", "cpu")


def test_faster_whisper_joins_pieces_to_words(tmp_path: Path, question: Clip) -> None:
    pieces = ["aujourd", "'hui", "forty", ",000"]
    engine = FasterWhisperSource(model_library()).load(
        str(write_parrot(tmp_path / "pieces", pieces)), report=no_report
    )
    heard = hear(engine, question.samples, language="en")
    assert texts(heard) == ["aujourd'hui", "forty,000"]


def test_faster_whisper_takes_the_language_it_is_given(
    parrot: FasterWhisperEngine, question: Clip
) -> None:
    assert hear(parrot, question.samples, language="sv")[0].language == "sv"
    with pytest.raises(InvalidInput) as error:
        hear(parrot, question.samples, language="tlh")
    assert error.value.code == "language_unsupported"


def test_faster_whisper_recognises_a_batch_as_it_does_each_window(
    parrot: FasterWhisperEngine, question: Clip
) -> None:
    windows = [question.samples, question.samples[:24_000]]
    both = parrot.recognise(windows, language="en")
    alone = [parrot.recognise([window], language="en")[0] for window in windows]
    assert list(both) == alone


def test_faster_whisper_tells_the_language_whatever_was_asked(
    parrot: FasterWhisperEngine, question: Clip
) -> None:
    for asked, written in (("auto", "en"), ("en", "en"), ("sv", "sv")):
        (hypothesis,) = parrot.recognise([question.samples], language=asked)
        assert (hypothesis.language, hypothesis.detected) == (written, "en")
        assert hypothesis.detected_probability == pytest.approx(1.0, abs=0.2)


def test_faster_whisper_measures_a_loop(tmp_path: Path, question: Clip) -> None:
    folder = write_parrot(tmp_path / "stuck", SAYING, looping=True)
    engine = FasterWhisperSource(model_library()).load(str(folder), report=no_report)
    (hypothesis,) = engine.recognise([question.samples], language="en")
    assert hypothesis.compression is not None
    assert hypothesis.compression > 2.4


def test_a_broken_model_is_unavailable(tmp_path: Path) -> None:
    folder = write_parrot(tmp_path / "broken", SAYING)
    (folder / "model.bin").write_bytes(b"\x00" * 1000)
    with pytest.raises(EngineUnavailable):
        FasterWhisperSource(model_library()).load(str(folder), report=no_report)
