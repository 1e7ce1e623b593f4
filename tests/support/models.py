"""Real models that a test cannot do without: fetched, or the test is skipped with what to do."""

import pytest

from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.models import SEGMENTATION, VOICES, WHISPER
from transcribe_gpu.standalone import model_library


def model_here(name: str, kind: str = WHISPER) -> str:
    """Return the name of a model that is on this machine from now on."""
    try:
        model_library().fetch(name, model_format=kind, report=lambda *_: None)
    except EngineUnavailable as error:
        pytest.skip(f"{error.message}: everyword models fetch {name}")
    return name


def speaker_models_here() -> None:
    """Make sure of both models that tell speakers apart."""
    model_here("pyannote-segmentation", SEGMENTATION)
    model_here("resemblyzer", VOICES)
