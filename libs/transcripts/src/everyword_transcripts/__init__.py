"""The shared kernel: words with times, segments, transcripts, and their JSON."""

from everyword_transcripts.json_form import read_transcript, write_transcript
from everyword_transcripts.model import Engine, Segment, Sounds, Speaker, Transcript, Word
from everyword_transcripts.spacing import is_unspaced, join_words, split_words
from everyword_transcripts.timing import estimate_times, spread

__all__ = [
    "Engine",
    "Segment",
    "Sounds",
    "Speaker",
    "Transcript",
    "Word",
    "estimate_times",
    "is_unspaced",
    "join_words",
    "read_transcript",
    "split_words",
    "spread",
    "write_transcript",
]
