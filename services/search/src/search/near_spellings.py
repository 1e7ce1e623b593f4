"""Where a query was perhaps said and written nearly alike: what recognisers make of rare words.

English is left to the phonetic search where there is one: it weighs spelling too.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from math import exp
from typing import Final

from rapidfuzz.distance import OSA

from search.domain.expansion import Tier
from search.domain.perhaps import Perhaps
from search.domain.tokens import stem
from search.ports import Vocabulary
from search.written_moments import Places, alone, alternatives

SHORTEST: Final = 5
_WEIGHTS: Final = (-13.7, 11.1, 0.22)
"""Of one, the similarity of the spellings, the length asked for; see benchmarks/spoken."""
RARE: Final = 3
"""A word written no more often in all that is searched is perhaps no word."""
LIKELY_SLIP: Final = 0.6
_NEAR: Final = 0.86
MOST_TERMS: Final = 4
_MOST_MOMENTS: Final = 10
_EDITS: Final = 2


def near_spellings(
    places: Places, languages: Collection[str], vocabulary: Vocabulary
) -> Iterator[Perhaps]:
    """Yield moments of words that are spelled nearly as a query of one word is.

    `languages` are those of the episodes to look in. Other forms of the same stem are left out:
    they were said.
    """
    wanted = places.query.wanted
    if len(wanted) != 1 or len(wanted[0].tokens) != 1 or wanted[0].is_prefix:
        return
    (term,) = wanted[0].tokens
    if len(term) < SHORTEST or not term.isalpha() or not languages:
        return
    near = [word for word in vocabulary.near(term, _EDITS) if word != term]
    near.sort(key=lambda word: (-_similarity(term, word), word))
    for word in near[:MOST_TERMS]:
        yield from _moments_of(word, term, places, languages)


def _moments_of(
    word: str, term: str, places: Places, languages: Collection[str]
) -> Iterator[Perhaps]:
    """Yield the moments of one word that is no other form of `term`."""
    others = [one for one in sorted(languages) if stem(word, one) != stem(term, one)]
    if not others:
        return
    page = replace(places, languages=others).of((alternatives([(word,)]),), most=_MOST_MOMENTS)
    likely = likelihood_of_spelling(term, word, is_rare=page.hits <= RARE)
    for _, at in alone(page):
        yield Perhaps(at, Tier.FUZZY, likely)


def likelihood_of_spelling(asked: str, written: str, *, is_rare: bool = False) -> float:
    """Return how likely the asked word was said where another was written, 0..1.

    What is written often is a word of its own; what is written once is perhaps a slip.
    """
    similarity = _similarity(asked, written)
    odds = exp(_WEIGHTS[0] + _WEIGHTS[1] * similarity + _WEIGHTS[2] * len(asked))
    slip = LIKELY_SLIP if is_rare and similarity >= _NEAR else 0.0
    return max(odds / (1 + odds), slip)


def _similarity(one: str, other: str) -> float:
    return OSA.normalized_similarity(one, other)
