"""Segments read from JSON that may lack words or times, or have them in forms of their own."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from everyword_events import InvalidInput
from everyword_transcripts.model import Segment, Word
from everyword_transcripts.spacing import split_words
from everyword_transcripts.timing import TYPICAL_WORD_S, estimate_times, spread

Json = Mapping[str, Any]


def mended_segments(raw_segments: Sequence[object], language: str) -> list[Segment]:
    """Read segments, estimating the times that are missing or no times; leave out empty ones.

    Raises:
        InvalidInput: a segment or a word is not an object.
    """
    reader = _SegmentReader(language)
    segments: list[Segment] = []
    for number, raw in enumerate(raw_segments):
        if not isinstance(raw, Mapping):
            raise invalid(f"segments[{number}] is not an object")
        segment = reader.read(raw, number)
        if segment is not None:
            segments.append(segment)
    return segments


@dataclass
class _SegmentReader:
    """Reads one segment after the other; `clock` is where the one before it ended."""

    language: str
    clock: float = 0.0

    def read(self, raw: Json, number: int) -> Segment | None:
        speaker = text_of(raw.get("speaker")) or None
        start, end = seconds_of(raw.get("start")), seconds_of(raw.get("end"))
        raw_words = raw.get("words")
        if raw_words is not None and not isinstance(raw_words, list):
            raise invalid(f"segments[{number}].words is not a list")
        if raw_words:
            words = self._words(raw_words, number, speaker, start, end)
        else:
            words = self._from_text(text_of(raw.get("text")), speaker, start, end)
        if not words:
            return None
        segment = Segment.of(words, speaker=speaker or words[0].speaker, language=self.language)
        self.clock = segment.end
        return segment

    def _words(
        self,
        raw_words: list[Any],
        number: int,
        speaker: str | None,
        start: float | None,
        end: float | None,
    ) -> list[Word]:
        words: list[Word] = []
        missing = False
        for raw in raw_words:
            if not isinstance(raw, dict):
                raise invalid(f"segments[{number}].words holds something that is not an object")
            text = raw.get("word")
            if not isinstance(text, str) or not (pieces := text.split()):
                continue
            left, right = raw.get("start"), raw.get("end")
            if not (type(left) is type(right) is float and 0.0 <= left <= right < math.inf):
                left, right = _span(left, right)
                missing = missing or left < 0
            score, said_by = raw.get("score"), raw.get("speaker")
            word = Word(
                pieces[0],
                left,
                right,
                score if type(score) is float and score - score == 0.0 else _score(score),
                said_by if type(said_by) is str else speaker,
                raw.get("estimated") is True,
            )
            words.extend(_split(word, pieces) if len(pieces) > 1 else (word,))
        return self._estimated(words, start, end) if missing else words

    def _estimated(self, words: list[Word], start: float | None, end: float | None) -> list[Word]:
        texts = [word.word for word in words]
        times = [None if word.start < 0 else (word.start, word.end) for word in words]
        left, right = self._bounds(len(words), start, end)
        filled = estimate_times(texts, times, start=left, end=right)
        return [
            word
            if time is not None
            else Word(word.word, a, b, word.score, word.speaker, estimated=True)
            for word, time, (a, b) in zip(words, times, filled, strict=True)
        ]

    def _from_text(
        self, text: str, speaker: str | None, start: float | None, end: float | None
    ) -> list[Word]:
        texts = split_words(text, self.language)
        left, right = self._bounds(len(texts), start, end)
        return [
            Word(word, a, b, None, speaker, estimated=True)
            for word, (a, b) in zip(texts, spread(texts, left, right), strict=True)
        ]

    def _bounds(self, count: int, start: float | None, end: float | None) -> tuple[float, float]:
        left = self.clock if start is None else start
        return left, max(left, left + TYPICAL_WORD_S * count if end is None else end)


def _span(start: object, end: object) -> tuple[float, float]:
    """Return a word's times made possible; a start of -1 where it has none."""
    left, right = seconds_of(start), seconds_of(end)
    if left is None:
        return -1.0, -1.0
    return left, left if right is None else right


def _split(word: Word, pieces: list[str]) -> list[Word]:
    spans = [(-1.0, -1.0)] * len(pieces) if word.start < 0 else spread(pieces, word.start, word.end)
    return [
        Word(piece, a, b, word.score, word.speaker, word.estimated)
        for piece, (a, b) in zip(pieces, spans, strict=True)
    ]


def text_of(raw: object) -> str:
    """Return text without white space around it; none where it is no text."""
    return raw.strip() if isinstance(raw, str) else ""


def seconds_of(raw: object) -> float | None:
    """Return a finite time, none before the start, or None where it is no time."""
    if isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw):
        return max(0.0, float(raw))
    return None


def _score(raw: object) -> float | None:
    if isinstance(raw, int | float) and math.isfinite(raw):
        return float(raw)
    return None


def invalid(message: str) -> InvalidInput:
    """Return the error for what is no transcript."""
    return InvalidInput(
        f"not a transcript: {message}",
        hint="expected Everyword's or WhisperX's transcript JSON",
        code="transcript_invalid",
    )
