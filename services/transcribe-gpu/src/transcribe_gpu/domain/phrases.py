"""Utterances as long as a window become ones as long as a sentence."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from transcribe_gpu.domain.speech import HeardWord, Utterance

PAUSE_S: Final = 1.0
_ABBREVIATION: Final = 4
_BREATH_S: Final = 0.1
_ENDS: Final = (".", "?", "!", "…", "。", "\uff1f", "\uff01")


def sentences(utterance: Utterance) -> Iterator[Utterance]:
    """Cut an utterance after its sentences and at its long pauses."""
    piece: list[HeardWord] = []
    flags = utterance.flags
    for word in utterance.words:
        if piece and _ends(piece[-1], word):
            yield _of(utterance, piece, flags)
            piece, flags = [], ()
        piece.append(word)
    if piece:
        yield _of(utterance, piece, flags)


def _ends(before: HeardWord, after: HeardWord) -> bool:
    if before.end is None or after.start is None:
        return False
    pause_s = after.start - before.end
    if pause_s >= PAUSE_S:
        return True
    text = before.text.rstrip("\"'”\u2019)»")
    if not text.endswith(_ENDS) or after.text[:1].islower():
        return False
    abbreviated = text.endswith(".") and text[:1].isupper() and len(text) <= _ABBREVIATION
    return not abbreviated or pause_s >= _BREATH_S


def _of(whole: Utterance, words: list[HeardWord], flags: tuple[str, ...]) -> Utterance:
    start, end = words[0].start, words[-1].end
    first = whole.start if start is None else start
    last = whole.end if end is None else end
    phones = tuple(s for s in whole.phones if first <= s.start < last)
    return replace(whole, start=first, end=last, words=tuple(words), flags=flags, phones=phones)
