"""Transcripts whose times are a broadcast's: the programme starts at 10:00:00, its audio at 0."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from everyword_transcripts import Segment, Transcript

FLAG: Final = "programme_start"
_HOUR_S: Final = 3600.0
_BEGINS_WITHIN_S: Final = 600.0
"""How long after the programme's start the first word comes at the latest."""
_AFTER_END_S: Final = 30.0
"""How far behind the audio's end the last word may be, by other adverts or a fade."""


def from_the_audio_s_start(transcript: "Transcript", audio_s: float) -> "Transcript":
    """Return a transcript counted from its audio's start, where it is whole hours late.

    That is told where it ends after the audio, and would not without the hours before its first
    word; it carries a flag that says which start was taken away. All others come back as they are.
    """
    first_s = min((segment.start for segment in transcript.segments), default=0.0)
    hours = int(first_s // _HOUR_S)
    offset_s = hours * _HOUR_S
    last_s = max((segment.end for segment in transcript.segments), default=0.0)
    fits = last_s > audio_s >= last_s - offset_s - _AFTER_END_S
    if not hours or first_s - offset_s > _BEGINS_WITHIN_S or not fits:
        return transcript
    segments = tuple(_earlier(segment, offset_s) for segment in transcript.segments)
    shifted = replace(
        transcript, segments=segments, duration_s=transcript.duration_s - offset_s, phones=()
    )
    return shifted.with_flag(f"{FLAG}:{hours:02}:00:00")


def _earlier(segment: "Segment", offset_s: float) -> "Segment":
    def at(time_s: float) -> float:
        return round(time_s - offset_s, 3)

    words = tuple(
        word.with_times(at(word.start), at(word.end), estimated=word.estimated)
        for word in segment.words
    )
    return type(segment)(at(segment.start), at(segment.end), segment.text, segment.speaker, words)
