"""Where a query was perhaps said and written in other words: 1813, makes, cliff hanger, you know.

Unlike near spellings these are no slips: a rule tells what else the same sounds are written as.

A rule's writing that stands in the archive a hundred times says little of any one place: of all its
places only so many are thought to be right, so the more there are the less likely is each.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import inf
from typing import Final

from search.domain.expansion import Tier
from search.domain.numbers import codes_of, is_said_in, numerals_around
from search.domain.other_writings import IsWord, Tokens, is_old_speech, written_otherwise
from search.domain.pages import Moment
from search.domain.perhaps import Perhaps
from search.domain.phonetics import is_english
from search.domain.tokens import tokens_of
from search.ports import Vocabulary
from search.written_moments import Places, alone, alternatives

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


@dataclass(frozen=True)
class _Kind:
    """How a writing is told, how likely it is right, and of how many places at most."""

    matched: Tier
    likely: float
    right: float = inf

    def likelihood(self, times: int, moment: Moment) -> float:
        """Return how likely one moment of so many is right."""
        likely = min(self.likely, self.right / times)
        if self is _OTHERWISE and is_old_speech(_around(moment)):
            return max(likely, self.likely)
        return likely


_NUMERAL: Final = _Kind(Tier.SOUNDS_LIKE, LIKELY_NUMERAL)
_APART: Final = _Kind(Tier.FUZZY, LIKELY_APART)
_TOGETHER: Final = _Kind(Tier.FUZZY, LIKELY_APART, right=3)
_OTHERWISE: Final = _Kind(Tier.SOUNDS_LIKE, LIKELY_OTHERWISE, right=1)


def other_writings(
    places: Places, languages: Collection[str], vocabulary: Vocabulary, is_word: IsWord
) -> Iterator[Perhaps]:
    """Yield moments where a query of a few words in a row is written otherwise, by rule.

    `languages` are those of the archive; `is_word` tells English words.
    """
    query = places.query
    tokens = tuple(token for clause in query.wanted for token in clause.tokens)
    if not 0 < len(tokens) <= _MOST_TOKENS or any(clause.is_prefix for clause in query.wanted):
        return
    kinds = dict(_written(tokens, languages, vocabulary, is_word))
    together = [row for row, kind in kinds.items() if kind.right == inf]
    for rows in ([together] if together else []) + [[row] for row in kinds if row not in together]:
        page = places.of((alternatives(rows),), most=_MOST_MOMENTS)
        found = [*alone(page)]
        times = Counter(written for written, _ in found)
        for written, at in found:
            kind = kinds.get(written)
            if kind is None or (kind is _APART and times[written] > _MOST_APART):
                continue
            likely = kind.likelihood(page.hits, at.moments[0])
            yield Perhaps(at, kind.matched, likely)


def _around(moment: Moment) -> Iterator[str]:
    return (token for word in moment.snippet for token in tokens_of(word["text"]))


def _written(
    tokens: Tokens, languages: Collection[str], vocabulary: Vocabulary, is_word: IsWord
) -> Iterator[tuple[Tokens, _Kind]]:
    """Yield what may be written instead, and which kind of writing it is."""
    if any(map(is_english, languages)):
        for row in written_otherwise(tokens, is_word):
            yield row, _OTHERWISE
    if len(tokens) > 1:
        yield ("".join(tokens),), _TOGETHER
        return
    (word,) = tokens
    codes = codes_of(languages)
    numerals = numerals_around(word, codes)
    cuts = range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1) if word.isalpha() else ()
    apart = [(word[:at], word[at:]) for at in cuts] if len(word) >= _SHORTEST_APART else []
    spoken = vocabulary.spoken({*numerals, *(part for row in apart for part in row)})
    for row in apart:
        if spoken.issuperset(row):
            yield row, _APART
    for numeral in numerals & spoken:
        if is_said_in(word, numeral, codes):
            yield (numeral,), _NUMERAL
