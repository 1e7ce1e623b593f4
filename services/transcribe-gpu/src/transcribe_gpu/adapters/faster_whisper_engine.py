"""faster-whisper: OpenAI's Whisper on CTranslate2, 8-bit on a CPU, float16 on an NVIDIA GPU.

One pass of the encoder for each window: the language is told from the same pass, and a window is
never longer than the 30 s that Whisper was trained on. Previous text is no context for the next
(it is what makes Whisper loop).
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from everyword_transcripts import WordPiece, join_pieces
from transcribe_gpu.adapters.attention_times import in_time
from transcribe_gpu.adapters.checked_english import CheckedEnglishEngine
from transcribe_gpu.adapters.whisper_encoding import (
    SMALL_MODELS,
    EncodedWindows,
    encode_at_once,
    encode_each,
)
from transcribe_gpu.domain import AUTO, HeardWord, Hypothesis, Utterance, tiers
from transcribe_gpu.errors import EngineUnavailable, language_unknown_to
from transcribe_gpu.models import WHISPER, ModelLibrary, accuracy_of
from transcribe_gpu.ports import (
    Availability,
    Float32Array,
    SpeechEngine,
    StageReport,
)

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

NAME: Final = "faster-whisper"
GPU_MODEL: Final = "large-v3-turbo"
WINDOW_S: Final = 29.5
GPU_BATCH: Final = 16
CPU_BATCH: Final = 2
"""Of small models: two windows at once are decoded in 73 % of the time of one after the other, four
in 61 %, which takes 25 MiB more for each (tiny.en)."""
_COMPANIONS: Final = ("base", "small", "tiny", "medium", "large-v3-turbo", "large-v3", "large-v2")
"""Which of the multilingual models that are here tells a model of English what is not."""
_BEAMS: Final = 5


@dataclass(frozen=True)
class _Attempt:
    timestamps: bool
    options: Mapping[str, Any]


_ATTEMPTS: Final = (
    _Attempt(timestamps=False, options={"beam_size": _BEAMS}),
    _Attempt(timestamps=True, options={"beam_size": _BEAMS, "no_repeat_ngram_size": 5}),
    _Attempt(timestamps=True, options={"beam_size": 1, "no_repeat_ngram_size": 3}),
)
"""How each attempt decodes. Without timestamps fewer words are lost (206 s of real speech: WER
9.5 against 11.3 %). No sampling: the same window gives the same text on every try."""


class FasterWhisperEngine:
    """A loaded Whisper (`transcribe_gpu.ports.SpeechEngine`).

    A word's score is the mean probability of its tokens; times come from cross-attention.
    """

    name = NAME
    longest_window_s = WINDOW_S

    def __init__(self, inner: "WhisperModel", *, model: str) -> None:
        self._inner = inner
        self.model = model
        self.device: str = inner.model.device
        small = CPU_BATCH if model in SMALL_MODELS else 1
        self.batch = small if self.device == "cpu" else GPU_BATCH

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        """Recognise windows of at most 30 s.

        Raises:
            InvalidInput: the model does not know the language.
        """
        known = self._inner.supported_languages
        if language not in (AUTO, *known):
            raise language_unknown_to(self.model, language, known)
        how = _ATTEMPTS[min(attempt, len(_ATTEMPTS) - 1)]
        written = known[0] if len(known) == 1 else None if language == AUTO else language
        found: dict[int, Hypothesis] = {}
        for group in self._encoded(windows, written):
            found |= zip(group.places, self._decode(group, how), strict=True)
        return [found[place] for place in range(len(windows))]

    @property
    def multilingual(self) -> bool:
        """Whether it knows more than one language."""
        return len(self._inner.supported_languages) > 1

    def language_of(self, window: Float32Array) -> tuple[str, float]:
        """Return a window's likeliest language and its probability; one pass of the encoder."""
        return encode_at_once(self._inner, [window], language=None, model=self.model).detected[0]

    def _encoded(
        self, windows: Sequence[Float32Array], language: str | None
    ) -> Sequence[EncodedWindows]:
        if self.device == "cpu":
            return encode_each(self._inner, windows, language=language, model=self.model)
        at_once = [windows] if language else [[window] for window in windows]
        first = itertools.accumulate(map(len, at_once), initial=0)
        return [
            encode_at_once(self._inner, some, language=language, model=self.model, first=place)
            for some, place in zip(at_once, first, strict=False)
        ]

    def _decode(self, encoded: EncodedWindows, attempt: _Attempt) -> list[Hypothesis]:
        from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415
        from faster_whisper.transcribe import get_suppressed_tokens  # noqa: PLC0415

        inner = self._inner
        tokenizer = Tokenizer(
            inner.hf_tokenizer,
            inner.model.is_multilingual,
            task="transcribe",
            language=encoded.language,
        )
        prompt = inner.get_prompt(tokenizer, [], without_timestamps=not attempt.timestamps)
        results = inner.model.generate(
            encoded.output,
            [prompt] * len(encoded.places),
            max_length=inner.max_length,
            suppress_blank=True,
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
            return_scores=True,
            return_no_speech_prob=True,
            **attempt.options,
        )
        segments = [
            [_segment(tokenizer, result.sequences_ids[0], length_s)]
            for result, length_s in zip(results, encoded.lengths_s, strict=True)
        ]
        for output, first, until in encoded.pieces():
            inner.add_word_timestamps(
                segments[first:until],
                tokenizer,
                output,
                list(encoded.frames[first:until]),
                _BEFORE_WORD,
                _AFTER_WORD,
                0.0,
            )
        return [
            _hypothesis(segment, encoded.language, found, result.scores[0], model=self.model)
            for (segment,), found, result in zip(segments, encoded.detected, results, strict=True)
        ]


