"""The transcript's JSON (schema 1, a superset of WhisperX's): one reader, one writer."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic_core import from_json, to_json

from everyword_events import InvalidInput
from everyword_transcripts.model import SCHEMA, Engine, Segment, Speaker, Transcript, Word
from everyword_transcripts.spacing import split_words
from everyword_transcripts.timing import (
    TYPICAL_WORD_S,
    estimate_times,
    put_in_order,
    spread,
)

Json = Mapping[str, Any]


def read_transcript(raw: bytes | str | Json) -> Transcript:
    """Read our transcript JSON or WhisperX's, mending times that are missing or impossible.

    Missing, infinite or NaN times are estimated from their neighbours and marked; a segment
    without words gets them from its text; starts that run backwards are put in order and the
    transcript is flagged `times_repaired`.

    Raises:
        InvalidInput: not JSON, no list of segments, or a schema newer than this program.
    """
    form = _parse(raw)
    language = _text(form.get("language")) or "und"
    segments: list[Segment] = []
    reader = _SegmentReader(language)
    for number, raw_segment in enumerate(form["segments"]):
        if not isinstance(raw_segment, Mapping):
            raise _invalid(f"segments[{number}] is not an object")
        segment = reader.read(raw_segment, number)
        if segment is not None:
            segments.append(segment)
    last = max((segment.end for segment in segments), default=0.0)
    stated = _seconds(form.get("duration_s"))
    duration_s = stated or last
    changed = False
    while not in_order(segments, duration_s):  # starts only ever grow, so this ends
        segments, mended = put_in_order(segments, duration_s)
        changed = changed or mended
    transcript = Transcript(
        language=language,
        duration_s=duration_s,
        segments=tuple(segments),
        speakers=_speakers(form, segments),
        engine=_engine(form.get("engine")),
        flags=tuple(str(flag) for flag in form.get("flags") or ()),
        episode_id=_text(form.get("episode_id")) or None,
        run_id=_text(form.get("run_id")) or None,
    )
    return transcript.with_flag("times_repaired") if changed else transcript


def write_transcript(transcript: Transcript) -> bytes:
    """Write schema 1 as UTF-8 JSON: the same transcript gives the same bytes."""
    form = {
        "schema": SCHEMA,
        "episode_id": transcript.episode_id,
        "run_id": transcript.run_id,
        "language": transcript.language,
        "duration_s": round(transcript.duration_s, 3),
        "engine": {
            "name": transcript.engine.name,
            "model": transcript.engine.model,
            "device": transcript.engine.device,
        },
        "flags": transcript.flags,
        "speakers": [{"label": s.label, "name": s.name} for s in transcript.speakers],
        "segments": [
            {
                "start": round(segment.start, 3),
                "end": round(segment.end, 3),
                "text": segment.text,
                "speaker": segment.speaker,
                "words": [
                    {
                        "word": word.word,
                        "start": round(word.start, 3),
                        "end": round(word.end, 3),
                        "score": word.score,
                        "speaker": word.speaker,
                        "estimated": word.estimated,
                    }
                    for word in segment.words
                ],
            }
            for segment in transcript.segments
        ],
    }
    return to_json(form)


def in_order(segments: list[Segment], duration_s: float) -> bool:
    """Tell whether the times already hold what `Transcript` promises."""
    latest: dict[str | None, float] = {}
    for segment in segments:
        for word in segment.words:
            start = word.start
            if not latest.get(word.speaker, 0.0) <= start <= word.end <= duration_s:
                return False
            latest[word.speaker] = start
    return all(a.start <= b.start for a, b in pairwise(segments))


def _parse(raw: bytes | str | Json) -> Json:
    if isinstance(raw, Mapping):
        form: Any = raw
    else:
        try:
            form = from_json(raw.removeprefix(b"\xef\xbb\xbf") if isinstance(raw, bytes) else raw)
        except ValueError as error:
            raise _invalid(f"not JSON: {error}") from error
    if not isinstance(form, Mapping) or not isinstance(form.get("segments"), list):
        raise _invalid('no list of "segments"')
    schema = form.get("schema", SCHEMA)
    if not isinstance(schema, int) or schema > SCHEMA:
        raise _invalid(f"schema {schema!r}, this program knows up to {SCHEMA}")
    return form


@dataclass
class _SegmentReader:
    """Reads one segment after the other; `clock` is where the one before it ended."""

    language: str
    clock: float = 0.0

    def read(self, raw: Json, number: int) -> Segment | None:
        speaker = _text(raw.get("speaker")) or None
        start, end = _seconds(raw.get("start")), _seconds(raw.get("end"))
        raw_words = raw.get("words")
        if raw_words is not None and not isinstance(raw_words, list):
            raise _invalid(f"segments[{number}].words is not a list")
        if raw_words:
            words = self._words(raw_words, number, speaker, start, end)
        else:
            words = self._from_text(_text(raw.get("text")), speaker, start, end)
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
                raise _invalid(f"segments[{number}].words holds something that is not an object")
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
    left, right = _seconds(start), _seconds(end)
    if left is None:
        return -1.0, -1.0
    return left, left if right is None else right


def _split(word: Word, pieces: list[str]) -> list[Word]:
    spans = [(-1.0, -1.0)] * len(pieces) if word.start < 0 else spread(pieces, word.start, word.end)
    return [
        Word(piece, a, b, word.score, word.speaker, word.estimated)
        for piece, (a, b) in zip(pieces, spans, strict=True)
    ]


def _speakers(form: Json, segments: list[Segment]) -> tuple[Speaker, ...]:
    named = [
        Speaker(str(raw["label"]), _text(raw.get("name")) or None)
        for raw in form.get("speakers") or ()
        if isinstance(raw, Mapping) and raw.get("label")
    ]
    known = {speaker.label for speaker in named}
    for segment in segments:
        labels = dict.fromkeys((segment.speaker, *[word.speaker for word in segment.words]))
        for label in labels:
            if label is not None and label not in known:
                known.add(label)
                named.append(Speaker(label))
    return tuple(named)


def _engine(raw: object) -> Engine:
    if not isinstance(raw, Mapping):
        return Engine()
    return Engine(
        _text(raw.get("name")) or "unknown", _text(raw.get("model")), _text(raw.get("device"))
    )


def _text(raw: object) -> str:
    return raw.strip() if isinstance(raw, str) else ""


def _seconds(raw: object) -> float | None:
    if isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw):
        return max(0.0, float(raw))
    return None


def _score(raw: object) -> float | None:
    if isinstance(raw, int | float) and math.isfinite(raw):
        return float(raw)
    return None


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(
        f"not a transcript: {message}",
        hint="expected Everyword's or WhisperX's transcript JSON",
        code="transcript_invalid",
    )
