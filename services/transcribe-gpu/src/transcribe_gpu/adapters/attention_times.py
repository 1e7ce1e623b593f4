"""When the words of a known text were said, by a CTranslate2 Whisper's cross-attention."""

from typing import TYPE_CHECKING, Any

import numpy as np

from everyword_transcripts import WordPiece, join_pieces
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array

if TYPE_CHECKING:
    from faster_whisper import WhisperModel


def timed_by_attention(
    network: "WhisperModel", window: Float32Array, text: str, language: str
) -> list[WordPiece]:
    """Return the words of `text`, which was recognised in a window of at most 30 s, with times."""
    from faster_whisper.audio import pad_or_trim  # noqa: PLC0415
    from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415

    features = network.feature_extractor(window)[..., :-1]
    encoded = network.encode(np.stack([pad_or_trim(features)]))
    tokenizer = Tokenizer(
        network.hf_tokenizer, network.model.is_multilingual, task="transcribe", language=language
    )
    segment: dict[str, Any] = {
        "seek": 0,
        "start": 0.0,
        "end": window.size / SAMPLE_RATE_HZ,
        "tokens": tokenizer.encode(f" {text.strip()}"),
    }
    frames = min(features.shape[-1], network.feature_extractor.nb_max_frames)
    network.add_word_timestamps([[segment]], tokenizer, encoded, [frames], "", "", 0.0)
    return join_pieces(
        WordPiece(
            word["word"], float(word["start"]), float(word["end"]), float(word["probability"])
        )
        for word in segment["words"]
    )
