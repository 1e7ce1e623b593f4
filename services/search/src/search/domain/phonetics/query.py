"""The phones of a query, where it can be looked for by sound at all."""

from typing import Final

from search.domain.phonetics.pronunciation import Pronouncer
from search.domain.query import Query

FEWEST_PHONES: Final = 4
"""Shorter words sound like some part of almost any sentence."""
MOST_PHONES: Final = 32


def phones_of_query(query: Query, pronouncer: Pronouncer) -> str:
    """Return the phones of the query's words in a row; none where they are too few or unknown.

    A prefix is not a whole word, and has no sound. A long query is looked for by its beginning.
    """
    if any(clause.is_prefix for clause in query.wanted):
        return ""
    said = [pronouncer.phones_of(token) for clause in query.wanted for token in clause.tokens]
    phones = "".join(said)[:MOST_PHONES]
    return phones if all(said) and len(phones) >= FEWEST_PHONES else ""
