"""How well speech is recognised: a folder of audio with its truth, measured."""

from transcribe_gpu.evaluation.runner import Score, evaluate_folder, table_of

__all__ = ["Score", "evaluate_folder", "table_of"]
