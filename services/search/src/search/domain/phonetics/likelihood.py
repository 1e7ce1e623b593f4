"""How likely a query was said at a place, from what was heard and what was written there.

A logistic regression over a few pieces of evidence, learnt where the truth is known. That the
phones fit the query says little where they fit what was written as well: there the recogniser
was right. It says little too where many other places fit nearly as well, as they do in a large
archive, and for a short word.
"""

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

from search.domain.phonetics.alignment import best_in, explained
from search.domain.phonetics.confusions import LEARNED
from search.domain.phonetics.matches import PhoneMatch


class Evidence(NamedTuple):
    """Scores in nats.

    Of the place itself; of what fits the query by chance; of the query in the words written
    there; of the written words as an explanation of what was heard. `phones` is how many are
    asked for.
    """

    score: float
    background: float
    by_words: float
    by_writing: float
    phones: int

    def of_recognized(self) -> Sequence[float]:
        """Return what weighs where the phones were read from the audio."""
        return (1.0, *self)

    def of_words(self) -> Sequence[float]:
        """Return what weighs where only words are known."""
        return (1.0, self.score, self.background, self.phones)


def evidence(phones: str, places: Sequence[PhoneMatch], written: Sequence[str]) -> list[Evidence]:
    """Weigh places; `written` are the phones of the words written at each and beside it."""
    by_words = best_in(phones, written, LEARNED.words).scores.tolist()
    return [
        Evidence(
            place.score / 100,
            place.background / 100,
            words / 100,
            explained(said, place.phones, LEARNED.recognized) / 100 if place.is_recognized else 0.0,
            len(phones),
        )
        for place, words, said in zip(places, by_words, written, strict=True)
    ]


def likelihood(place: PhoneMatch, found: Evidence) -> float:
    """Return how likely the query was said there, 0..1."""
    weights = LEARNED.weights_of_recognized if place.is_recognized else LEARNED.weights_of_words
    values = found.of_recognized() if place.is_recognized else found.of_words()
    odds = exp(sum(w * value for w, value in zip(weights, values, strict=True)))
    return odds / (1 + odds)
