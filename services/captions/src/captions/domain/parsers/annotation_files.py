"""What linguists and evaluations transcribe in: Praat's TextGrid, ELAN's EAF, NIST's STM.

https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html, ELAN's annotation format, and
SCTK's description of STM.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final
from xml.etree import ElementTree as ET

from captions.domain.parsers.decoding import decode_lines
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.timed_text import Piece, TimedText
from everyword_events import InvalidInput

TEXTGRID: Final = re.compile(r"file type = \"ootextfile|\"?ootextfile", re.IGNORECASE)
EAF: Final = re.compile(
    r"(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<annotation_document[\s>]", re.DOTALL
)
_NUMBER: Final = r"\d{1,7}(?:\.\d{1,9})?"
STM: Final = re.compile(
    rf"\S+ +(?:\d+|[A-Za-z]) +(\S+) +({_NUMBER}) +({_NUMBER})(?: +<[^<>]*>)?(?: +(.*))?"
)
_TOKEN: Final = re.compile(r'"(?:[^"]|"")*"|(?<!\S)-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\S)|<exists>')
_SOUNDS: Final = re.compile(r"(?:.*\W)?(?:phones?|phonemes?|syllables?)\s*", re.IGNORECASE)
_WORDS: Final = re.compile(r"(?:(.*?)\s*[-_:]\s*)?words?\s*", re.IGNORECASE)
_NOBODY: Final = frozenset(
    {"text", "transcript", "transcription", "utterance", "utterances", "sentence", "sentences"}
    | {"segments", "orthography", "ort", "default", "words"}
)
_PAUSE_MS: Final = 1000
_MOST_WORDS: Final = 12
_SPAN: Final = 3
_LATEST_S: Final = 1e9
_MOST_DIGITS: Final = 12
_NOT_SPOKEN: Final = frozenset({"ignore_time_segment_in_scoring", "inter_segment_gap"})


def parse_textgrid(
    raw: bytes, language: str = "und", log: ImportLog | None = None
) -> list[TimedText]:
    """Read the intervals that say something; a tier is a speaker, unless its name says what it is.

    Where an aligner wrote tiers of words, these are read and have their own times; tiers of
    sounds are not.

    Raises:
        InvalidInput: it is no TextGrid of text, or no interval says anything.
    """
    log = log or ImportLog()
    tokens = [found[0] for found in _TOKEN.finditer(decode_lines(raw, language, log))]
    tiers = [tier for tier in _tiers(tokens) if not _SOUNDS.fullmatch(tier[0])]
    words = [tier for tier in tiers if _WORDS.fullmatch(tier[0])]
    cues: list[TimedText] = []
    for name, intervals in words or tiers:
        found = _WORDS.fullmatch(name)
        voice = ((found[1] if found else name) or "").strip()
        voice = "" if voice.casefold() in _NOBODY else voice
        log.seen += len(intervals)
        cues += _runs(intervals, voice or None) if words else _lines(intervals, voice or None)
    return _said(cues, "a TextGrid of text")


_Interval = tuple[int, int, str]


def _tiers(tokens: Sequence[str]) -> Iterator[tuple[str, list[_Interval]]]:
    """Yield each tier of intervals by its name; points mark no speech."""
    at = 0
    while at < len(tokens):
        if tokens[at] != '"IntervalTier"':
            at += 1
            continue
        try:
            name, count = _text(tokens[at + 1]), int(float(tokens[at + 4]))
            rows = tokens[at + 5 : at + 5 + _SPAN * count]
            yield (
                name,
                [
                    (_ms(rows[i]), _ms(rows[i + 1]), text)
                    for i in range(0, len(rows) - 2, _SPAN)
                    if (text := " ".join(_text(rows[i + 2]).split()))
                ],
            )
        except (ValueError, IndexError, OverflowError) as error:
            raise _invalid("a TextGrid of text", "an interval has no times") from error
        at += 5 + _SPAN * count


def _text(token: str) -> str:
    return token[1:-1].replace('""', '"')


def _ms(token: str) -> int:
    return round(min(max(0.0, float(token)), _LATEST_S) * 1000)


def _lines(intervals: Sequence[_Interval], voice: str | None) -> Iterator[TimedText]:
    yield from (TimedText(a, b, (Piece(text, voice),), "", text) for a, b, text in intervals)


def _runs(words: Sequence[_Interval], voice: str | None) -> Iterator[TimedText]:
    """Yield what is said without a pause, up to a dozen words, each with its own time."""
    runs: list[list[_Interval]] = []
    for word in words:
        if not runs or len(runs[-1]) >= _MOST_WORDS or word[0] - runs[-1][-1][1] > _PAUSE_MS:
            runs.append([])
        runs[-1].append(word)
    for run in runs:
        pieces = [Piece(f"{text} ", voice, a, until_ms=b) for a, b, text in run]
        yield TimedText(run[0][0], run[-1][1], tuple(pieces))


def parse_eaf(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:  # noqa: ARG001 - XML names its encoding
    """Read the annotations of tiers that depend on no other: translations and glosses do.

    A tier's participant, else its name, says who speaks. Slots without a time lie evenly between
    their neighbours.

    Raises:
        InvalidInput: not XML, or XML with entities of its own, or no annotation has a time.
    """
    log = log or ImportLog()
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise _invalid("ELAN's annotations", "XML with a document type is not read")
    try:
        root = ET.fromstring(raw)  # noqa: S314 - without a document type there are no entities
    except (ET.ParseError, ValueError, LookupError) as error:
        raise _invalid("ELAN's annotations", str(error)) from error
    slots = _slots(list(root.iter("TIME_SLOT")))
    tiers = [tier for tier in root.iter("TIER") if tier.get("PARENT_REF") is None]
    cues: list[TimedText] = []
    for tier in tiers:
        voice = (tier.get("PARTICIPANT") or tier.get("TIER_ID") or "").strip()
        voice = "" if voice.casefold() in _NOBODY else voice
        for one in tier.iter("ALIGNABLE_ANNOTATION"):
            start = slots.get(one.get("TIME_SLOT_REF1", ""))
            end = slots.get(one.get("TIME_SLOT_REF2", ""))
            text = " ".join((one.findtext("ANNOTATION_VALUE") or "").split())
            log.seen += 1
            if text and (start is None or end is None):
                log.note("blocks_skipped")
            elif text and start is not None and end is not None:
                cues.append(TimedText(start, end, (Piece(text, voice or None),), "", text))
    return _said(cues, "ELAN's annotations")


def _slots(elements: Sequence[ET.Element]) -> dict[str, int]:
    """Return the times of slots by their names."""
    slots: dict[str, int] = {}
    names = [one.get("TIME_SLOT_ID", "") for one in elements]
    times = [_time_of(one) for one in elements]
    latest = at = 0
    for timed, group in groupby(times, lambda time: time is not None):
        run = list(group)
        stop = at + len(run)
        after = times[stop] if stop < len(times) else latest
        for number, (name, time) in enumerate(zip(names[at:stop], run, strict=True), 1):
            step = ((after or 0) - latest) / (len(run) + 1)
            slots[name] = round(latest + step * number) if time is None else time
        latest = (run[-1] or 0) if timed else latest
        at = stop
    return slots


def _time_of(slot: ET.Element) -> int | None:
    value = slot.get("TIME_VALUE", "")
    return int(value) if value.isdecimal() and len(value) <= _MOST_DIGITS else None


def parse_stm(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:
    """Read STM, a line for each segment: recording, channel, speaker, start, end, labels, text.

    Raises:
        InvalidInput: there is no such line.
    """
    log = log or ImportLog()
    cues = []
    for at, line in enumerate(decode_lines(raw, language, log).split("\n"), 1):
        found = STM.fullmatch(line.strip())
        if found is None:
            if line.strip() and not line.startswith(";;"):
                log.note("lines_skipped", at)
            continue
        speaker, start, end, text = found.groups()
        if not text or text.strip().casefold() in _NOT_SPOKEN:
            continue
        voice = None if speaker.casefold() in {"unk", "unknown", "inter_segment_gap"} else speaker
        cues.append(TimedText(_ms(start), _ms(end), (Piece(text, voice),), "", text))
    log.seen += len(cues)
    return _said(cues, "STM")


def _said(cues: list[TimedText], form: str) -> list[TimedText]:
    if not any(cue.text.strip() for cue in cues):
        raise _invalid(form, "nothing in it is said at a time")
    return sorted(cues, key=lambda cue: cue.start_ms)


def _invalid(form: str, why: str) -> InvalidInput:
    return InvalidInput(f"not {form}: {why}", hint="export SRT or WebVTT", code="captions_invalid")
