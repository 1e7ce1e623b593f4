"""How well speech is recognised: recordings with their truth, measured."""

from transcribe_gpu.evaluation.runner import (
    RecognisedFile,
    RecognitionScore,
    evaluate_recordings,
    table_of,
)

__all__ = ["RecognisedFile", "RecognitionScore", "evaluate_recordings", "table_of"]
