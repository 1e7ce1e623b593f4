"""The `[captions]` section of everyword.toml."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, field_validator, model_validator

from captions.domain.limits import PROFILES, CueLimits

_SETTING = re.compile(r"(?:line|position|size|align|vertical|region):[^\s<>&]+")


class CaptionsSettings(BaseModel):
    """How captions are cut; a limit left out is the profile's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Literal["web", "podcast-srt"] = Field(
        "web",
        description="`web`: wide captions under a player. `podcast-srt`: narrow cards, one "
        "speaker on each.",
    )
    max_line_chars: Annotated[int, Field(ge=8, le=200)] | None = Field(
        None,
        description="Columns a line; a wide East Asian character takes two. Web 42, podcast-srt "
        "32.",
    )
    max_lines: Annotated[int, Field(ge=1, le=4)] | None = Field(
        None, description="Lines a cue. Both profiles 2."
    )
    max_cps: Annotated[FiniteFloat, Field(ge=5, le=60)] | None = Field(
        None, description="Characters a second that can be read. Both profiles 20."
    )
    min_duration_s: Annotated[FiniteFloat, Field(gt=0, le=10)] | None = Field(
        None,
        description="How long a cue stands at least, where speech leaves the time. Both profiles "
        "1.",
    )
    max_duration_s: Annotated[FiniteFloat, Field(gt=0, le=60)] | None = Field(
        None, description="How long a cue stands at most. Both profiles 7."
    )
    close_gaps_under_s: Annotated[FiniteFloat, Field(ge=0, le=5)] | None = Field(
        None,
        description="A cue stands until the next where less than this lies between. Both profiles"
        " 0.5.",
    )
    max_shift_s: Annotated[FiniteFloat, Field(ge=0, le=2)] | None = Field(
        None,
        description="How far a cue may move from its words where speech is too quick. Both "
        "profiles 0.5.",
    )
    cue_per_speaker: bool | None = Field(
        None,
        description="Whether each speaker has a cue of their own. Web false, podcast-srt true.",
    )
    voices: Literal["tags", "prefixes", "none"] = Field(
        "tags",
        description="How WebVTT names speakers: `<v Ada>` tags, `Ada: ` before the text, or not "
        "at all.",
    )
    chapters: bool = Field(
        True,
        description="Whether chapters are made where the creator gave none: by the language model, "
        "where `[refine.model]` has one, else from pauses and topic words.",
    )
    cue_settings: str = Field(
        "", description="WebVTT settings for every cue, such as `line:90% align:start`."
    )

    @field_validator("cue_settings")
    @classmethod
    def _known_settings(cls, value: str) -> str:
        for setting in value.split():
            if not _SETTING.fullmatch(setting) or "-->" in setting:
                raise ValueError(f"{setting!r} is no WebVTT cue setting, such as line:90%")
        return " ".join(value.split())

    @model_validator(mode="after")
    def _durations_in_order(self) -> "CaptionsSettings":
        limits = self.limits()
        if limits.min_ms > limits.max_ms:
            raise ValueError("min_duration_s is longer than max_duration_s")
        return self

    def limits(self) -> CueLimits:
        """Return the profile's limits with this section's own in their place."""
        base = PROFILES[self.profile]

        def ms(own_s: float | None, profile_ms: int) -> int:
            return profile_ms if own_s is None else round(own_s * 1000)

        return CueLimits(
            max_line_chars=self.max_line_chars or base.max_line_chars,
            max_lines=self.max_lines or base.max_lines,
            max_cps=self.max_cps or base.max_cps,
            min_ms=max(1, ms(self.min_duration_s, base.min_ms)),
            max_ms=max(1, ms(self.max_duration_s, base.max_ms)),
            close_gaps_under_ms=ms(self.close_gaps_under_s, base.close_gaps_under_ms),
            max_shift_ms=ms(self.max_shift_s, base.max_shift_ms),
            cue_per_speaker=base.cue_per_speaker
            if self.cue_per_speaker is None
            else self.cue_per_speaker,
        )
