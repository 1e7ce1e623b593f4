"""The shared kernel: words with times, segments, transcripts, and their JSON."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from everyword_transcripts.json_form import read_transcript, with_ids, write_transcript
from everyword_transcripts.model import Engine, PhoneSpan, Segment, Speaker, Transcript, Word
from everyword_transcripts.spacing import is_unspaced, join_words, split_words
from everyword_transcripts.timing import LONGEST_S, estimate_times, spread
from everyword_transcripts.word_pieces import WordPiece, begin_with_spaces, join_pieces

if TYPE_CHECKING:
    from everyword_transcripts.voiceprint import (
        VOICES,
        Voiceprint,
        read_voiceprint,
        voiceprint_name,
        write_voiceprint,
    )

__all__ = [
    "LONGEST_S",
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
_OF_VOICES = {"VOICES", "Voiceprint", "read_voiceprint", "voiceprint_name", "write_voiceprint"}


def __getattr__(name: str) -> Any:
    """Import what is of voices when it is asked for: nothing else here needs pydantic."""
    if name not in _OF_VOICES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module("everyword_transcripts.voiceprint"), name)
    globals()[name] = found
    return found
