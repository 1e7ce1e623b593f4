"""A voiceprint: what a voice is known again by. Biometric data: kept only with consent."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from everyword_events import InvalidInput


class Voiceprint(BaseModel):
    """One speaker's voice in one recording.

    `embedding` has length 1 and is comparable only with those of the same `model`; `speech_s` is
    for how long the voice was heard, in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1] = Field(default=1, alias="schema")
    model: str
    embedding: tuple[FiniteFloat, ...] = Field(min_length=1)
    speech_s: Annotated[FiniteFloat, Field(ge=0)]


def write_voiceprint(voice: Voiceprint) -> bytes:
    """Return a voiceprint as JSON."""
    return voice.model_dump_json(by_alias=True).encode()


def read_voiceprint(raw: bytes) -> Voiceprint:
    """Read a voiceprint.

    Raises:
        InvalidInput: it is none.
    """
    try:
        return Voiceprint.model_validate_json(raw)
    except ValidationError as error:
        raise InvalidInput("not a voiceprint", code="voiceprint_invalid") from error


def voiceprint_name(label: str) -> str:
    """Return the artifact's name of a speaker's voiceprint, in a folder of its own."""
    return f"{VOICES}{label}/voiceprint.json"


VOICES = "transcribe-gpu/voices/"
"""What the names of all voiceprints of a run begin with."""
