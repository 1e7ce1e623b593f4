"""WhisperX: Whisper in batches on CTranslate2, its words timed by a wav2vec2 of the language.

Its own voice activity detection is not asked: windows come cut. The aligner lies in the model's
folder (`align/LANGUAGE`) or in the hub's cache; where there is none, cross-attention times the
words, as faster-whisper does. Written against WhisperX 3.8; a test pins what is used of it.
"""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from everyword_transcripts import WordPiece, is_unspaced, join_pieces
from transcribe_gpu.adapters.attention_times import timed_by_attention
from transcribe_gpu.domain import AUTO, HeardWord, Hypothesis, Utterance
from transcribe_gpu.errors import EngineUnavailable, language_unknown_to
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array

NAME: Final = "whisperx"
WINDOW_S: Final = 29.5
CPU_BATCH: Final = 4
GPU_BATCH: Final = 16
_BEAMS: Final = 5
_MEASURES: Final = ("start", "end", "score")
ALIGNERS: Final = {
    "en": "facebook/wav2vec2-base-960h",
    "fr": "jonatasgrosman/wav2vec2-large-xlsr-53-french",
    "de": "jonatasgrosman/wav2vec2-large-xlsr-53-german",
    "es": "jonatasgrosman/wav2vec2-large-xlsr-53-spanish",
    "it": "jonatasgrosman/wav2vec2-large-xlsr-53-italian",
}
"""For the languages whose aligner WhisperX would take from torchaudio, which knows no offline."""


class WhisperXEngine:
    """A loaded pipeline (`transcribe_gpu.ports.SpeechEngine`)."""

    name = NAME
    longest_window_s = WINDOW_S

    def __init__(self, pipeline: Any, spans: Any, folder: Path, *, model: str, device: str) -> None:
        self._pipeline = pipeline
        self._spans = spans
        self._folder = folder
        self.model = model
        self.device = device
        self.batch = CPU_BATCH if device == "cpu" else GPU_BATCH
        self._aligner = cache(self._load_aligner)

    def recognise(
        self,
        windows: Sequence[Float32Array],
        *,
        language: str,
        attempt: int = 0,  # noqa: ARG002 - its pipeline decodes in one way
    ) -> Sequence[Hypothesis]:
        """Recognise windows of at most 30 s, in batches.

        Raises:
            InvalidInput: the model does not know the language.
        """
        known = self._pipeline.model.supported_languages
        if language not in (AUTO, *known):
            raise language_unknown_to(self.model, language, known)
        if language == AUTO and len(known) > 1:
            return [self._detected(window) for window in windows]
        return self._recognised(windows, known[0] if len(known) == 1 else language)

    def _detected(self, window: Float32Array) -> Hypothesis:
        told, probability, _ = self._pipeline.model.detect_language(window)
        (heard,) = self._recognised([window], told)
        return Hypothesis(heard.utterances, told, told, float(probability), heard.log_probability)

    def _recognised(self, windows: Sequence[Float32Array], language: str) -> list[Hypothesis]:
        audio = np.concatenate(windows)
        edges = np.cumsum([0, *[window.size for window in windows]]) / SAMPLE_RATE_HZ
        self._spans.cut = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
        with _stdout_to_stderr():  # it prints
            said = self._pipeline.transcribe(
                audio, batch_size=max(2, self.batch), language=language, task="transcribe"
            )["segments"]
        return [
            self._hypothesis(window, each["text"].strip(), language, each.get("avg_logprob"))
            for window, each in zip(windows, said, strict=True)
        ]

    def _hypothesis(
        self, window: Float32Array, text: str, language: str, log_probability: float | None
    ) -> Hypothesis:
        length_s = window.size / SAMPLE_RATE_HZ
        aligner = self._aligner(language) if text else None
        if not text:
            pieces = []
        elif aligner is None:
            pieces = timed_by_attention(
                self._pipeline.model, window, text, language, model=self.model
            )
        else:
            pieces = self._aligned(window, text, language, aligner)
        words = tuple(HeardWord(*piece) for piece in pieces)
        utterances = (Utterance(0.0, length_s, words, language),) if words else ()
        return Hypothesis(utterances, language, log_probability=log_probability)

    def _aligned(
        self, window: Float32Array, text: str, language: str, aligner: tuple[Any, Any]
    ) -> list[WordPiece]:
        import whisperx  # noqa: PLC0415

        segment = {"text": text, "start": 0.0, "end": window.size / SAMPLE_RATE_HZ}
        with _stdout_to_stderr():
            found = whisperx.align([segment], *aligner, window, self.device)["word_segments"]
        if "".join(word["word"] for word in found) != "".join(text.split()):  # it gave up
            return timed_by_attention(
                self._pipeline.model, window, text, language, model=self.model
            )
        before = "" if is_unspaced(language) else " "
        return join_pieces(
            WordPiece(before + word["word"], *(_plain(word.get(key)) for key in _MEASURES))
            for word in found
        )

    def _load_aligner(self, language: str) -> tuple[Any, Any] | None:
        import whisperx  # noqa: PLC0415
        from whisperx import alignment  # noqa: PLC0415

        own = self._folder / "align" / language
        name = str(own) if own.is_dir() else ALIGNERS.get(language)
        name = name or alignment.DEFAULT_ALIGN_MODELS_HF.get(language)
        if name is None:
            return None
        try:
            with _stdout_to_stderr():
                network, metadata = whisperx.load_align_model(
                    language, self.device, model_name=name, model_cache_only=True
                )
        except (ValueError, OSError, RuntimeError):  # not here: attention does
            return None
        alignment.nltk_load = lambda _resource: _OneSentence()
        return network, metadata


