"""What every engine gives: utterances of words, timed in seconds from the stream's start."""

from dataclasses import dataclass

from everyword_transcripts import Sounds


@dataclass(frozen=True, slots=True)
class HeardWord:
    """One word as the engine gave it; an aligner may have left out its times."""

    text: str
    start: float | None
    end: float | None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech between two pauses, in the order it was said."""

    start: float
    end: float
    words: tuple[HeardWord, ...]
    language: str
    flags: tuple[str, ...] = ()
    sounds: tuple[Sounds, ...] = ()
