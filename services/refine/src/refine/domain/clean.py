"""Clean words: no invisible controls, one Unicode form, one speaker in a segment."""

import unicodedata
from itertools import groupby

import regex

from everyword_transcripts import Segment, Transcript, Word

_SPACE = regex.compile(r"\s+")
_UNWANTED = regex.compile(r"[\p{Cc}\p{Cs}\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
"""Controls, zero-width spaces, lone surrogates and direction overrides.

The joiners (U+200C, U+200D) and the direction marks (U+200E, U+200F, U+061C) stay: Persian, Indic
scripts and emoji are spelled with them.
"""


def clean_words(transcript: Transcript) -> tuple[Transcript, int]:
    """Bring words to NFC without control characters, and cut segments where the speaker changes.

    A word that holds nothing else is dropped. Returns the transcript and how many words changed.
    """
    segments: list[Segment] = []
    changed = 0
    for segment in transcript.segments:
        words = segment.words
        if not _is_clean(segment.text):
            words, count = _cleaned(words)
            changed += count
        if words is segment.words and all(word.speaker == segment.speaker for word in words):
            segments.append(segment)
            continue
        segments.extend(
            Segment.of(list(run), speaker=label, language=transcript.language)
            for label, run in groupby(words, key=lambda word: word.speaker)
        )
    return transcript.with_segments(segments), changed


def clean_text(text: str) -> str:
    """Return `text` in NFC, without controls, its white space single."""
    return " ".join(_UNWANTED.sub("", unicodedata.normalize("NFC", _SPACE.sub(" ", text))).split())


def _is_clean(text: str) -> bool:
    if text.isascii():
        return text.isprintable()
    return unicodedata.is_normalized("NFC", text) and _UNWANTED.search(text) is None


def _cleaned(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], int]:
    kept: list[Word] = []
    changed = 0
    for word in words:
        text = clean_text(word.word).replace(" ", "")
        changed += text != word.word
        if text:
            kept.append(word if text == word.word else word.with_text(text))
    return tuple(kept), changed
