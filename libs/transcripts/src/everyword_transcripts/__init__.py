"""The shared kernel: words with times, segments, transcripts, and their JSON."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from everyword_transcripts.json_form import OURS, read_transcript, with_ids, write_transcript
    from everyword_transcripts.limits import LONGEST_S
    from everyword_transcripts.model import Engine, PhoneSpan, Segment, Speaker, Transcript, Word
    from everyword_transcripts.spacing import is_unspaced, join_words, split_words
    from everyword_transcripts.timing import estimate_times, spread
    from everyword_transcripts.voiceprint import (
        VOICES,
        Voiceprint,
        forgotten_voiceprints,
        read_voiceprint,
        voiceprint_name,
        write_voiceprint,
    )
    from everyword_transcripts.word_pieces import WordPiece, begin_with_spaces, join_pieces

__all__ = [
    "LONGEST_S",
    "OURS",
    "VOICES",
    "Engine",
    "PhoneSpan",
    "Segment",
    "Speaker",
    "Transcript",
    "Voiceprint",
    "Word",
    "WordPiece",
    "begin_with_spaces",
    "estimate_times",
    "forgotten_voiceprints",
    "is_unspaced",
    "join_pieces",
    "join_words",
    "read_transcript",
    "read_voiceprint",
    "split_words",
    "spread",
    "voiceprint_name",
    "with_ids",
    "write_transcript",
    "write_voiceprint",
]
_NAMES = {
    "json_form": "OURS read_transcript with_ids write_transcript",
    "limits": "LONGEST_S",
    "model": "Engine PhoneSpan Segment Speaker Transcript Word",
    "spacing": "is_unspaced join_words split_words",
    "timing": "estimate_times spread",
    "voiceprint": "VOICES Voiceprint forgotten_voiceprints read_voiceprint voiceprint_name"
    " write_voiceprint",
    "word_pieces": "WordPiece begin_with_spaces join_pieces",
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}
"""Imported as they are asked for: who only asks how long a recording may be reads no JSON."""


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"everyword_transcripts.{_MODULE_OF[name]}"), name)
    globals()[name] = found
    return found
