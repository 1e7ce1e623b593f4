"""What can be chosen of captions, and a profile alone, without the settings' models."""

from dataclasses import dataclass
from typing import Protocol

from captions.domain.limits import PROFILES, CueLimits
from captions.domain.vtt import Voices


class CaptionChoices(Protocol):
    """How captions are cut and written; the settings fit."""

    @property
    def voices(self) -> Voices:
        """How WebVTT names speakers."""

    @property
    def cue_settings(self) -> str:
        """WebVTT settings for every cue."""

    def limits(self) -> CueLimits:
        """Return what a cue may be."""


@dataclass(frozen=True)
class OfProfile:
    """The choices of a settings file that says nothing of captions."""

    profile: str = "web"
    voices: Voices = "tags"
    cue_settings: str = ""

    def limits(self) -> CueLimits:
        """Return the profile's limits."""
        return PROFILES[self.profile]
