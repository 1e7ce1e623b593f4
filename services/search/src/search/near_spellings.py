"""Where a query was perhaps said and written nearly alike: what recognisers make of rare words.

English is left to the phonetic search where there is one: it weighs spelling too.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from math import exp
from typing import Final

from rapidfuzz.distance import OSA

from search.domain.expansion import Tier
from search.domain.matching import QueryPlan, Slot, as_written
from search.domain.pages import SearchRequest
from search.domain.perhaps import Perhaps
from search.domain.query import Query
from search.domain.tokens import stem
from search.ports import Vocabulary, WordIndex

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
    query: Query,
    request: SearchRequest,
    languages: Collection[str],
    index: WordIndex,
    vocabulary: Vocabulary,
) -> Iterator[Perhaps]:
    """Yield moments of words that are spelled nearly as a query of one word is.

    `languages` are those of the episodes to look in. Other forms of the same stem are left out:
    they were said.
    """
    if len(query.wanted) != 1 or len(query.wanted[0].tokens) != 1 or query.wanted[0].is_prefix:
        return
    (term,) = query.wanted[0].tokens
    if len(term) < SHORTEST or not term.isalpha() or not languages:
        return
    near = [word for word in vocabulary.near(term, _EDITS) if word != term]
    near.sort(key=lambda word: (-_similarity(term, word), word))
    for word in near[:MOST_TERMS]:
        yield from _moments_of(word, term, query, request, languages, index)


def _moments_of(  # noqa: PLR0917 - what a word is asked of
    word: str,
    term: str,
    query: Query,
    request: SearchRequest,
    languages: Collection[str],
    index: WordIndex,
) -> Iterator[Perhaps]:
    """Yield the moments of one word that is no other form of `term`."""
    plans = tuple(
        QueryPlan(((((Slot(frozenset((word,))),),)),), as_written(query.unwanted), language)
        for language in sorted(languages)
        if stem(word, language) != stem(term, language)
    )
    if not plans:
        return
    page = index.find(
        replace(
            request,
            plans=plans,
            limit=_MOST_MOMENTS,
            most_moments=_MOST_MOMENTS,
            per_episode=None,
            look_up=frozenset(),
        )
    )
    likely = likelihood_of_spelling(term, word, is_rare=page.hits <= RARE)
    for group in page.groups:
        for moment in group.moments:
            yield Perhaps(replace(group, moments=(moment,), more=None), Tier.FUZZY, likely)


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
