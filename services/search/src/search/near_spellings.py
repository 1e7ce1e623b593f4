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
from search.domain.tokens import stem, tokens_of
from search.ports import Vocabulary, WordIndex

SHORTEST: Final = 5
_WEIGHTS: Final = (-13.7, 11.1, 0.22)
"""Of one, the similarity of the spellings, the length asked for; see benchmarks/spoken."""
MOST_TERMS: Final = 8
_MOST_MOMENTS: Final = 30
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
    plans = [
        QueryPlan(((((Slot(frozenset(words)),),)),), as_written(query.unwanted), language=language)
        for language in sorted(languages)
        if (words := [w for w in near if stem(w, language) != stem(term, language)][:MOST_TERMS])
    ]
    if not plans:
        return
    page = index.find(
        replace(
            request,
            plans=tuple(plans),
            limit=_MOST_MOMENTS,
            most_moments=_MOST_MOMENTS,
            per_episode=None,
            look_up=frozenset(),
        )
    )
    for group in page.groups:
        for moment in group.moments:
            written = "".join(
                token
                for word in moment.snippet
                if word["match"]
                for token in tokens_of(word["text"])
            )
            alone = replace(group, moments=(moment,), more=None)
            yield Perhaps(alone, Tier.FUZZY, likelihood_of_spelling(term, written))


def likelihood_of_spelling(asked: str, written: str) -> float:
    """Return how likely the asked word was said where another was written, 0..1."""
    odds = exp(_WEIGHTS[0] + _WEIGHTS[1] * _similarity(asked, written) + _WEIGHTS[2] * len(asked))
    return odds / (1 + odds)


def _similarity(one: str, other: str) -> float:
    return OSA.normalized_similarity(one, other)
