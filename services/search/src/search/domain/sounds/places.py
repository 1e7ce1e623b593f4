"""Which of the places that sound alike are worth showing."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from search.domain.sounds.query import LEEWAY


class Place(NamedTuple):
    """Words `first`..`last` of an episode sound like the query, at a cost per sound."""

    distance: float
    episode: int
    first: int
    last: int


def ranked(places: Iterable[Place], *, most: int) -> Sequence[Place]:
    """Return the nearest places first, one of those that overlap, none much worse than the best.

    Where an acoustic reading and the words agree on a moment, it is one place.
    """
    chosen: list[Place] = []
    for place in sorted(places):
        if len(chosen) == most or (chosen and place.distance > chosen[0].distance + LEEWAY):
            break
        if all(
            place.episode != other.episode or place.last < other.first or other.last < place.first
            for other in chosen
        ):
            chosen.append(place)
    return chosen
