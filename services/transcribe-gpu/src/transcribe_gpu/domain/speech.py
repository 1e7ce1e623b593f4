"""What every engine gives: utterances of words, timed in seconds."""

from dataclasses import dataclass

from everyword_transcripts import PhoneSpan, join_words


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
    phones: tuple[PhoneSpan, ...] = ()

    @property
    def text(self) -> str:
        """The words, joined by the language's own spacing."""
        return join_words(
            [text for word in self.words for text in word.text.split()], self.language
        )


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What an engine recognised in one window, or in a whole recording once windows are joined.

    An engine counts times from its window's start. `language` is what the words are written in;
    `detected` is the language the sound was taken for, where the engine can tell, whatever was
    asked for. `compression` is how well the text compresses (zlib's ratio), `log_probability`
    the mean per token; None where the engine has no such measure. `heard_again` tells that its
    first text did not convince.
    """

    utterances: tuple[Utterance, ...]
    language: str
    detected: str | None = None
    detected_probability: float | None = None
    log_probability: float | None = None
    compression: float | None = None
    heard_again: bool = False

    def words(self) -> list[HeardWord]:
        """Return all words, in order."""
        return [word for utterance in self.utterances for word in utterance.words]
