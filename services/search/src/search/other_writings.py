"""Where a query was perhaps said and written in other words: 1813, makes, cliff hanger, you know.

Unlike near spellings these are no slips: a rule tells what else the same sounds are written as.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from search.domain.expansion import Tier
from search.domain.matching import (
    Alternatives,
    Pattern,
    QueryPlan,
    Slot,
    as_written,
    pattern_of,
)
from search.domain.numbers import codes_of, is_said_in, numerals_around
from search.domain.other_writings import IsWord, Tokens, written_otherwise
from search.domain.pages import Moment, SearchRequest
from search.domain.perhaps import Perhaps
from search.domain.phonetics import is_english
from search.domain.query import Query
from search.domain.tokens import tokens_of
from search.ports import Vocabulary, WordIndex

LIKELY_NUMERAL: Final = 0.9
LIKELY_APART: Final = 0.7
LIKELY_OTHERWISE: Final = 0.5
"""How likely each kind is right: set by hand, so that the kinds come in this order; not fitted."""
_SHORTEST_APART: Final = 6
_SHORTEST_PART: Final = 3
_MOST_TOKENS: Final = 3
_MOST_APART: Final = 3
"""Two words that stand together more often are no word written apart: `wie der`, for wieder."""
_MOST_MOMENTS: Final = 30


def other_writings(  # noqa: PLR0917 - what a query is asked of
    query: Query,
    request: SearchRequest,
    languages: Collection[str],
    index: WordIndex,
    vocabulary: Vocabulary,
    is_word: IsWord,
) -> Iterator[Perhaps]:
    """Yield moments where a query of a few words in a row is written otherwise, by rule.

    `languages` are those of the archive; `is_word` tells English words.
    """
    tokens = tuple(token for clause in query.wanted for token in clause.tokens)
    if not 0 < len(tokens) <= _MOST_TOKENS or any(clause.is_prefix for clause in query.wanted):
        return
    likely = dict(_written(tokens, languages, vocabulary, is_word))
    if not likely:
        return
    page = index.find(
        replace(
            request,
            plans=(QueryPlan((_alternatives(likely),), as_written(query.unwanted)),),
            limit=_MOST_MOMENTS,
            most_moments=_MOST_MOMENTS,
            per_episode=None,
            look_up=frozenset(),
        )
    )
    found = [
        (_written_at(moment), replace(group, moments=(moment,), more=None))
        for group in page.groups
        for moment in group.moments
    ]
    times = Counter(written for written, _ in found)
    for written, alone in found:
        is_phrase = len(tokens) < len(written) and times[written] > _MOST_APART
        if written in likely and not (is_phrase and likely[written][0] is Tier.FUZZY):
            yield Perhaps(alone, *likely[written])


def _written_at(moment: Moment) -> Tokens:
    marked = [word["text"] for word in moment.snippet if word["match"]]
    return tuple(token for word in marked for token in tokens_of(word))


def _written(
    tokens: Tokens, languages: Collection[str], vocabulary: Vocabulary, is_word: IsWord
) -> Iterator[tuple[Tokens, tuple[Tier, float]]]:
    """Yield what may be written instead, what it is told as, and how likely it is right."""
    if any(map(is_english, languages)):
        for row in written_otherwise(tokens, is_word):
            yield row, (Tier.SOUNDS_LIKE, LIKELY_OTHERWISE)
    if len(tokens) > 1:
        yield ("".join(tokens),), (Tier.FUZZY, LIKELY_APART)
        return
    (word,) = tokens
    codes = codes_of(languages)
    numerals = numerals_around(word, codes)
    cuts = range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1) if word.isalpha() else ()
    apart = [(word[:at], word[at:]) for at in cuts] if len(word) >= _SHORTEST_APART else []
    spoken = vocabulary.spoken({*numerals, *(part for row in apart for part in row)})
    for row in apart:
        if spoken.issuperset(row):
            yield row, (Tier.FUZZY, LIKELY_APART)
    for numeral in numerals & spoken:
        if is_said_in(word, numeral, codes):
            yield (numeral,), (Tier.SOUNDS_LIKE, LIKELY_NUMERAL)


def _alternatives(rows: Collection[Tokens]) -> Alternatives:
    """Put single words into one pattern: an index looks for few patterns at once."""
    single = frozenset(row[0] for row in rows if len(row) == 1)
    patterns: list[Pattern] = [(Slot(single),)] if single else []
    return (*patterns, *(pattern_of(row) for row in rows if len(row) > 1))
