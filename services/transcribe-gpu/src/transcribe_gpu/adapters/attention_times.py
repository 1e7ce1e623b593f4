"""When the words of a known text were said, by a CTranslate2 Whisper's cross-attention."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from everyword_transcripts import WordPiece, join_pieces
from transcribe_gpu.adapters.whisper_encoding import encode_at_once
from transcribe_gpu.ports import Float32Array

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

LATE_S: Final = {"tiny.en": 0.09, "base": -0.055}
"""How much too late a model's attention times words, by its alignment heads. Medians over the two
shipped samples, whose times are exact: tiny.en 93 and 95 ms, base -48 and -74 ms. On a recording
that had no part in it, hand-aligned spontaneous speech, word starts were off by 94 and 66 ms
(median) and are by 46 and 59."""


def in_time(pieces: Iterable[WordPiece], *, model: str, length_s: float) -> Iterator[WordPiece]:
    """Yield the words of a window with what their model's attention is late taken off."""
    late_s = LATE_S.get(model, 0.0)
    for piece in pieces:
        start, end = (
            None if time is None else min(max(0.0, time - late_s), length_s)
            for time in (piece.start, piece.end)
        )
        yield piece._replace(start=start, end=end)


def timed_by_attention(
    network: "WhisperModel", window: Float32Array, text: str, language: str, *, model: str
) -> list[WordPiece]:
    """Return the words of `text`, which was recognised in a window of at most 30 s, with times."""
    from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415

    encoded = encode_at_once(network, [window], language=language, model=model)
    tokenizer = Tokenizer(
        network.hf_tokenizer, network.model.is_multilingual, task="transcribe", language=language
    )
    segment: dict[str, Any] = {
        "seek": 0,
        "start": 0.0,
        "end": encoded.lengths_s[0],
        "tokens": tokenizer.encode(f" {text.strip()}"),
    }
    network.add_word_timestamps(
        [[segment]], tokenizer, encoded.output, list(encoded.frames), "", "", 0.0
    )
    pieces = (
        WordPiece(
            word["word"], float(word["start"]), float(word["end"]), float(word["probability"])
        )
        for word in segment["words"]
    )
    return join_pieces(in_time(pieces, model=model, length_s=encoded.lengths_s[0]))
