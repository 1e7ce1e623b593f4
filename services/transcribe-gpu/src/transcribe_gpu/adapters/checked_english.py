"""An English-only model, with a check that what it hears is English.

Asked for by name where no language was said: a second, multilingual model tells the language of
each window, and recognises what is in another one, of which the first would make nonsense.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final, Protocol

from transcribe_gpu.domain import AUTO, Hypothesis
from transcribe_gpu.ports import Float32Array, SpeechEngine

ENGLISH: Final = "en"
SURE: Final = 0.5
OTHER_MODEL: Final = "other_model"
"""The flag of what the second recognised: the transcript names the first."""


class TellsLanguage(SpeechEngine, Protocol):
    """An engine that can tell a window's language without recognising it."""

    def language_of(self, window: Float32Array) -> tuple[str, float]:
        """Return the likeliest language and its probability."""


class CheckedEnglishEngine:
    """Two engines as one (`transcribe_gpu.ports.SpeechEngine`); the second loads when needed."""

    def __init__(self, english: SpeechEngine, load_other: Callable[[], TellsLanguage]) -> None:
        self._english = english
        self._load_other = load_other
        self.name = english.name
        self.model = english.model
        self.device = english.device
        self.longest_window_s = english.longest_window_s
        self.batch = english.batch

    @cached_property
    def _other(self) -> TellsLanguage:
        return self._load_other()

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        """Recognise English with the one model, and every other language with the other."""
        if language == ENGLISH:
            return self._english.recognise(windows, language=ENGLISH, attempt=attempt)
        if language != AUTO:
            found = self._other.recognise(windows, language=language, attempt=attempt)
            return [self._said_by_other(each) for each in found]
        return [self._checked(window, attempt) for window in windows]

    def _checked(self, window: Float32Array, attempt: int) -> Hypothesis:
        told, probability = self._other.language_of(window)
        english = told == ENGLISH or probability < SURE
        engine = self._english if english else self._other
        written = ENGLISH if english else told
        (heard,) = engine.recognise([window], language=written, attempt=attempt)
        heard = heard if english else self._said_by_other(heard)
        return replace(heard, detected=told, detected_probability=probability)

    def _said_by_other(self, heard: Hypothesis) -> Hypothesis:
        flag = f"{OTHER_MODEL}:{self._other.model}"
        said = tuple(replace(each, flags=(*each.flags, flag)) for each in heard.utterances)
        return replace(heard, utterances=said)
