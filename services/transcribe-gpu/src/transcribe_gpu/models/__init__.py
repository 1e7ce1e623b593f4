"""Speech models by name: what is known of each, where it comes from, where it lies."""

from transcribe_gpu.models.catalogue import (
    ALL_LANGUAGES,
    NEMO,
    SEGMENTATION,
    TRANSFORMERS,
    VOICES,
    WHISPER,
    Catalogue,
    SpeechModel,
    accuracy_of,
    known_models,
)
from transcribe_gpu.models.folder import format_of
from transcribe_gpu.models.library import ModelFolder, ModelLibrary, ModelSource

__all__ = [
    "ALL_LANGUAGES",
    "NEMO",
    "SEGMENTATION",
    "TRANSFORMERS",
    "VOICES",
    "WHISPER",
    "Catalogue",
    "ModelFolder",
    "ModelLibrary",
    "ModelSource",
    "SpeechModel",
    "accuracy_of",
    "format_of",
    "known_models",
]
