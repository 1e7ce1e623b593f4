"""An English-only model by name: what is not English is for another."""

from collections.abc import Sequence

import numpy as np

from transcribe_gpu.adapters.checked_english import CheckedEnglishEngine
from transcribe_gpu.domain import HeardWord, Hypothesis, Utterance
from transcribe_gpu.ports import Float32Array


class Speaks:
    """Writes its own name; a window's first sample is how surely it is German."""

    name = "made"
    device = "cpu"
    longest_window_s = 30.0
    batch = 1

    def __init__(self, model: str) -> None:
        self.model = model

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        del attempt
        said = Utterance(0.0, 1.0, (HeardWord(self.model, 0.0, 1.0),), language)
        return [Hypothesis((said,), language) for _ in windows]

    def language_of(self, window: Float32Array) -> tuple[str, float]:
        return "de", float(window[0])


def test_what_is_surely_another_language_is_recognised_by_the_other_and_says_so() -> None:
    engine = CheckedEnglishEngine(Speaks("small.en"), lambda: Speaks("big"))
    german, unsure = (np.full(16_000, value, np.float32) for value in (0.9, 0.3))
    found = engine.recognise([german, unsure], language="auto")
    assert [(each.language, each.words()[0].text) for each in found] == [
        ("de", "big"),
        ("en", "small.en"),
    ]
    assert [each.utterances[0].flags for each in found] == [("other_model:big",), ()]
    (said,) = engine.recognise([unsure], language="de")
    assert (said.words()[0].text, said.utterances[0].flags) == ("big", ("other_model:big",))
    (said,) = engine.recognise([german], language="en")
    assert (said.words()[0].text, said.utterances[0].flags) == ("small.en", ())
