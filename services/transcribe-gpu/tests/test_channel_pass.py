"""A recording through an engine: the same words however long it is, however often it is killed."""

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from everyword_events import Interrupted
from everyword_transcripts import Transcript
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import Hypothesis
from transcribe_gpu.ports import Checkpoints, Float32Array
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.testing import encoded
from transcribe_gpu.testing_tones import TONES, LoudIsSpeech, ToneEngine, ToneSource, tones


def recognise(
    samples: Float32Array,
    engine: ToneEngine | None = None,
    check: Callable[[], None] = lambda: None,
    checkpoints: Checkpoints | None = None,
    heard: Callable[[str], None] = lambda _: None,
    *,
    settings: TranscribeSettings = TONES,
) -> Transcript:
    selector = EngineSelector([ToneSource(engine or ToneEngine())])
    layout = "mono" if samples.ndim == 1 else "stereo"
    return (
        Recogniser(selector, LoudIsSpeech())
        .run(
            PyAvAudio(io.BytesIO(encoded(samples, layout=layout))),
            settings,
            report=lambda *told: None,
            announce=lambda line: None,
            check=check,
            checkpoints=None if checkpoints is None else lambda _: checkpoints,
            heard=heard,
        )
        .transcript
    )


def words(transcript: Transcript) -> list[str]:
    return [word.word for word in transcript.words()]


def talk(seed: int, seconds: float) -> tuple[Float32Array, list[str]]:
    """Return phrases of any length with pauses of any length, and their words."""
    draw = random.Random(seed)
    parts: list[Float32Array] = []
    said: list[int] = []
    length = 0.0
    while length < seconds:
        phrase = [draw.randrange(150) for _ in range(draw.randrange(1, 40))]
        parts.append(tones(phrase, pause_s=draw.choice([0.2, 0.6, 1.5, 4.0])))
        said += phrase
        length += parts[-1].size / 16_000
    return np.concatenate(parts), [f"w{number}" for number in said]


def test_sentences_are_told_while_the_rest_is_still_recognised() -> None:
    samples, _ = talk(7, 150)
    order: list[str] = []

    class Watched(ToneEngine):
        def recognise(
            self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
        ) -> Sequence[Hypothesis]:
            order.append("window")
            return super().recognise(windows, language=language, attempt=attempt)

    told: list[str] = []

    def heard(text: str) -> None:
        order.append("sentence")
        told.append(text)

    transcript = recognise(samples, Watched(), heard=heard)
    assert order.index("sentence") < len(order) - 1 - order[::-1].index("window")
    assert "".join(told) == "".join(f" {segment.text}" for segment in transcript.segments)


@pytest.mark.parametrize("seed", range(4))
def test_seams_lose_double_and_displace_no_word(seed: int) -> None:
    samples, said = talk(seed, 150)
    transcript = recognise(samples)
    assert words(transcript) == said
    loud = np.flatnonzero(np.abs(samples) > 0.05)
    begins = loud[np.flatnonzero(np.diff(loud, prepend=-16_000) > 800)] / 16_000
    for word, begin in zip(transcript.words(), begins, strict=True):
        assert word.start == pytest.approx(begin, abs=0.02)
        assert word.end == pytest.approx(begin + 0.3, abs=0.03)


def test_parts_alone_and_together_give_the_same_words() -> None:
    parts = [talk(seed, 35) for seed in range(6)]
    alone = [word for samples, _ in parts for word in words(recognise(samples))]
    assert words(recognise(np.concatenate([samples for samples, _ in parts]))) == alone


def test_speech_that_an_engine_passes_over_is_heard_again() -> None:
    phrase = [tones([n, n + 1, n + 2], pause_s=0.9) for n in range(0, 30, 3)]
    engine = ToneEngine(deaf_after_s=0.8)
    transcript = recognise(np.concatenate(phrase), engine)
    assert words(transcript) == [f"w{number}" for number in range(30)]


class TwoLanguages(ToneEngine):
    """Tones below 75 are English, the others German; in the wrong language each becomes "what"."""

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        return [
            self._written(heard, language)
            for heard in super().recognise(windows, language=language, attempt=attempt)
        ]

    def _written(self, heard: Hypothesis, asked: str) -> Hypothesis:
        german = sum(int(word.text[1:]) >= 75 for word in heard.words()) * 2 > len(heard.words())
        spoken = "de" if german else "en"
        written = spoken if asked == "auto" else asked
        utterances = tuple(
            replace(
                each,
                language=written,
                words=each.words
                if written == spoken
                else tuple(replace(word, text="what") for word in each.words),
            )
            for each in heard.utterances
        )
        likely = -0.2 if written == spoken else -0.9
        return replace(
            heard, utterances=utterances, language=written, detected=spoken,
            detected_probability=0.99, log_probability=likely,
        )  # fmt: skip


@pytest.mark.parametrize("batch", [1, 3])
def test_each_passage_is_recognised_in_its_own_language(batch: int) -> None:
    said = [range(20), range(100, 120), range(20, 40), range(40, 70)]
    samples = np.concatenate([tones(list(phrase), pause_s=4.0) for phrase in said])
    everything = [f"w{number}" for phrase in said for number in phrase]
    transcript = recognise(samples, TwoLanguages(batch=batch), settings=in_language("auto"))
    assert words(transcript) == everything
    assert transcript.flags == ("languages:en, de",)
    assert transcript.language == "en"
    asked_for = recognise(samples, TwoLanguages(), settings=in_language("en"))
    assert words(asked_for) == [w if int(w[1:]) < 75 else "what" for w in everything]
    assert "languages:en, de" not in asked_for.flags


