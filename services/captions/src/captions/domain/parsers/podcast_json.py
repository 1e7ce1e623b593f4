"""Podcasting 2.0's transcript JSON, whose segments are cues in some files and words in others."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from captions.domain.phrases import ends_sentence
from everyword_events import InvalidInput

_LONG_PAUSE_S: Final = 1.0


class _Segment(BaseModel):
    model_config = ConfigDict(extra="ignore")

    start: FiniteFloat = Field(alias="startTime", ge=0)
    end: FiniteFloat | None = Field(default=None, alias="endTime", ge=0)
    speaker: str | None = None
    body: str = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    segments: list[_Segment]


def is_podcast_json(form: Mapping[str, Any]) -> bool:
    """Tell whether a JSON document is Podcasting 2.0's and not ours or WhisperX's."""
    segments = form.get("segments")
    return isinstance(segments, list) and any(
        isinstance(segment, Mapping) and "startTime" in segment for segment in segments
    )


def podcast_segments(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the segments in the shape of our own JSON; runs of single words are gathered.

    Raises:
        InvalidInput: a segment without a start, or with times that are no numbers.
    """
    try:
        file = _File.model_validate(form)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"not a Podcasting 2.0 transcript: {where}: {first['msg']}", code="captions_invalid"
        ) from error
    segments = [segment for segment in file.segments if segment.body.strip()]
    single = sum(len(segment.body.split()) == 1 for segment in segments)
    gather = single * 2 > len(segments)
    found: list[dict[str, Any]] = []
    speaker: str | None = None
    last: _Segment | None = None
    for at, segment in enumerate(segments):
        following = segments[at + 1].start if at + 1 < len(segments) else segment.start
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


def _goes_on(before: _Segment, segment: _Segment) -> bool:
    """Tell whether two segments of a word-by-word file belong to one stretch of speech."""
    pause = segment.start - (before.start if before.end is None else before.end)
    same = segment.speaker is None or segment.speaker == before.speaker
    return same and not ends_sentence(before.body.strip()) and pause < _LONG_PAUSE_S
