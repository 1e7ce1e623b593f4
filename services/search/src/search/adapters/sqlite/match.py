"""Writes a plan as an FTS5 MATCH expression that no matching episode escapes."""

from itertools import islice, product
from typing import Final

from search.domain.matching import Alternatives, Pattern, QueryPlan, Slot

_MOST_PHRASES: Final = 32


def match_expression(plan: QueryPlan) -> str | None:
    """Return the expression, or None where nothing can match.

    It may let episodes pass that the arrays then refuse: clauses need not stand near each other,
    and excluded words only count near a match.
    """
    clauses = [_clause(alternatives) for alternatives in plan.wanted]
    return None if not clauses or not all(clauses) else " AND ".join(f"({c})" for c in clauses)


def _clause(alternatives: Alternatives) -> str:
    return " OR ".join(part for part in map(_pattern, alternatives) if part)


def _pattern(pattern: Pattern) -> str:
    options = [_options(slot) for slot in pattern]
    if not all(options):
        return ""
    if any(slot.prefix for slot in pattern[:-1]):  # FTS5 has prefixes at the end of a phrase alone
        return _all_of(options)
    phrases = list(islice(product(*options), _MOST_PHRASES + 1))
    if len(phrases) <= _MOST_PHRASES:
        return " OR ".join(_phrase(row) for row in phrases)
    return _all_of(options)


def _all_of(options: list[list[str]]) -> str:
    return "(" + " AND ".join("(" + " OR ".join(map(_term, terms)) + ")" for terms in options) + ")"


def _options(slot: Slot) -> list[str]:
    """Return a slot's terms; one that ends in * is a prefix."""
    return [*sorted(slot.terms), *((f"{slot.prefix}*",) if slot.prefix else ())]


def _phrase(row: tuple[str, ...]) -> str:
    words = " ".join(row)
    return f'"{words[:-1]}" *' if words.endswith("*") else f'"{words}"'


def _term(term: str) -> str:
    return _phrase((term,))
