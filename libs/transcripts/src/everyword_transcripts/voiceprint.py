"""A voiceprint: what a voice is known again by. Biometric data: kept only with consent."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from everyword_events import InvalidInput

if TYPE_CHECKING:  # events take a while to import
    from everyword_events import VoiceForgotten

VOICES: Final = "transcribe-gpu/voices/"
"""What the names of all voiceprints of a run begin with."""
_SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Voiceprint:
    """One speaker's voice in one recording.

    `embedding` has length 1 and is comparable only with those of the same `model`; `speech_s` is
    for how long the voice was heard, in seconds.
    """

    model: str
    embedding: tuple[float, ...]
    speech_s: float


def voiceprint_name(label: str) -> str:
    """Return the artifact's name of a speaker's voiceprint, in a folder of its own."""
    return f"{VOICES}{label}/voiceprint.json"


def forgotten_voiceprints(
    forgotten: "VoiceForgotten", runs: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Yield (run, artifact folder) of the voiceprints to delete; `runs` are the episode's."""
    for label in forgotten.labels:
        yield forgotten.of_run, voiceprint_name(label).rpartition("/")[0]
    for run_id in runs:
        if run_id < forgotten.of_run:
            yield run_id, VOICES.rstrip("/")


def write_voiceprint(voice: Voiceprint) -> bytes:
    """Return a voiceprint as JSON."""
    written = {
        "schema": _SCHEMA,
        "model": voice.model,
        "embedding": voice.embedding,
        "speech_s": voice.speech_s,
    }
    return json.dumps(written).encode()


def read_voiceprint(raw: bytes) -> Voiceprint:
    """Read a voiceprint.

    Raises:
        InvalidInput: it is none.
    """
    try:
        found: Any = json.loads(raw)
        known = found["schema"] == _SCHEMA
        embedding = tuple(float(value) for value in found["embedding"])
        voice = Voiceprint(str(found["model"]), embedding, float(found["speech_s"]))
    except (ValueError, TypeError, LookupError) as error:
        raise InvalidInput("not a voiceprint", code="voiceprint_invalid") from error
    if not known or not embedding or not all(map(isfinite, (*embedding, voice.speech_s))):
        raise InvalidInput("not a voiceprint", code="voiceprint_invalid")
    return voice
