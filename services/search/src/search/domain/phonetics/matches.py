"""Places that sound like a query: found in passages, the best of them told apart."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.domain.phonetics.alignment import best_around_shared, best_in
from search.domain.phonetics.confusions import LEARNED
from search.domain.phonetics.sequence import PhonePassage

MOST_PASSAGES: Final = 4_000
"""So many passages are passages to: all of some thirty hours, the likeliest of more."""
_BY_CHANCE: Final = 20
_MOST_PERFECT: Final = 20
"""Where the words sound exactly so, most were written right; some sound alike."""


class PhoneMatch(NamedTuple):
    """Words `first`..`last` of an episode, where `phones` fits the query with `score` (1/100 nat).

    `episode` is whatever the index tells episodes apart by. `background` is what fits the query
    by chance: the score of the twentieth best match of this kind, or 0 where there are fewer.
    """

    episode: Hashable
    first: int
    last: int
    phones: str
    score: int
    background: int
    is_recognized: bool


@dataclass(frozen=True)
class Passages:
    """Passages of English episodes that may hold a query, with their episodes.

    `recognized` were recognised in the audio, `derived` are the phones of
    words; `are_all` says that no passage was left out.
    """

    recognized: Sequence[tuple[Hashable, PhonePassage]]
    derived: Sequence[tuple[Hashable, PhonePassage]]
    are_all: bool


def best_matches(phones: str, passages: Passages, *, most: int) -> Sequence[PhoneMatch]:
    """Return the best places, the best first, none overlapping another.

    `most` of them, and besides a few where whole words sound exactly as asked for.
    """
    places: list[PhoneMatch] = []
    for is_recognized, some in ((True, passages.recognized), (False, passages.derived)):
        if some:
            perfect, found = _apart(phones, some, is_recognized, passages.are_all, most)
            by_chance = found[_BY_CHANCE - 1].score if len(found) >= _BY_CHANCE else 0
            places += [place._replace(background=by_chance) for place in (*perfect, *found)]
    return sorted(places, key=lambda place: -place.score)[: most + _MOST_PERFECT]


def _apart(
    phones: str,
    passages: Sequence[tuple[Hashable, PhonePassage]],
    is_recognized: bool,
    are_all: bool,
    most: int,
) -> tuple[list[PhoneMatch], list[PhoneMatch]]:
    """Return the best places of one kind of passages, none overlapping another.

    Those where whole words sound exactly so, and the others.
    """
    confusions = LEARNED.recognized if is_recognized else LEARNED.words
    stretches = [passage.phones for _, passage in passages]
    heard = best_around_shared(phones, stretches, confusions)
    if are_all:
        heard = heard.and_also(best_in(phones, stretches, confusions))
    perfect: list[PhoneMatch] = []
    chosen: list[PhoneMatch] = []
    of_episode: defaultdict[Hashable, list[PhoneMatch]] = defaultdict(list)
    for at in np.argsort(-heard.scores, kind="stable").tolist():
        first, last = int(heard.firsts[at]), int(heard.lasts[at])
        if last < first:
            continue
        episode, passage = passages[int(heard.stretches[at])]
        owners = passage.words()
        words = sorted((int(owners[first]), int(owners[last])))
        sounds_there = passage.phones[first : last + 1]
        score = int(heard.scores[at])
        place = PhoneMatch(episode, words[0], words[1], sounds_there, score, 0, is_recognized)
        if any(_overlap(place, other) for other in of_episode[episode]):
            continue
        of_episode[episode].append(place)
        if sounds_there == phones and _are_whole(owners, first, last):
            perfect.append(place)
        else:
            chosen.append(place)
            if len(chosen) == most:
                break
    return perfect[:_MOST_PERFECT], chosen


def _are_whole(owners: NDArray[np.int64], first: int, last: int) -> bool:
    """Tell whether the phones `first` to `last` are those of whole words."""
    begins = first == 0 or owners[first - 1] != owners[first]
    return bool(begins and (last + 1 == len(owners) or owners[last + 1] != owners[last]))


def _overlap(one: PhoneMatch, other: PhoneMatch) -> bool:
    return one.first <= other.last and other.first <= one.last
