"""Times for words that have none to be played: the gap beside them, or a sliver.

A time that a recogniser gave never moves: neither a word's own nor its neighbours'.
"""

from collections.abc import Sequence

from everyword_transcripts import Segment, Transcript, Word, spread
from everyword_transcripts.timing import TYPICAL_WORD_S

SLIVER_S = 0.02
"""What a word takes where no gap is: it lies over the end of the word before, or the next begin."""
GAP_PER_WORD_S = 0.06
"""The least gap that words without time are put into."""
LONGEST_ESTIMATE_S = 2.0
"""An estimated word between measured ones never fills more of a silence than this."""


def fill_timing(transcript: Transcript) -> tuple[Transcript, int]:
    """Give words without length a span, and let estimated ones fill no long silence.

    Returns the transcript and how many words got another time; these are marked `estimated`.
    The times must be in order already, as `read_transcript` leaves them.
    """
    segments = list(transcript.segments)
    later: dict[str | None, float] = {}
    filled = 0
    for index in range(len(segments) - 1, -1, -1):
        segment = segments[index]
        words = segment.words
        mended = _mended(words, later, transcript.duration_s)
        if mended is not None:
            filled += sum(
                old.start != new.start or old.end != new.end
                for old, new in zip(words, mended, strict=True)
            )
            segments[index] = Segment.of(
                mended, speaker=segment.speaker, language=transcript.language
            )
    return (transcript.with_segments(segments) if filled else transcript), filled


def _mended(
    words: Sequence[Word], later: dict[str | None, float], duration_s: float
) -> list[Word] | None:
    """Return a segment's words with times for all, or None where nothing needs mending.

    `later` holds where each speaker's next word begins, and is brought up to date.
    """
    limit = min(later.get(words[-1].speaker, duration_s), duration_s)
    needs = False
    measured = False
    for word in reversed(words):
        length = word.end - word.start
        needs = needs or length <= 0 or (word.estimated and length > LONGEST_ESTIMATE_S)
        needs = needs or (word.estimated and word.end > later.get(word.speaker, duration_s))
        measured = measured or not word.estimated
        later[word.speaker] = word.start
    if not needs:
        return None
    mended = _shortened(words, limit, measured=measured)
    at = 0
    while at < len(mended):
        stop = at
        while stop < len(mended) and mended[stop].end <= mended[stop].start:
            stop += 1
        if stop > at:
            _fill_run(mended, at, stop, limit)
        at = max(stop, at + 1)
    return mended


def _shortened(words: Sequence[Word], limit: float, *, measured: bool) -> list[Word]:
    """Return the words, of which estimated ones end before the next and fill no long silence."""
    kept = list(words)
    following: dict[str | None, float] = {}
    for at in range(len(kept) - 1, -1, -1):
        word = kept[at]
        if word.estimated:
            end = max(word.start, min(word.end, following.get(word.speaker, limit)))
            if measured:
                end = min(end, word.start + LONGEST_ESTIMATE_S)
            kept[at] = word if end == word.end else word.with_times(word.start, end)
        following[word.speaker] = word.start
    return kept


def _fill_run(words: list[Word], first: int, stop: int, limit: float) -> None:
    """Give a run of words without length the gap after them, the gap before, or slivers."""
    begin = words[first].start
    end = max(begin, words[stop].start if stop < len(words) else limit)
    count = stop - first
    before = words[first - 1] if first else None
    movable = all(word.estimated for word in words[first:stop])
    if end - begin >= GAP_PER_WORD_S * count:
        _put(words, first, stop, begin, min(end, begin + TYPICAL_WORD_S * count))
    elif movable and before is not None and begin - before.end >= GAP_PER_WORD_S * count:
        _put(words, first, stop, before.end, begin)
    elif movable and before is not None and before.end > before.start:
        _put(words, first, stop, max(before.start, begin - SLIVER_S * count), begin)
    else:
        for at in range(first, stop):
            word = words[at]
            latest = max(word.start, limit)
            words[at] = word.with_times(word.start, min(word.start + SLIVER_S, latest))


def _put(words: list[Word], first: int, stop: int, begin: float, end: float) -> None:
    run = words[first:stop]
    spans = spread([word.word for word in run], begin, end)
    words[first:stop] = [
        word.with_times(left, right) for word, (left, right) in zip(run, spans, strict=True)
    ]
