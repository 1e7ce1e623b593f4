"""Whether a transcript that a feed links to is good enough to be used instead of recognition."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from everyword_transcripts import Transcript

LEAST_SHARE: Final = 0.6
"""How far into the audio its last word must be."""
LATEST_S: Final = 30.0
"""How far behind the audio's end it may be: beyond it, it belongs to a cut with other adverts."""
LEAST_WORDS_A_MINUTE: Final = 20.0
MOST_WORDS_A_MINUTE: Final = 360.0


@dataclass(frozen=True)
class Assessment:
    """Whether it is good, and in a person's words why not."""

    good: bool
    reason: str = ""


def assess_transcript(transcript: "Transcript", duration_s: float) -> Assessment:
    """Compare a transcript with the length of the audio that it is said to belong to."""
    words = [word for segment in transcript.segments for word in segment.words]
    if not words or duration_s <= 0:
        return Assessment(good=False, reason="it has no words")
    end_s = max(word.end for word in words)
    a_minute = len(words) / (duration_s / 60)
    if end_s > duration_s + LATEST_S:
        return Assessment(good=False, reason=f"it ends {end_s - duration_s:.0f} s after the audio")
    if end_s < LEAST_SHARE * duration_s:
        return Assessment(good=False, reason=f"it ends at {end_s:.0f} of {duration_s:.0f} s")
    if not LEAST_WORDS_A_MINUTE <= a_minute <= MOST_WORDS_A_MINUTE:
        return Assessment(good=False, reason=f"it has {a_minute:.0f} words a minute")
    return Assessment(good=True)
