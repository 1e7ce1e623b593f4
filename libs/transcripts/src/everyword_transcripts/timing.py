"""Times for words that have none, and order for times that have none."""

from collections.abc import Sequence

from everyword_transcripts.model import Segment

TYPICAL_WORD_S = 0.35
"""What a word takes in ordinary speech (about 170 words a minute), where nothing else is known."""


def spread(words: Sequence[str], start: float, end: float) -> list[tuple[float, float]]:
    """Share the span `start`..`end` among words in proportion to their characters."""
    total = sum(len(word) for word in words) or 1
    spans: list[tuple[float, float]] = []
    done = 0
    for word in words:
        left = start + (end - start) * done / total
        done += len(word)
        spans.append((left, start + (end - start) * done / total))
    return spans


def estimate_times(
    words: Sequence[str],
    times: Sequence[tuple[float, float] | None],
    *,
    start: float,
    end: float,
) -> list[tuple[float, float]]:
    """Give each word without a time a share of the gap between its timed neighbours.

    `start` and `end` bound the first and last gap. A gap of no length gives spans of no length;
    the order of the words is always the order of the times.
    """
    filled: list[tuple[float, float]] = []
    at = 0
    while at < len(words):
        known = times[at]
        if known is not None:
            filled.append(known)
            at += 1
            continue
        stop = at
        while stop < len(words) and times[stop] is None:
            stop += 1
        left = filled[-1][1] if filled else start
        following = times[stop] if stop < len(words) else None
        right = max(left, following[0] if following else end)
        filled.extend(spread(words[at:stop], left, right))
        at = stop
    return filled


def put_in_order(segments: Sequence[Segment], duration_s: float) -> tuple[list[Segment], bool]:
    """Clamp every word into `0..duration_s` and let no speaker's starts go back.

    Returns the segments by start time, and whether any time had to be changed.
    """
    ordered = sorted(segments, key=lambda segment: segment.start)
    changed = any(a is not b for a, b in zip(ordered, segments, strict=True))
    latest: dict[str | None, float] = {}
    result: list[Segment] = []
    for segment in ordered:
        words = list(segment.words)
        touched = False
        for index, word in enumerate(words):
            floor = latest.get(word.speaker, 0.0)
            start = min(max(word.start, floor), duration_s)
            end = min(max(word.end, start), duration_s)
            if start != word.start or end != word.end:
                words[index] = word.with_times(start, end)
                touched = True
            latest[word.speaker] = start
        left = min(word.start for word in words)
        right = max(word.end for word in words)
        if touched or left != segment.start or right != segment.end:
            changed = changed or touched
            segment = Segment(left, right, segment.text, segment.speaker, tuple(words))  # noqa: PLW2901
        result.append(segment)
    return sorted(result, key=lambda segment: segment.start), changed
