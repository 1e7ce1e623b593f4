"""Timing gaps: every word gets a time of its own, inside the recording and before the next."""

from collections.abc import Sequence

from everyword_transcripts import Segment, Transcript, Word, spread
from everyword_transcripts.timing import TYPICAL_WORD_S

SHORTEST_WORD_S = 0.02
"""A word shorter than this has no time that could be played or highlighted."""
ROOM_PER_WORD_S = 0.06
"""The least silence a word without time is put into; with less, it shares a neighbour's span."""
LONGEST_ESTIMATE_S = 2.0
"""An estimated word between measured ones never fills more of a silence than this."""
ROUNDING_S = 0.011
"""Times written with two decimals overlap by this much without meaning to."""


def fill_timing(transcript: Transcript) -> tuple[Transcript, int]:
    """Mend words that have no length, overlap the speaker's next word or fill a long silence.

    Returns the transcript and how many words got another time; these are marked `estimated`.
    The times must be in order already, as `read_transcript` leaves them.
    """
    segments = list(transcript.segments)
    later: dict[str | None, float] = {}
    filled = 0
    for index in range(len(segments) - 1, -1, -1):
        segment = segments[index]
        words = segment.words
        limit = min(later.get(words[-1].speaker, transcript.duration_s), transcript.duration_s)
        mended = _mend(words, later, transcript.duration_s)
        if mended is not None:
            _fill(mended, limit)
            filled += sum(
                old.start != new.start or old.end != new.end
                for old, new in zip(words, mended, strict=True)
            )
            segments[index] = Segment.of(
                mended, speaker=segment.speaker, language=transcript.language
            )
    return (transcript.with_segments(segments) if filled else transcript), filled


def _mend(
    words: Sequence[Word], later: dict[str | None, float], duration_s: float
) -> list[Word] | None:
    """Cut what overlaps and what lasts too long; return None where nothing needs mending.

    `later` holds where each speaker's next word begins, and is brought up to date.
    """
    mended: list[Word] | None = None
    for at in range(len(words) - 1, -1, -1):
        word = words[at]
        limit = later.get(word.speaker, duration_s)
        later[word.speaker] = word.start
        length = word.end - word.start
        if (
            word.end <= limit
            and length >= SHORTEST_WORD_S
            and not (word.estimated and length > LONGEST_ESTIMATE_S)
        ):
            continue
        if mended is None:
            mended = list(words)
        end = max(word.start, min(word.end, limit))
        if word.estimated and not all(other.estimated for other in words):
            end = min(end, word.start + LONGEST_ESTIMATE_S)
        if end != word.end:
            slight = word.end - end <= ROUNDING_S
            mended[at] = word.with_times(word.start, end, estimated=word.estimated or not slight)
    return mended


def _fill(words: list[Word], limit: float) -> None:
    """Give every run of words without length a span; `limit` is where the segment must end."""
    at = 0
    while at < len(words):
        stop = at
        while stop < len(words) and words[stop].end - words[stop].start < SHORTEST_WORD_S:
            stop += 1
        if stop > at:
            _fill_run(words, at, stop, limit)
        at = stop + 1


def _fill_run(words: list[Word], first: int, stop: int, limit: float) -> None:
    begin = words[first].start
    end = max(begin, words[stop].start if stop < len(words) else limit)
    need = ROOM_PER_WORD_S * (stop - first)
    if end - begin >= need:
        end = min(end, begin + TYPICAL_WORD_S * (stop - first))
    elif first and end - words[first - 1].end >= need:
        begin = words[first - 1].end
    elif first:
        first -= 1
        begin = words[first].start
    elif stop < len(words):
        end = words[stop].end
        stop += 1
    run = words[first:stop]
    spans = spread([word.word for word in run], begin, end)
    words[first:stop] = [
        word.with_times(left, right) for word, (left, right) in zip(run, spans, strict=True)
    ]
