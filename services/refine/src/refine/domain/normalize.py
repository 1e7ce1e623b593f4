"""Segments people can read: tiny ones merged, long ones cut where speech itself pauses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from everyword_transcripts import Segment, Transcript, Word

_SENTENCE_END = tuple(".?!…。？！؟।။")  # noqa: RUF001 - the marks of other scripts are meant
_CLAUSE_END = tuple(",;:、，；：،؛")  # noqa: RUF001
_CLOSERS = "\"'»”’)]}」』"  # noqa: RUF001


@dataclass(frozen=True)
class SegmentLimits:
    """What a segment may be: lengths in seconds and words."""

    longest_s: float = 20.0
    most_words: int = 60
    tiny_s: float = 1.0
    tiny_words: int = 2
    merge_pause_s: float = 0.8
    split_pause_s: float = 3.0


@dataclass(frozen=True)
class NormalizeReport:
    """How many segments were joined to a neighbour, and how many cut off another."""

    merged: int = 0
    split: int = 0


def normalize(transcript: Transcript, shape: SegmentLimits) -> tuple[Transcript, NormalizeReport]:
    """Cut over-long segments, merge tiny ones into their speaker's neighbour, order by time.

    A cut falls at the end of a sentence, else at the longest pause or the end of a clause. Words
    and their times stay as they are. Linear in words.
    """
    cut: list[Segment] = []
    for segment in transcript.segments:
        cut.extend(_cut(segment, shape, transcript.language))
    splits = len(cut) - len(transcript.segments)
    cut.sort(key=lambda segment: segment.start)
    joined = _merge(cut, shape, transcript.language)
    return transcript.with_segments(joined), NormalizeReport(len(cut) - len(joined), splits)


def cuts(segment: Segment, shape: SegmentLimits) -> list[tuple[int, int]]:
    """Return the ranges of words (end exclusive) that a segment falls into under `shape`."""
    words = segment.words
    length = segment.end - segment.start
    short = len(words) <= shape.most_words and length <= shape.longest_s
    if short and (length <= shape.split_pause_s or not _falls_silent(words, shape)):
        return [(0, len(words))]
    ranges: list[tuple[int, int]] = []
    first = 0
    while first < len(words):
        stop = _next_cut(words, first, shape)
        ranges.append((first, stop))
        first = stop
    return ranges


def _cut(segment: Segment, shape: SegmentLimits, language: str) -> Iterator[Segment]:
    ranges = cuts(segment, shape)
    if len(ranges) == 1:
        yield segment
        return
    for first, stop in ranges:
        yield Segment.of(segment.words[first:stop], speaker=segment.speaker, language=language)


def _falls_silent(words: Sequence[Word], shape: SegmentLimits) -> bool:
    ended = words[0].start
    for word in words:
        if word.start - ended >= shape.split_pause_s:
            return True
        ended = word.end
    return False


def _next_cut(words: Sequence[Word], first: int, shape: SegmentLimits) -> int:
    """Return where the segment that begins at `first` ends: a good place near an even share."""
    rest = len(words) - first
    rest_s = words[-1].end - words[first].start
    share = rest / max(1, ceil(rest / shape.most_words), ceil(rest_s / shape.longest_s))
    span = max(share, 1.0)
    best, best_score = first + 1, -1.0
    for at in range(first + 1, len(words)):
        pause = words[at].start - words[at - 1].end
        if pause >= shape.split_pause_s:
            return at
        score = _mark(words[at - 1].word) + 2 * min(max(pause, 0.0), 1.0)
        score *= max(0.1, 1 - abs(at - first - share) / span)
        if score >= best_score:
            best, best_score = at, score
        too_long = words[at].end - words[first].start > shape.longest_s
        if too_long or at - first >= shape.most_words:
            return best
    return len(words)


@lru_cache(maxsize=4096)
def _mark(word: str) -> float:
    """Return how good a place to cut the mark at a word's end makes it."""
    bare = word.rstrip(_CLOSERS)
    return 3.0 if bare.endswith(_SENTENCE_END) else 1.5 if bare.endswith(_CLAUSE_END) else 0.2


def _merge(segments: Sequence[Segment], shape: SegmentLimits, language: str) -> list[Segment]:
    """Join tiny segments to the one before, or the one after, of the same speaker."""
    merged: list[Segment] = []
    group: list[Segment] = []
    count, tiny = 0, False
    for segment in segments:
        small = len(segment.words) <= shape.tiny_words and (
            segment.end - segment.start <= shape.tiny_s
        )
        if (
            group
            and (small or tiny)
            and segment.speaker == group[0].speaker
            and 0 <= segment.start - group[-1].end <= shape.merge_pause_s
            and segment.end - group[0].start <= shape.longest_s
            and count + len(segment.words) <= shape.most_words
        ):
            group.append(segment)
            count += len(segment.words)
            tiny = count <= shape.tiny_words and segment.end - group[0].start <= shape.tiny_s
            continue
        if group:
            merged.append(_joined(group, language))
        group, count, tiny = [segment], len(segment.words), small
    if group:
        merged.append(_joined(group, language))
    return merged


def _joined(group: Sequence[Segment], language: str) -> Segment:
    if len(group) == 1:
        return group[0]
    words = [word for segment in group for word in segment.words]
    return Segment.of(words, speaker=group[0].speaker, language=language)
