"""How well speech is recognised: recordings with their truth, measured."""

from transcribe_gpu.evaluation.runner import Score, evaluate_recordings, table_of

__all__ = ["Score", "evaluate_recordings", "table_of"]
