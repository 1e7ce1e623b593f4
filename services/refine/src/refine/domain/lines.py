"""Numbered lines a language model can be asked about, and chunks of them that fit a budget."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from everyword_transcripts import Segment, Transcript, Word, join_words
from refine.domain.normalize import SegmentLimits, cuts

_LINE = SegmentLimits(longest_s=15.0, most_words=40)
_CHARACTERS_PER_TOKEN = 3.5
_OVERHEAD_TOKENS = 16
"""What the JSON around a line costs."""


@dataclass(frozen=True)
class PromptLine:
    """Words `first..stop` of one segment; `idx` counts the episode's lines from 0."""

    idx: int
    segment: int
    first: int
    stop: int
    text: str
    speaker: str | None
    start: float
    end: float

    def tokens(self) -> int:
        """Estimate what the line costs in a prompt (by UTF-8 bytes, on the safe side)."""
        return _OVERHEAD_TOKENS + round(len(self.text.encode()) / _CHARACTERS_PER_TOKEN)


@dataclass(frozen=True)
class Chunk:
    """Lines to be asked about, with the lines around them to understand them by."""

    before: tuple[PromptLine, ...]
    lines: tuple[PromptLine, ...]
    after: tuple[PromptLine, ...]


def lines_of(transcript: Transcript) -> list[PromptLine]:
    """Cut the transcript into lines of at most 40 words; a segment that is short is one line."""
    lines: list[PromptLine] = []
    for number, segment in enumerate(transcript.segments):
        for first, stop in cuts(segment, _LINE):
            words = segment.words[first:stop]
            whole = stop - first == len(segment.words)
            text = (
                segment.text
                if whole
                else join_words([word.word for word in words], transcript.language)
            )
            lines.append(
                PromptLine(
                    len(lines),
                    number,
                    first,
                    stop,
                    text,
                    segment.speaker,
                    words[0].start,
                    words[-1].end,
                )
            )
    return lines


def chunks_of(lines: Sequence[PromptLine], *, budget_tokens: int, overlap: int) -> Iterator[Chunk]:
    """Group lines so that each group, with `overlap` lines on either side, fits the budget.

    A line is in exactly one group. A line that alone exceeds the budget is a group of its own.
    """
    around = sum(sorted((line.tokens() for line in lines), reverse=True)[: 2 * overlap])
    room = max(budget_tokens - around, budget_tokens // 3)
    first = 0
    while first < len(lines):
        stop, spent = first, 0
        while stop < len(lines) and (stop == first or spent + lines[stop].tokens() <= room):
            spent += lines[stop].tokens()
            stop += 1
        yield Chunk(
            before=tuple(lines[max(0, first - overlap) : first]),
            lines=tuple(lines[first:stop]),
            after=tuple(lines[stop : stop + overlap]),
        )
        first = stop


def with_lines(
    transcript: Transcript, lines: Sequence[PromptLine], changed: Mapping[int, Sequence[Word]]
) -> Transcript:
    """Return the transcript with other words in the lines of `changed`; a line may become empty."""
    if not changed:
        return transcript
    by_segment: dict[int, list[PromptLine]] = {}
    for line in lines:
        by_segment.setdefault(line.segment, []).append(line)
    segments: list[Segment] = []
    for number, segment in enumerate(transcript.segments):
        own = by_segment.get(number, [])
        if not any(line.idx in changed for line in own):
            segments.append(segment)
            continue
        words = [
            word
            for line in own
            for word in changed.get(line.idx, segment.words[line.first : line.stop])
        ]
        if words:
            segments.append(
                Segment.of(words, speaker=segment.speaker, language=transcript.language)
            )
    return transcript.with_segments(segments)
