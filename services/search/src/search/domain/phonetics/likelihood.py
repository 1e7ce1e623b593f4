"""How likely a query was said at a place, from what was heard and what was written there.

A logistic regression over a few pieces of evidence, learnt where the truth is known. That the
phones fit the query says little where they fit what was written as well: there the recogniser
was right. It says little too where many other places fit nearly as well, as they do in a large
archive, and for a short word.
"""

from collections.abc import Sequence
from math import exp
from typing import Final, NamedTuple

from search.domain.phonetics.alignment import best_in, explained
from search.domain.phonetics.confusions import LEARNED
from search.domain.phonetics.matches import PhoneMatch
from search.domain.phonetics.phones import codes_of

POOREST_FIT: Final = 0.45
"""Words whose phones have less of a perfect score were hardly taken for the query."""


class Evidence(NamedTuple):
    """Scores in nats.

    Of the place itself; of what fits the query by chance; of the query in the words written
    there; of the written words as an explanation of what was heard. `phones` is how many are
    asked for, `perfect` what they score where they are written; for the rest see `Written`.
    """

    score: float
    background: float
    by_words: float
    by_writing: float
    phones: int
    perfect: float
    similarity: float

    def of_recognized(self) -> Sequence[float]:
        """Return what weighs where the phones were read from the audio."""
        return (
            1.0, self.score, self.background, self.by_words, self.by_writing, self.phones,
        )  # fmt: skip

    def of_words(self) -> Sequence[float]:
        """Return what weighs where only words are known."""
        return (1.0, self.score, self.background, self.phones, self.similarity)


class Written(NamedTuple):
    """The words at a place: their phones with those of a word on either side.

    `similarity` is that of their letters and the query's, 0..1.
    """

    phones: str
    similarity: float


def evidence(
    phones: str, places: Sequence[PhoneMatch], written: Sequence[Written]
) -> list[Evidence]:
    """Weigh places, given the words written at each."""
    perfect = perfect_score(phones) / 100
    by_words = best_in(phones, [one.phones for one in written], LEARNED.words).scores.tolist()
    return [
        Evidence(
            place.score / 100,
            place.background / 100,
            words / 100,
            explained(one.phones, place.phones, LEARNED.recognized) / 100
            if place.is_recognized
            else 0.0,
            len(phones),
            perfect,
            one.similarity,
        )
        for place, words, one in zip(places, by_words, written, strict=True)
    ]


def perfect_score(phones: str) -> int:
    """Return what phones score where exactly they are derived from words (1/100 nat)."""
    codes = codes_of(phones.encode())
    return max(1, int(LEARNED.words.heard[codes, codes].sum()))


def likeness(phones: str, others: Sequence[str]) -> list[float]:
    """Return how much others sound like phones, 0..1: their score beside the longer one's best."""
    if not phones:
        return [0.0] * len(others)
    scores = best_in(phones, others, LEARNED.words).scores.tolist()
    perfect = perfect_score(phones)
    return [
        max(0.0, score / max(perfect, perfect_score(other))) if other else 0.0
        for score, other in zip(scores, others, strict=True)
    ]


def likelihood(place: PhoneMatch, found: Evidence) -> float:
    """Return how likely the query was said there, 0..1."""
    if not place.is_recognized and found.score < POOREST_FIT * found.perfect:
        return 0.0
    weights = LEARNED.weights_of_recognized if place.is_recognized else LEARNED.weights_of_words
    values = found.of_recognized() if place.is_recognized else found.of_words()
    odds = exp(sum(w * value for w, value in zip(weights, values, strict=True)))
    return odds / (1 + odds)
