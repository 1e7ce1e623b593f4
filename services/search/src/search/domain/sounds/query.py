"""What a query sounds like, where it can be looked for by sound at all."""

from dataclasses import dataclass
from typing import Final

from search.domain.query import Query
from search.domain.sounds.speech import Pronouncer

FEWEST_SOUNDS: Final = 4
"""Shorter words sound like some part of almost any sentence."""
MOST_SOUNDS: Final = 32


@dataclass(frozen=True)
class SoundQuery:
    """The sounds asked for, and how far (cost per sound) a place may be from them."""

    sounds: str
    within: float


def sound_query(query: Query, pronouncer: Pronouncer, *, within: float) -> SoundQuery | None:
    """Return the query's words, in a row, as sounds; None where they are too few or unknown.

    A prefix is not a whole word, and has no sound. A long query is looked for by its beginning.
    """
    if any(clause.is_prefix for clause in query.wanted):
        return None
    said = [pronouncer.sounds_of(token) for clause in query.wanted for token in clause.tokens]
    sounds = "".join(said)[:MOST_SOUNDS]
    return SoundQuery(sounds, within) if all(said) and len(sounds) >= FEWEST_SOUNDS else None