def _plain(number: Any) -> float | None:
    """Return NumPy's number as Python's; the aligner leaves out what it cannot tell."""
    return None if number is None else float(number)


class _OneSentence:
    """Takes a text for one sentence.

    To find more, WhisperX would download NLTK's data of the language, and lose a sentence of which
    no letter can be aligned.
    """

    @staticmethod
    def span_tokenize(text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]


def load_whisperx(folder: Path, *, model: str, device: str) -> WhisperXEngine:
    """Load a CTranslate2 Whisper from a folder into WhisperX.

    Raises:
        EngineUnavailable: it cannot be read.
    """
    import whisperx  # noqa: PLC0415

    spans = _given_spans()
    try:
        with _stdout_to_stderr():
            pipeline = whisperx.load_model(
                str(folder),
                device,
                compute_type="float16" if device == "cuda" else "int8",
                asr_options={"beam_size": _BEAMS},
                vad_model=spans,
                local_files_only=True,
            )
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineUnavailable(
            f"the model {model} cannot be loaded: {str(error)[:200]}",
            hint=f"everyword models remove {model}, then fetch it again, or name another model",
        ) from error
    return WhisperXEngine(pipeline, spans, folder, model=model, device=device)


def best_device() -> str:
    """Return `cuda` where torch finds a GPU, else `cpu`."""
    import torch  # noqa: PLC0415

    return "cuda" if torch.cuda.is_available() else "cpu"


def _given_spans() -> Any:
    """Return what WhisperX takes for a voice activity detector: it says what it was told to say."""
    from whisperx.vads import Vad  # noqa: PLC0415

    class GivenSpans(Vad):  # type: ignore[misc, unused-ignore]
        cut: Sequence[tuple[float, float]] = ()

        def __call__(self, _audio: object, **_options: object) -> list[dict[str, Any]]:
            return [{"start": a, "end": b, "segments": [(a, b)]} for a, b in self.cut]

        @staticmethod
        def preprocess_audio(audio: Any) -> Any:
            return audio

        @staticmethod
        def merge_chunks(segments: Any, *_: object, **__: object) -> Any:
            return segments

    return GivenSpans(0.5)


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    with contextlib.redirect_stdout(sys.stderr):
        yield
