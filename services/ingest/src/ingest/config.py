"""The section `[ingest]` of everyword.toml."""

from typing import Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from ingest.domain import AudioLimits

MOST_TRANSCRIPT_BYTES: Final = 64 * 1024 * 1024
"""What one request may carry; a 10-hour episode's transcript has about 10 MB."""


class RetentionSettings(BaseModel):
    """What is deleted by itself. Nothing is, unless it is said here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    audio_days: NonNegativeFloat = Field(
        0,
        description="After how many days a finished episode's audio is deleted; its words "
        "stay. 0: never.",
    )
    runs: NonNegativeInt = Field(
        0,
        description="Of how many of its newest runs an episode keeps the files; what is in "
        "use stays. 0: all.",
    )

    @property
    def deletes(self) -> bool:
        """Whether anything is deleted."""
        return bool(self.audio_days or self.runs)


class IngestSettings(BaseModel):
    """What is taken in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: PositiveInt = Field(
        5_000_000_000,
        description="How large a file may be.",
    )
    max_duration_s: PositiveFloat = Field(
        12 * 3600,
        description="How long a recording may be.",
    )
    allow_private_addresses: bool = Field(
        False,
        description="Whether feeds and addresses on loopback or private networks may be fetched.",
    )
    download_total_s: PositiveFloat = Field(
        2 * 3600,
        description="How long one download may take in all; what came is kept, and it goes "
        "on from there.",
    )
    host_at_once: PositiveInt = Field(
        2,
        description="How many downloads from one host run at a time.",
    )
    host_delay_s: NonNegativeFloat = Field(
        0.5,
        description="How long to wait between two requests to one host.",
    )
    feed_poll_s: PositiveFloat = Field(
        3600,
        description="How often a feed is asked for new episodes.",
    )
    feed_transcripts: Literal["use", "ignore"] = Field(
        "use",
        description="Whether transcripts that a feed links to replace recognition where "
        "they are good.",
    )
    multipart_bytes: PositiveInt = Field(
        64_000_000,
        description="Larger files are uploaded in parts, so that one that breaks off need "
        "not begin anew.",
    )
    part_bytes: PositiveInt = Field(
        16 * 1024 * 1024,
        description="How large a part of an upload is, at least; S3 takes none below 5 MiB.",
    )
    upload_expires_s: PositiveFloat = Field(
        6 * 3600,
        description="How long an upload address holds; an upload that began in time may end later.",
    )

    @property
    def limits(self) -> AudioLimits:
        """Return how much audio one episode may be."""
        return AudioLimits(max_bytes=self.max_bytes, max_duration_s=self.max_duration_s)
