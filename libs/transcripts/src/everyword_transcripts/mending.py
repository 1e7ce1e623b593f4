"""Segments read from JSON that may lack words or times, or have them in forms of their own."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from everyword_events import InvalidInput
from everyword_transcripts.limits import LONGEST_S
from everyword_transcripts.model import Segment, Word
from everyword_transcripts.spacing import split_words
from everyword_transcripts.timing import TYPICAL_WORD_S, estimate_times, spread
from everyword_transcripts.words_along import words_along

Json = Mapping[str, Any]
Flags = tuple[str, ...]
_WORD_NAMES = ("word", "text", "punctuated_word")
"""What recognisers call a word's text: Whisper's family, whisper-timestamped, Deepgram."""
_SCORE_NAMES = ("score", "confidence", "probability")
_LARGEST_SCORE = 1e9
_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,18})?")


def mended_segments(raw_segments: Sequence[object], language: str) -> tuple[list[Segment], Flags]:
    """Read segments, estimating the times that are missing or no times; leave out empty ones.

    Where words and text are both there, the text says where words end. Where words cannot be used,
    the text is, with estimated times. Returns the segments and flags that say how often.

    Raises:
        InvalidInput: not one segment or word of what is there can be read.
    """
    reader = _SegmentReader(language)
    segments: list[Segment] = []
    for number, raw in enumerate(raw_segments):
        segment = reader.read(raw, number) if isinstance(raw, Mapping) else None
        if segment is not None:
            segments.append(segment)
        elif not isinstance(raw, Mapping):
            reader.skip(f"segments[{number}] is not an object")
    if reader.skipped and not segments:
        raise invalid(reader.why)
    return segments, reader.flags()


@dataclass
class _SegmentReader:
    """Reads one segment after the other; `clock` is where the one before it ended."""

    language: str
    clock: float = 0.0
    unusable: int = 0
    skipped: int = 0
    why: str = ""

    def skip(self, why: str) -> None:
        """Leave a segment out; the first reason is kept."""
        self.skipped += 1
        self.why = self.why or why

    def flags(self) -> Flags:
        """Return what was noticed, and how often."""
        counts = (("words_unusable", self.unusable), ("segments_skipped", self.skipped))
        return tuple(f"import_{code}:{count}" for code, count in counts if count)

    def read(self, raw: Json, number: int) -> Segment | None:
        speaker = text_of(raw.get("speaker")) or None
        start, end = seconds_of(raw.get("start")), seconds_of(raw.get("end"))
        text = text_of(raw.get("text"))
        raw_words = raw.get("words")
        words = None
        if isinstance(raw_words, list):
            words = self._words(raw_words, text, speaker, start, end)
        if not words and text:
            self.unusable += bool(raw_words)
            words = self._from_text(text, speaker, start, end)
        if not words:
            if raw_words and (not isinstance(raw_words, list) or words is None):
                self.skip(f"segments[{number}].words holds no words that can be read")
            return None
        segment = Segment.of(words, speaker=speaker or words[0].speaker, language=self.language)
        self.clock = segment.end
        return segment

    def _words(
        self,
        raw_words: list[Any],
        text: str,
        speaker: str | None,
        start: float | None,
        end: float | None,
    ) -> list[Word] | None:
        """Read words, or return None where none of them is one."""
        spelled = [text_of_word(raw) for raw in raw_words]
        if not any(spelled) and any(word is None for word in spelled):
            return None
        read = [
            _word(raw, word, speaker)
            for raw, word in zip(raw_words, spelled, strict=True)
            if word is not None and word.strip()
        ]
        along = words_along(text, read, self.language)
        if along is None:
            return None
        words: list[Word] = []
        for word in along:
            pieces = word.word.split()
            words.extend(_split(word, pieces) if len(pieces) > 1 else (word,))
        missing = any(word.start < 0 for word in words)
        return self._estimated(words, start, end) if missing else words

    def _estimated(self, words: list[Word], start: float | None, end: float | None) -> list[Word]:
        texts = [word.word for word in words]
        left, right = self._bounds(len(words), start, end)
        times = _known_times(words, left)
        filled = estimate_times(texts, times, start=left, end=right)
        return [
            word
            if time is not None and word.start >= 0
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


def text_of_word(raw: object) -> str | None:
    """Return a word's text as it stands, white space included; None where it is no word."""
    if isinstance(raw, str):
        return raw
    if not isinstance(raw, Mapping):
        return None
    for name in _WORD_NAMES:
        if isinstance(text := raw.get(name), str):
            return text
    return None


def _word(raw: object, text: str, speaker: str | None) -> Word:
    """Read a word, whose text is still as it stands in the file; a start of -1 is no time."""
    if not isinstance(raw, Mapping):
        return Word(text, -1.0, -1.0, None, speaker)
    left, right = raw.get("start"), raw.get("end")
    if not (type(left) is type(right) is float and 0.0 <= left <= right <= LONGEST_S):
        left, right = _span(left, right)
    score = next((raw[name] for name in _SCORE_NAMES if name in raw), None)
    said_by = raw.get("speaker")
    return Word(
        text,
        left,
        right,
        score if type(score) is float and score - score == 0.0 else _score(score),
        said_by if type(said_by) is str else speaker,
        raw.get("estimated") is True,
    )


def _known_times(words: Sequence[Word], begins: float) -> list[tuple[float, float] | None]:
    """Return the times that words have; one with an end alone keeps it, and begins shortly before.

    `begins` is where the segment does.
    """
    times: list[tuple[float, float] | None] = []
    ended, waiting = begins, 0
    for word in words:
        if word.start < 0 and word.end < 0:
            times.append(None)
            waiting += 1
            continue
        start = word.start
        if start < 0:
            room = max(0.0, word.end - ended) / (waiting + 1)
            start = word.end - min(TYPICAL_WORD_S, room)
        times.append((start, word.end))
        ended, waiting = max(ended, word.end), 0
    return times


def _span(start: object, end: object) -> tuple[float, float]:
    """Return a word's times made possible; -1 for a start, or for both, that it has not."""
    left, right = seconds_of(start), seconds_of(end)
    if left is None:
        return -1.0, -1.0 if right is None else right
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
    """Return a time of a recording, none before its start; None where it is no such time.

    Some write the number as text.
    """
    if isinstance(raw, str):
        raw = float(raw) if _NUMBER.fullmatch(raw) else None
    if isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) <= LONGEST_S:
        return max(0.0, float(raw))
    return None


def _score(raw: object) -> float | None:
    if isinstance(raw, int | float) and abs(raw) <= _LARGEST_SCORE:
        return float(raw)
    return None


def invalid(message: str) -> InvalidInput:
    """Return the error for what is no transcript."""
    return InvalidInput(
        f"not a transcript: {message}",
        hint="expected Everyword's or WhisperX's transcript JSON",
        code="transcript_invalid",
    )
