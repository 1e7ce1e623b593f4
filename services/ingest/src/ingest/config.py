"""The section `[ingest]` of everyword.toml."""

from typing import Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
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

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    audio_days: NonNegativeFloat = 0
    """After how many days a finished episode's audio is deleted; its words stay. 0: never."""
    runs: NonNegativeInt = 0
    """Of how many of its newest runs an episode keeps the files; what is in use stays. 0: all."""

    @property
    def deletes(self) -> bool:
        """Whether anything is deleted."""
        return bool(self.audio_days or self.runs)


class IngestSettings(BaseModel):
    """What is taken in."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    max_bytes: PositiveInt = 5_000_000_000
    """How large a file may be."""
    max_duration_s: PositiveFloat = 12 * 3600
    """How long a recording may be."""
    allow_private_addresses: bool = False
    """Whether feeds and addresses on loopback or private networks may be fetched."""
    download_total_s: PositiveFloat = 2 * 3600
    """How long one download may take in all; what came is kept, and it goes on from there."""
    host_at_once: PositiveInt = 2
    """How many downloads from one host run at a time."""
    host_delay_s: NonNegativeFloat = 0.5
    """How long to wait between two requests to one host."""
    feed_poll_s: PositiveFloat = 3600
    """How often a feed is asked for new episodes."""
    feed_transcripts: Literal["use", "ignore"] = "use"
    """Whether transcripts that a feed links to replace recognition where they are good."""
    multipart_bytes: PositiveInt = 64_000_000
    """Larger files are uploaded in parts, so that one that breaks off need not begin anew."""
    part_bytes: PositiveInt = 16 * 1024 * 1024
    """How large a part of an upload is, at least; S3 takes none below 5 MiB."""
    upload_expires_s: PositiveFloat = 6 * 3600
    """How long an upload address holds; an upload that began in time may end later."""

    @property
    def limits(self) -> AudioLimits:
        """Return how much audio one episode may be."""
        return AudioLimits(max_bytes=self.max_bytes, max_duration_s=self.max_duration_s)