_BEFORE_WORD: Final = "\"'“¿([{-"
_AFTER_WORD: Final = "\"'.。,，!！?？:：”)]}、"  # noqa: RUF001 - faster-whisper's own


def _segment(tokenizer: Any, tokens: Sequence[int], length_s: float) -> dict[str, Any]:
    """Return a window's tokens as faster-whisper's alignment takes a segment."""
    text = [token for token in tokens if token < tokenizer.eot]
    return {"seek": 0, "start": 0.0, "end": length_s, "tokens": text}


def _hypothesis(
    segment: Mapping[str, Any],
    language: str,
    detected: tuple[str, float],
    score: float,
    *,
    model: str,
) -> Hypothesis:
    from faster_whisper.transcribe import get_compression_ratio  # noqa: PLC0415

    pieces = (
        WordPiece(
            word["word"], float(word["start"]), float(word["end"]), float(word["probability"])
        )
        for word in segment["words"]
    )
    timed = in_time(pieces, model=model, length_s=segment["end"])
    words = tuple(HeardWord(*word) for word in join_pieces(timed))
    spoken = " ".join(word.text for word in words)
    utterances = (Utterance(segment["start"], segment["end"], words, language),) if words else ()
    return Hypothesis(
        utterances,
        language,
        detected=detected[0] or None,
        detected_probability=detected[1] if detected[0] else None,
        log_probability=float(score),
        compression=get_compression_ratio(spoken) if spoken else None,
    )


class MonolingualWhisper:
    """A Whisper of one language, which takes everything for it (`ports.KnowsOneLanguage`)."""

    def __init__(self, engine: FasterWhisperEngine) -> None:
        self._engine = engine
        self.name = engine.name
        self.model = engine.model
        self.device = engine.device
        self.longest_window_s = engine.longest_window_s
        self.batch = engine.batch
        self.only_language = "en"

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        """Recognise windows of at most 30 s, as English."""
        return self._engine.recognise(windows, language=language, attempt=attempt)


class FasterWhisperSource:
    """faster-whisper as an engine to choose (`transcribe_gpu.ports.EngineSource`)."""

    name = NAME

    def __init__(self, library: ModelLibrary) -> None:
        self._library = library

    def offers(self, tier: str, language: str) -> Sequence[str]:
        """Return the chain of models: on a CPU what keeps up with speech, on a GPU the large ones.

        An English-only model comes last where the language is not known: what it makes of any
        other is nonsense.
        """
        small = ["base", "tiny.en"]
        if language == "en":
            small = ["tiny.en", "base"]
        elif language != AUTO:
            small = ["base"]
        match tier:
            case tiers.DRAFT:
                return ["tiny", *small] if language == AUTO else small
            case tiers.FAST:
                return [GPU_MODEL, *small] if has_gpu() else small
            case tiers.ACCURATE:
                return [GPU_MODEL, "small", *small] if has_gpu() else ["small", *small]
            case tiers.MAX:
                return ["large-v3", GPU_MODEL, "small", *small]
            case _ if has_gpu():
                return [GPU_MODEL, *small]
            case _:  # whoever fetched the better model wants it
                return ["small", *small] if self._library.find("small") else small

    def accuracy(self, model: str) -> str:
        """Grade the known models."""
        return accuracy_of(model)

    def knows(self, language: str) -> bool:  # noqa: ARG002 - 99 languages; the model has the word
        """Tell that any language is worth asking the model for."""
        return True

    def availability(self, model: str, *, ask_hub: bool) -> Availability:
        """Look for the package, then the model: on this machine, and where it may be fetched."""
        if find_spec("faster_whisper") is None:
            return Availability(ok=False, detail="the package faster-whisper is not installed")
        return self._library.availability(
            model or self.offers(AUTO, AUTO)[0], model_format=WHISPER, ask=ask_hub
        )

    def load(self, model: str, *, report: StageReport) -> SpeechEngine:
        """Load the model, downloading it where needed.

        An English-only model is joined by a multilingual one that is here, for what is not
        English; without one it is `MonolingualWhisper`, and its transcripts are flagged.

        Raises:
            EngineUnavailable: the model cannot be had or read.
        """
        wish = model or self.offers(AUTO, AUTO)[0]
        engine = self._loaded(wish, report)
        if engine.multilingual:
            return engine
        other = next((name for name in _COMPANIONS if self._library.find(name)), None)
        if other is None:
            return MonolingualWhisper(engine)
        return CheckedEnglishEngine(engine, lambda: self._loaded(other, report))

    def _loaded(self, wish: str, report: StageReport) -> FasterWhisperEngine:
        from faster_whisper import WhisperModel  # noqa: PLC0415

        found = self._library.fetch(wish, model_format=WHISPER, report=report)
        device = "cuda" if has_gpu() else "cpu"
        try:
            inner = WhisperModel(
                str(found.path),
                device=device,
                compute_type="float16" if device == "cuda" else "int8",
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineUnavailable(
                f"the model {wish} cannot be loaded: {str(error)[:200]}",
                hint=f"everyword models remove {wish}, then fetch it again, or name another model",
            ) from error
        return FasterWhisperEngine(inner, model=found.name)


def has_gpu() -> bool:
    """Tell whether CTranslate2 can compute on a GPU here."""
    import ctranslate2  # noqa: PLC0415

    return bool(ctranslate2.get_cuda_device_count() > 0)
