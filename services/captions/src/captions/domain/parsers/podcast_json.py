"""Podcasting 2.0's transcript JSON, whose segments are cues in some files and words in others."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from captions.domain.parsers.clock import parse_short_clock
from captions.domain.parsers.import_log import ImportLog
from captions.domain.phrases import ends_sentence
from everyword_events import InvalidInput
from everyword_transcripts.mending import seconds_of
from everyword_transcripts.timing import TYPICAL_WORD_S

_LONG_PAUSE_S: Final = 1.0


class _Segment(NamedTuple):
    start: float
    end: float | None
    speaker: str | None
    body: str


def is_podcast_json(form: Mapping[str, Any]) -> bool:
    """Tell whether a JSON document is Podcasting 2.0's and not ours or WhisperX's."""
    segments = form.get("segments")
    return isinstance(segments, list) and any(
        isinstance(segment, Mapping) and "startTime" in segment for segment in segments
    )


def podcast_segments(form: Mapping[str, Any], log: ImportLog) -> list[dict[str, Any]]:
    """Return the segments in the shape of our own JSON; runs of single words are gathered.

    Raises:
        InvalidInput: no segment has a start and a text that can be read.
    """
    read = [_segment(raw) for raw in form["segments"]]
    if None in read:
        log.note("segments_skipped", count=read.count(None))
    known = [segment for segment in read if segment is not None]
    if read and not known:
        raise InvalidInput(
            "not a Podcasting 2.0 transcript: no segment has a startTime that is a number",
            hint='a segment is {"startTime": 0.5, "endTime": 2.0, "body": "Hello."}',
            code="captions_invalid",
        )
    segments = [segment for segment in known if segment.body.strip()]
    single = sum(len(segment.body.split()) == 1 for segment in segments)
    gather = single * 2 > len(segments)
    found: list[dict[str, Any]] = []
    speaker: str | None = None
    last: _Segment | None = None
    for at, segment in enumerate(segments):
        lasting = TYPICAL_WORD_S * len(segment.body.split())
        following = segments[at + 1].start if at + 1 < len(segments) else segment.start + lasting
        end = max(segment.start, following if segment.end is None else segment.end)
        speaker = segment.speaker or speaker
        one = {"word": segment.body.strip(), "start": segment.start, "end": end}
        if gather and last is not None and _goes_on(last, segment):
            found[-1]["words"].append(one)
            found[-1]["end"] = max(found[-1]["end"], end)
        elif gather:
            found.append({"start": segment.start, "end": end, "speaker": speaker, "words": [one]})
        else:
            found.append(
                {"start": segment.start, "end": end, "speaker": speaker, "text": segment.body}
            )
        last = segment
    return found


def _segment(raw: object) -> _Segment | None:
    if not isinstance(raw, Mapping):
        return None
    start, end = _seconds(raw.get("startTime")), _seconds(raw.get("endTime"))
    body = raw.get("body")
    if start is None or not isinstance(body, str | None):
        return None
    speaker = raw.get("speaker")
    return _Segment(start, end, speaker if isinstance(speaker, str) else None, body or "")


def _seconds(raw: object) -> float | None:
    """Read a number of seconds, as the specification says, or a clock, as some write."""
    seconds = seconds_of(raw)
    if seconds is None and isinstance(raw, str):
        ms = parse_short_clock(raw.strip())
        seconds = None if ms is None else ms / 1000
    return seconds


def _goes_on(before: _Segment, segment: _Segment) -> bool:
    """Tell whether two segments of a word-by-word file belong to one stretch of speech."""
    pause = segment.start - (before.start if before.end is None else before.end)
    same = segment.speaker is None or segment.speaker == before.speaker
    return same and not ends_sentence(before.body.strip()) and pause < _LONG_PAUSE_S
