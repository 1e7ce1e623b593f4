"""How much of what was said is found: recall and precision by tier, and term-weighted value.

Recall counts, for every term and every recording that says it, whether one of the recording's
first ten moments is such a place; precision, how many of all those moments are.
"""

from search.evaluation.runner import (
    FIRST_MOMENTS,
    Row,
    SearchEvaluation,
    as_json,
    document_of,
    evaluate,
    is_asked,
)
from search.evaluation.said import Found, Said, is_right, is_said_at, said_in
from search.evaluation.term_weighted import best_term_weighted_value, term_weighted_value

__all__ = [
    "FIRST_MOMENTS",
    "Found",
    "Row",
    "Said",
    "SearchEvaluation",
    "as_json",
    "best_term_weighted_value",
    "document_of",
    "evaluate",
    "is_asked",
    "is_right",
    "is_said_at",
    "said_in",
    "term_weighted_value",
]
