"""Word, Segment, Transcript: the shared kernel. All times are finite seconds from the start.

Words and segments, of which an hour has ten thousand, are msgspec's structs: made ten times faster
than frozen dataclasses, and read from JSON without a step between.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from everyword_transcripts.spacing import join_words

SCHEMA = 1


class Word(msgspec.Struct, frozen=True, gc=False):
    """One spoken word with its own time.

    `word` is shown as is and never empty or broken by white space; `score` is the recogniser's
    confidence in 0..1 where it gives one; `estimated` marks a time that no aligner measured.
    """

    word: str
    start: float
    end: float
    score: float | None = None
    speaker: str | None = None
    estimated: bool = False

    def with_text(self, text: str) -> "Word":
        """Return a copy that is written otherwise."""
        return Word(text, self.start, self.end, self.score, self.speaker, self.estimated)

    def with_times(self, start: float, end: float, *, estimated: bool = True) -> "Word":
        """Return a copy with other times, which nobody measured unless told otherwise."""
        return Word(self.word, start, end, self.score, self.speaker, estimated)

    def with_speaker(self, speaker: str | None) -> "Word":
        """Return a copy that another speaker said."""
        return Word(self.word, self.start, self.end, self.score, speaker, self.estimated)


class Segment(msgspec.Struct, frozen=True):
    """A stretch of speech by one speaker, as the recogniser or refinement cut it.

    `text` is always its words joined by the language's own spacing.
    """

    start: float
    end: float
    text: str
    speaker: str | None
    words: tuple[Word, ...]

    @classmethod
    def of(cls, words: Sequence[Word], *, speaker: str | None, language: str) -> "Segment":
        """Build a segment around one or more words."""
        return cls(
            start=min([word.start for word in words]),
            end=max([word.end for word in words]),
            text=join_words([word.word for word in words], language),
            speaker=speaker,
            words=tuple(words),
        )


@dataclass(frozen=True, slots=True)
class PhoneSpan:
    """What a decoder that knows no words heard between two times.

    `phones` are ARPAbet with single spaces between them (`R AY Z AH L IH N`), evenly spread.
    """

    start: float
    end: float
    phones: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """A diarization label and, when known, the person's name."""

    label: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """Which recogniser made the words."""

    name: str = "unknown"
    model: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that was said in one episode.

    Holds `0 <= start <= end <= duration_s` for every word and segment; starts never go back
    among the words of one speaker; `read_transcript` sees to it.
    """

    language: str
    duration_s: float
    segments: tuple[Segment, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    engine: Engine = field(default_factory=Engine)
    flags: tuple[str, ...] = ()
    episode_id: str | None = None
    run_id: str | None = None
    phones: tuple[PhoneSpan, ...] = ()
    """An acoustic reading beside the words, by start, where the engine gives one."""

    def words(self) -> Iterator[Word]:
        """Yield every word in the order of the segments; search's word index counts these."""
        for segment in self.segments:
            yield from segment.words

    def n_words(self) -> int:
        """Count the words."""
        return sum(len(segment.words) for segment in self.segments)

    def speaker_name(self, label: str | None) -> str | None:
        """Return the speaker's name, or the label where no name is known."""
        for speaker in self.speakers:
            if speaker.label == label:
                return speaker.name or speaker.label
        return label

    def with_segments(self, segments: Iterable[Segment]) -> "Transcript":
        """Return a copy with other segments."""
        return replace(self, segments=tuple(segments))

    def with_flag(self, flag: str) -> "Transcript":
        """Return a copy that carries `flag` once."""
        return self if flag in self.flags else replace(self, flags=(*self.flags, flag))
