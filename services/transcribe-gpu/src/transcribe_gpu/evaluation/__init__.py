"""How well speech is recognised: recordings with their truth, measured."""

from transcribe_gpu.evaluation.runner import (
    Heard,
    RecognitionScore,
    evaluate_recordings,
    table_of,
)

__all__ = ["Heard", "RecognitionScore", "evaluate_recordings", "table_of"]
