"""Words of windows become words of the recording: times translated, overlaps heard once."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from everyword_transcripts import PhoneSpan
from transcribe_gpu.domain.speech import HeardWord, Hypothesis, Utterance
from transcribe_gpu.domain.windows import Window

_SAME_S: Final = 0.5
"""Two windows time a word in their overlap about alike; farther apart it was said twice."""
_TOLERANCE_S: Final = 0.15
"""Both windows keep a word so near to their seam, so that none is lost; it then stays once."""


def in_recording(hypothesis: Hypothesis, window: Window) -> Hypothesis:
    """Translate a hypothesis from its window's clock to the recording's, and drop what overlaps."""
    moved = (_moved(utterance, window) for utterance in hypothesis.utterances)
    return replace(hypothesis, utterances=tuple(u for u in moved if u.words))


def joined(hypotheses: Iterable[Hypothesis], *, after: Utterance | None = None) -> list[Utterance]:
    """Join the windows' utterances, in order; a word that both sides of a seam have stays once.

    `after` is the last utterance before them. What was joined never changes by what comes.
    """
    result = [] if after is None else [after]
    for hypothesis in hypotheses:
        utterances = list(hypothesis.utterances)
        while result and utterances and _same(result[-1].words[-1], utterances[0].words[0]):
            utterances[0] = replace(utterances[0], words=utterances[0].words[1:])
            if not utterances[0].words:
                del utterances[0]
        result += [utterance for utterance in utterances if utterance.words]
    return result if after is None else result[1:]


def _moved(utterance: Utterance, window: Window) -> Utterance:
    start, end = window.span_in_recording(utterance.start, utterance.end)
    words = [_moved_word(word, window) for word in utterance.words]
    kept = _within(words, window.keep_from, window.keep_until)
    if len(kept) < len(words):
        start, end = max(start, window.keep_from), min(end, window.keep_until)
    spans = (_moved_phones(each, window) for each in utterance.phones)
    timed = [t for w in kept for t in (w.start, w.end) if t is not None]
    return Utterance(
        min([start, *timed]),
        max([start, end, *timed]),
        tuple(kept),
        utterance.language,
        utterance.flags,
        tuple(s for s in spans if window.keep_from <= s.start < window.keep_until),
    )


def _moved_word(word: HeardWord, window: Window) -> HeardWord:
    if word.start is None and word.end is None:
        return word
    first = word.end if word.start is None else word.start
    last = word.start if word.end is None else word.end
    assert first is not None
    assert last is not None
    start, end = window.span_in_recording(first, last)
    return HeardWord(
        word.text,
        None if word.start is None else start,
        None if word.end is None else end,
        word.score,
    )


def _moved_phones(spans: PhoneSpan, window: Window) -> PhoneSpan:
    start, end = window.span_in_recording(spans.start, spans.end)
    return replace(spans, start=start, end=max(start, end))


def _within(words: Sequence[HeardWord], first: float, last: float) -> list[HeardWord]:
    """Keep the words whose middle lies within; one without times goes with the one before it."""
    kept: list[HeardWord] = []
    inside = True
    for word in words:
        times = [t for t in (word.start, word.end) if t is not None]
        if times:
            inside = first - _TOLERANCE_S <= sum(times) / len(times) < last + _TOLERANCE_S
        if inside:
            kept.append(word)
    return kept


def _same(before: HeardWord, after: HeardWord) -> bool:
    """Tell whether two windows heard one word: its times overlap, and its text or middle agree."""
    if before.start is None or after.start is None:
        return False
    end = before.start if before.end is None else before.end
    if after.start >= end or after.start < before.start - _SAME_S:
        return False
    alike = before.text.casefold().strip(".,!?;:") == after.text.casefold().strip(".,!?;:")
    middle = (after.start + (after.start if after.end is None else after.end)) / 2
    return alike or middle < end
