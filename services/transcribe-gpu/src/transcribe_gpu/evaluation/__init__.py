"""How well speech is recognised: recordings with their truth, measured."""

from transcribe_gpu.evaluation.runner import RecognitionScore, evaluate_recordings, table_of

__all__ = ["RecognitionScore", "evaluate_recordings", "table_of"]
