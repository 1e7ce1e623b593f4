"""Which of the places that sound alike are worth showing."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

LEEWAY: Final = 0.07
"""Of the places that are near enough, those this much farther than the nearest are dropped."""


class Place(NamedTuple):
    """Words `first`..`last` of an episode sound like the query, at a cost per sound."""

    distance: float
    episode: int
    first: int
    last: int


def ranked(places: Iterable[Place], *, most: int) -> Sequence[Place]:
    """Return the best of places that come nearest first, and look at no more than it takes.

    Of places that overlap one is kept: where an acoustic reading and the words agree on a
    moment, it is one place.
    """
    chosen: list[Place] = []
    for place in places:
        if chosen and place.distance > chosen[0].distance + LEEWAY:
            break
        if all(
            place.episode != other.episode or place.last < other.first or other.last < place.first
            for other in chosen
        ):
            chosen.append(place)
            if len(chosen) == most:
                break
    return chosen
