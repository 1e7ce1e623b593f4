"""What a query sounds like, where it can be looked for by sound at all."""

from typing import Final

from search.domain.query import Query
from search.domain.sounds.speech import Pronouncer

FEWEST_SOUNDS: Final = 4
"""Shorter words sound like some part of almost any sentence."""
MOST_SOUNDS: Final = 32


def sounds_asked(query: Query, pronouncer: Pronouncer) -> str:
    """Return the sounds of the query's words in a row; none where they are too few or unknown.

    A prefix is not a whole word, and has no sound. A long query is looked for by its beginning.
    """
    if any(clause.is_prefix for clause in query.wanted):
        return ""
    said = [pronouncer.sounds_of(token) for clause in query.wanted for token in clause.tokens]
    sounds = "".join(said)[:MOST_SOUNDS]
    return sounds if all(said) and len(sounds) >= FEWEST_SOUNDS else ""