def in_language(language: str) -> TranscribeSettings:
    return TONES.model_copy(update={"language": language})


def two_talk(at_once: bool) -> tuple[Float32Array, list[list[str]]]:
    """Return two channels, (2, n_samples), in which two people talk, and the words of each."""
    phrases = [[*range(first, first + 10)] for first in range(0, 100, 10)]
    turn = tones(phrases[0], pause_s=1.0).size
    channels = np.zeros((2, 6 * turn), np.float32)
    said: list[list[str]] = [[], []]
    places = [0, 1, 2, 3, 4, 4] if at_once else [0, 1, 2, 3, 4, 5]
    for number, (place, phrase) in enumerate(zip(places, phrases, strict=False)):
        who = number % 2
        channels[who, place * turn : (place + 1) * turn] = tones(phrase, pause_s=1.0)
        said[who] += [f"w{word}" for word in phrase]
    return channels, said


@pytest.mark.parametrize("at_once", [True, False])
def test_two_people_at_once_on_two_channels_are_recognised_apart(at_once: bool) -> None:
    channels, said = two_talk(at_once)
    transcript = recognise(channels)
    by_speaker = [
        [word.word for word in transcript.words() if word.speaker == speaker]
        for speaker in ("SPEAKER_00", "SPEAKER_01")
    ]
    assert (by_speaker == said) is at_once
    assert transcript.flags == (("channels:speakers",) if at_once else ())
    assert sorted(words(transcript)) == sorted(said[0] + said[1])
    mixed = recognise(channels, settings=TONES.model_copy(update={"channels": "mix"}))
    assert {word.speaker for word in mixed.words()} == {None}


class OnlyEnglish(ToneEngine):
    """An engine that takes everything for English, more or less sure of its words."""

    only_language = "en"
    score = 0.9

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        return [
            replace(
                each,
                utterances=tuple(
                    replace(u, words=tuple(replace(w, score=self.score) for w in u.words))
                    for u in each.utterances
                ),
            )
            for each in super().recognise(windows, language=language, attempt=attempt)
        ]


@pytest.mark.parametrize(
    ("language", "score", "flags"),
    [
        ("auto", 0.9, ("language_unchecked:en",)),
        ("auto", 0.3, ("language_unchecked:en", "language_doubtful:en")),
        ("en", 0.3, ()),
    ],
)
def test_a_language_that_nobody_said_or_checked_is_doubted_where_words_are_unsure(
    language: str, score: float, flags: tuple[str, ...]
) -> None:
    engine = OnlyEnglish()
    engine.score = score
    transcript = recognise(tones([1, 2, 3, 4, 5]), engine, settings=in_language(language))
    assert transcript.flags == flags


@pytest.mark.parametrize("later", [8000, -20_000])
def test_a_channel_that_repeats_the_other_later_is_left_out(later: int) -> None:
    said = [7, 93, 31, 60, 2, 118, 45, 88, 12, 140, 71, 23, 104, 55, 9, 130] * 2
    samples = np.concatenate([tones(said[:9], pause_s=0.8), tones(said[9:], pause_s=3.0)])
    late = np.roll(samples, abs(later))
    planes = np.stack([samples, late] if later > 0 else [late, samples])
    transcript = recognise(planes)
    assert words(transcript) == [f"w{word}" for word in said]
    assert transcript.flags == (f"channels_delayed:{2 if later > 0 else 1}",)
    assert {word.speaker for word in transcript.words()} == {None}
    apart = recognise(planes, settings=TONES.model_copy(update={"channels": "speakers"}))
    assert words(apart) == [f"w{word}" for word in said]


class Kept:
    """Checkpoints in memory, as JSON would keep them."""

    def __init__(self) -> None:
        self.found: dict[str, Hypothesis] = {}

    def get(self, name: str) -> Hypothesis | None:
        return self.found.get(name)

    def put(self, name: str, hypothesis: Hypothesis) -> None:
        assert name not in self.found
        self.found[name] = hypothesis


class OneAtATime(ToneEngine):
    """An engine that notes how many windows it is given at once."""

    def __init__(self) -> None:
        super().__init__(deaf_after_s=0.5)
        self.at_once: list[int] = []

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        self.at_once.append(len(windows))
        return super().recognise(windows, language=language, attempt=attempt)


def test_passed_over_speech_is_heard_no_more_at_once_than_the_engine_is_good_for() -> None:
    engine = OneAtATime()
    parts = [tones([n, n + 1, n + 2], pause_s=1.2) for n in range(0, 30, 3)]
    found = recognise(np.concatenate(parts), engine)
    assert words(found) == [f"w{n}" for n in range(30)]
    assert set(engine.at_once) == {engine.batch}


@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_kills_give_the_same_transcript_as_none(kills: int) -> None:
    samples, _ = talk(11, 240)
    whole = recognise(samples)
    kept, draw = Kept(), random.Random(3)
    calls = 0
    for _ in range(kills):
        countdown = draw.randrange(2, 5)

        def killed() -> None:
            nonlocal countdown
            countdown -= 1
            if countdown == 0:
                raise Interrupted("killed")

        engine = ToneEngine()
        try:
            recognise(samples, engine, killed, kept)
        except Interrupted:
            calls += len(engine.calls)
    engine = ToneEngine()
    assert recognise(samples, engine, checkpoints=kept) == whole
    once = ToneEngine()
    recognise(samples, once)
    assert calls + len(engine.calls) == len(once.calls), "a window was recognised twice"
