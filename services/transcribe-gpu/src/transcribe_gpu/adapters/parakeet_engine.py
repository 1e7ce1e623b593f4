"""Parakeet: NVIDIA's FastConformer transducers, by onnx-asr on ONNX Runtime; no torch.

Twenty-five European languages, told apart by the model itself, which never says which it heard.
Word times are the transducer's own, in steps of 80 ms.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from everyword_transcripts import WordPiece, join_pieces
from transcribe_gpu.domain import AUTO, HeardWord, Hypothesis, Utterance
from transcribe_gpu.errors import EngineUnavailable, language_unknown_to
from transcribe_gpu.models import NEMO, known_models
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array

NAME: Final = "parakeet"
WINDOW_S: Final = 60.0
GPU_BATCH: Final = 16
UNKNOWN: Final = "und"
_STEP_S: Final = 0.08
"""A step of the encoder."""
_LONGEST_PIECE_S: Final = 0.4
"""A piece ends where the next begins, but no later than this: pauses belong to no word."""


class ParakeetEngine:
    """A loaded transducer (`transcribe_gpu.ports.SpeechEngine`).

    A word's score is the mean probability of its pieces.
    """

    name = NAME
    longest_window_s = WINDOW_S

    def __init__(self, inner: Any, *, model: str, device: str, languages: Sequence[str]) -> None:
        self._inner = inner.with_timestamps()
        self._languages = frozenset(languages)
        self.model = model
        self.device = device
        self.batch = 1 if device == "cpu" else GPU_BATCH

    def recognise(
        self,
        windows: Sequence[Float32Array],
        *,
        language: str,
        attempt: int = 0,  # noqa: ARG002 - greedy decoding has no other way
    ) -> Sequence[Hypothesis]:
        """Recognise windows of at most a minute.

        Raises:
            InvalidInput: the model does not know the language.
        """
        if language not in (AUTO, UNKNOWN, *self._languages):
            raise language_unknown_to(self.model, language, self._languages)
        written = UNKNOWN if language == AUTO else language
        found = self._inner.recognize(list(windows), sample_rate=SAMPLE_RATE_HZ)
        return [
            _hypothesis(
                each.tokens or [],
                each.timestamps or [],
                each.logprobs,
                window.size / SAMPLE_RATE_HZ,
                written,
            )
            for each, window in zip(found, windows, strict=True)
        ]


def _hypothesis(
    tokens: Sequence[str],
    starts: Sequence[float],
    log_probabilities: Sequence[float] | None,
    length_s: float,
    language: str,
) -> Hypothesis:
    scores: list[float | None] = [min(1.0, math.exp(each)) for each in log_probabilities or ()]
    ends = [
        min(after, start + _LONGEST_PIECE_S, length_s)
        for start, after in pairwise([*starts, length_s])
    ]
    pieces = [
        WordPiece(text, min(start, length_s), max(end, min(start + _STEP_S, length_s)), score)
        for text, start, end, score in zip(
            tokens, starts, ends, scores or [None] * len(tokens), strict=True
        )
    ]
    words = tuple(HeardWord(*word) for word in join_pieces(pieces))
    utterances = (Utterance(0.0, length_s, words, language),) if words else ()
    mean = sum(log_probabilities) / len(log_probabilities) if log_probabilities else None
    return Hypothesis(utterances, language, log_probability=mean)


def load_parakeet(folder: Path, *, model: str, device: str) -> ParakeetEngine:
    """Load NeMo's ONNX export from a folder.

    Raises:
        EngineUnavailable: it cannot be read.
    """
    import onnx_asr  # noqa: PLC0415

    provider = "CUDAExecutionProvider" if device == "cuda" else "CPUExecutionProvider"
    int8 = (folder / "encoder-model.int8.onnx").is_file()
    known = known_models().named(model, NEMO) or known_models()["parakeet-tdt-0.6b-v3"]
    try:
        inner = onnx_asr.load_model(
            "nemo-conformer-tdt",
            folder,
            quantization="int8" if int8 else None,
            providers=[provider],
        )
    except Exception as error:  # ONNX Runtime's errors have no common root
        raise EngineUnavailable(
            f"the model {model} cannot be loaded: {str(error)[:200]}",
            hint=f"everyword models remove {model}, then fetch it again",
        ) from error
    return ParakeetEngine(inner, model=model, device=device, languages=known.languages)


def best_device() -> str:
    """Return `cuda` where ONNX Runtime was built for it and finds a device, else `cpu`."""
    import onnxruntime  # type: ignore[import-untyped]  # noqa: PLC0415

    return "cuda" if "CUDAExecutionProvider" in onnxruntime.get_available_providers() else "cpu"
