"""Hugging Face's transformers: any Whisper checkpoint of a hub, such as KBLab/kb-whisper-small.

For fine-tunes that nobody converted to CTranslate2. Word times come from cross-attention. Slower
than faster-whisper by half, so nobody chooses it but by name.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from everyword_transcripts import WordPiece, join_pieces
from transcribe_gpu.domain import AUTO, HeardWord, Hypothesis, Utterance
from transcribe_gpu.errors import EngineUnavailable, language_unknown_to
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array

NAME: Final = "transformers"
WINDOW_S: Final = 29.5
GPU_BATCH: Final = 16
ENGLISH: Final = "en"
_ATTEMPTS: Final = ({"num_beams": 1}, {"num_beams": 1, "no_repeat_ngram_size": 5})


class TransformersEngine:
    """A loaded checkpoint (`transcribe_gpu.ports.SpeechEngine`); words have no score."""

    name = NAME
    longest_window_s = WINDOW_S

    def __init__(self, network: Any, processor: Any, *, model: str, device: str) -> None:
        self._network = network
        self._processor = processor
        self.model = model
        self.device = device
        self.batch = 1 if device == "cpu" else GPU_BATCH
        config = network.generation_config
        self._codes = {
            token[2:-2]: number
            for token, number in (getattr(config, "lang_to_id", None) or {}).items()
        }

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        """Recognise windows of at most 30 s.

        Raises:
            InvalidInput: the model does not know the language.
        """
        known = tuple(self._codes or (ENGLISH,))
        if language not in (AUTO, *known):
            raise language_unknown_to(self.model, language, known)
        found: list[Hypothesis] = []
        for window in windows if language == AUTO else ():
            found += self._decode([window], self._detected(window), attempt)
        return found if language == AUTO else self._decode(windows, language, attempt)

    def _detected(self, window: Float32Array) -> str:
        if not self._codes:
            return ENGLISH
        (token,) = self._network.detect_language(self._features([window])).tolist()
        return next((code for code, number in self._codes.items() if number == token), ENGLISH)

    def _features(self, windows: Sequence[Float32Array]) -> Any:
        read = self._processor.feature_extractor(
            list(windows), sampling_rate=SAMPLE_RATE_HZ, return_tensors="pt"
        )
        return read.input_features.to(self._network.device, self._network.dtype)

    def _decode(
        self, windows: Sequence[Float32Array], language: str, attempt: int
    ) -> list[Hypothesis]:
        import torch  # noqa: PLC0415

        spoken = {"language": language, "task": "transcribe"} if self._codes else {}
        with torch.inference_mode():
            said = self._network.generate(
                self._features(windows),
                return_token_timestamps=True,
                return_dict_in_generate=True,
                **spoken,
                **_ATTEMPTS[min(attempt, len(_ATTEMPTS) - 1)],
            )
        rows = zip(said["sequences"].tolist(), said["token_timestamps"].tolist(), strict=True)
        return [
            self._hypothesis(tokens, times, window.size / SAMPLE_RATE_HZ, language)
            for (tokens, times), window in zip(rows, windows, strict=True)
        ]

    def _hypothesis(
        self, tokens: Sequence[int], times: Sequence[float], length_s: float, language: str
    ) -> Hypothesis:
        """Turn tokens, each with the time at which it ends, into words."""
        tokenizer = self._processor.tokenizer
        special = set(tokenizer.all_special_ids)
        first_time = tokenizer.convert_tokens_to_ids("<|0.00|>")
        stamps = first_time if first_time != tokenizer.unk_token_id else len(tokenizer)
        text = [
            (token, min(start, length_s), min(end, length_s))
            for token, (start, end) in zip(tokens[1:], pairwise(times), strict=True)
            if token not in special and token < stamps
        ]
        pieces = [
            WordPiece(
                tokenizer.decode([t for t, _, _ in group]),
                group[0][1],
                max(group[-1][2], group[0][1]),
            )
            for group in _characters(tokenizer, text)
        ]
        words = tuple(HeardWord(*word) for word in join_pieces(pieces))
        utterances = (Utterance(0.0, length_s, words, language),) if words else ()
        return Hypothesis(utterances, language)


def _characters(
    tokenizer: Any, tokens: Sequence[tuple[int, float, float]]
) -> list[list[tuple[int, float, float]]]:
    """Group tokens so that each group is whole characters: a token may be part of one."""
    groups: list[list[tuple[int, float, float]]] = []
    open_group: list[tuple[int, float, float]] = []
    for token in tokens:
        open_group.append(token)
        if "\N{REPLACEMENT CHARACTER}" not in tokenizer.decode([t for t, _, _ in open_group]):
            groups.append(open_group)
            open_group = []
    return groups


def load_transformers(folder: Path, *, model: str, device: str) -> TransformersEngine:
    """Load a Whisper checkpoint from a folder.

    Raises:
        EngineUnavailable: it cannot be read.
    """
    import torch  # noqa: PLC0415
    from transformers import WhisperForConditionalGeneration, WhisperProcessor  # noqa: PLC0415

    try:
        network = WhisperForConditionalGeneration.from_pretrained(
            folder,
            torch_dtype=torch.float16 if device == "cuda" else torch.float32,
            local_files_only=True,
            attn_implementation="eager",  # the only one that shows its attention, hence times
        )
        processor = WhisperProcessor.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineUnavailable(
            f"the model {model} cannot be loaded: {str(error)[:200]}",
            hint="delete it from the cache, or name another model",
        ) from error
    config = network.generation_config
    if getattr(config, "alignment_heads", None) is None:  # as Whisper's authors have it
        layers, heads = network.config.decoder_layers, network.config.decoder_attention_heads
        config.alignment_heads = [
            [layer, head] for layer in range(layers // 2, layers) for head in range(heads)
        ]
    return TransformersEngine(network.to(device).eval(), processor, model=model, device=device)


def best_device() -> str:
    """Return `cuda` where torch finds a GPU, else `cpu`."""
    import torch  # noqa: PLC0415

    return "cuda" if torch.cuda.is_available() else "cpu"
