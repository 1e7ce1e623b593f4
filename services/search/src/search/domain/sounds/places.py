"""Places that sound like a query: found in passages, the best of them told apart."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from search.domain.sounds.alignment import best_around_shared, best_in
from search.domain.sounds.confusions import LEARNED
from search.domain.sounds.stream import SoundPassage

MOST_PASSAGES: Final = 4_000
"""So many passages are listened to: all of some thirty hours, the likeliest of more."""
_BY_CHANCE: Final = 20


class Place(NamedTuple):
    """Words `first`..`last` of an episode, where `heard` fits the query with `score` (1/100 nat).

    `episode` is whatever the index tells episodes apart by. `background` is what fits the query
    by chance: the score of the twentieth best place of this kind, or 0 where there are fewer.
    """

    episode: Hashable
    first: int
    last: int
    heard: str
    score: int
    background: int
    is_reading: bool


@dataclass(frozen=True)
class Passages:
    """Passages of English episodes that may hold a query, with their episodes.

    `read` were read from the audio, `spelt` are sounds of recognised words; `are_all` says that
    no passage was left out.
    """

    read: Sequence[tuple[Hashable, SoundPassage]]
    spelt: Sequence[tuple[Hashable, SoundPassage]]
    are_all: bool


def best_places(sounds: str, listened: Passages, *, most: int) -> Sequence[Place]:
    """Return the `most` best places, the best first, none overlapping another."""
    places: list[Place] = []
    for is_reading, passages in ((True, listened.read), (False, listened.spelt)):
        if passages:
            found = _apart(sounds, passages, is_reading, listened.are_all, most)
            by_chance = found[_BY_CHANCE - 1].score if len(found) >= _BY_CHANCE else 0
            places += [place._replace(background=by_chance) for place in found]
    return sorted(places, key=lambda place: -place.score)[:most]


def _apart(
    sounds: str,
    passages: Sequence[tuple[Hashable, SoundPassage]],
    is_reading: bool,
    are_all: bool,
    most: int,
) -> Sequence[Place]:
    """Return the best places of one kind of passages, none overlapping another."""
    confusions = LEARNED.reading if is_reading else LEARNED.words
    stretches = [passage.sounds for _, passage in passages]
    heard = best_around_shared(sounds, stretches, confusions)
    if are_all:
        heard = heard.and_also(best_in(sounds, stretches, confusions))
    chosen: list[Place] = []
    for at in np.argsort(-heard.scores, kind="stable").tolist():
        first, last = int(heard.firsts[at]), int(heard.lasts[at])
        if last < first:
            continue
        episode, passage = passages[int(heard.stretches[at])]
        owners = passage.words()
        words = sorted((int(owners[first]), int(owners[last])))
        sounds_there = passage.sounds[first : last + 1]
        score = int(heard.scores[at])
        place = Place(episode, words[0], words[1], sounds_there, score, 0, is_reading)
        if not any(_overlap(place, other) for other in chosen):
            chosen.append(place)
            if len(chosen) == most:
                break
    return chosen


def _overlap(one: Place, other: Place) -> bool:
    return one.episode == other.episode and one.first <= other.last and other.first <= one.last
