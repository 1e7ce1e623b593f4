"""What a probed file says of itself, and what we take."""

from dataclasses import dataclass
from typing import Final

from everyword_events import InvalidInput

_SECONDS_A_MINUTE: Final = 60
_SECONDS_AN_HOUR: Final = 3600


@dataclass(frozen=True)
class AudioFacts:
    """One audio track, as it is: `duration_s` was counted, not believed.

    `media_type` is what a browser needs to be told to play the file.
    """

    duration_s: float
    container: str
    codec: str
    channels: int
    sample_rate_hz: int
    media_type: str


@dataclass(frozen=True)
class AudioLimits:
    """How much audio one episode may be."""

    max_bytes: int
    max_duration_s: float


def validate_audio(facts: AudioFacts, limits: AudioLimits) -> None:
    """Accept audio within the limits.

    Raises:
        InvalidInput: too long (code `too_long`), or no sound at all (`empty`).
    """
    if facts.duration_s <= 0:
        raise InvalidInput("the file has no sound in it", code="empty")
    if facts.duration_s > limits.max_duration_s:
        raise InvalidInput(
            f"{human_duration(facts.duration_s)} of audio is more than the "
            f"{human_duration(limits.max_duration_s)} one episode may have",
            hint="split the recording, or raise max_duration_s in [ingest]",
            code="too_long",
        )


def human_duration(seconds: float) -> str:
    """Say a duration as people do."""
    hours, rest = divmod(round(seconds), _SECONDS_AN_HOUR)
    minutes, left = divmod(rest, _SECONDS_A_MINUTE)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {left:02} s" if minutes else f"{seconds:.1f} s"
