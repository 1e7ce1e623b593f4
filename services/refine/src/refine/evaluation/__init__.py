"""How good refinement is, measured on transcripts corrupted on purpose, with their truth."""

from refine.evaluation.cases import Case, ScriptedModel, load_cases
from refine.evaluation.measure import CorrectionEvaluation, CorrectionScore, evaluate

__all__ = [
    "Case",
    "CorrectionEvaluation",
    "CorrectionScore",
    "ScriptedModel",
    "evaluate",
    "load_cases",
]
