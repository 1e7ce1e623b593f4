"""What a query may be written as otherwise: words that say one number are one spelling.

See `search.domain.spoken_forms` for what else has several spellings.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import Final

from search.domain.numbers import Spellings, codes_of
from search.domain.query import Clause, Query, Spelling
from search.domain.said_signs import read_aloud
from search.domain.spoken_forms import forms_in

_INITIALS: Final = re.compile(r"\b(?:[A-Z]\.?){2,5}(?!\w)")
_Forms = Callable[[Sequence[str]], Iterator[Spellings]]


def with_numbers(query: Query, languages: Collection[str]) -> Query:
    """Return the query with other spellings for its numbers and the like, and no clause twice.

    `languages` are those of the archive. Words beside each other that say one number
    (`nineteen eighty-four`) become one clause, as if they were quoted.
    """
    initials = frozenset(word.replace(".", "").lower() for word in _INITIALS.findall(query.text))
    forms = partial(forms_in, languages=languages, initials=initials)
    aloud = read_aloud(query.text, codes_of(languages))
    return replace(
        query,
        wanted=tuple(dict.fromkeys(_aloud(c, aloud) for c in _merged(query.wanted, forms))),
        unwanted=tuple(dict.fromkeys(_aloud(_spelled(c, forms), aloud) for c in query.unwanted)),
    )


def _aloud(clause: Clause, aloud: Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]) -> Clause:
    """Return a clause whose words with signs may be said as well, unless they are a prefix."""
    if clause.is_prefix or not any(one.tokens in aloud for one in clause.spellings):
        return clause
    spellings = tuple(
        one._replace(others=(*one.others, *aloud.get(one.tokens, ()))) for one in clause.spellings
    )
    return clause._replace(spellings=spellings)


def _merged(clauses: Sequence[Clause], forms: _Forms) -> Iterator[Clause]:
    words: list[Spelling] = []
    for clause in (*clauses, Clause(())):
        if len(clause.spellings) == 1 and not clause.is_prefix:
            words += clause.spellings
            continue
        yield from (Clause((spelling,)) for spelling in _with_others(words, forms))
        words = []
        if clause.spellings:
            yield _spelled(clause, forms)


def _spelled(clause: Clause, forms: _Forms) -> Clause:
    """Return a clause whose numbers have other spellings; a prefix is no whole word."""
    end = len(clause.spellings) - clause.is_prefix
    whole = _with_others(clause.spellings[:end], forms)
    return clause._replace(spellings=(*whole, *clause.spellings[end:]))


def _with_others(words: Sequence[Spelling], forms: _Forms) -> list[Spelling]:
    tokens = [token for word in words for token in word.tokens]
    ends = [*accumulate(len(word.tokens) for word in words)]
    found: list[Spelling] = []
    at = 0
    for start, stop, others in forms(tokens):
        first = next(number for number, end in enumerate(ends) if start < end)
        last = next(number for number, end in enumerate(ends) if stop <= end)
        if first < at:
            continue  # a second number in one compound: 24/7
        found += words[at:first]
        before = tokens[ends[first] - len(words[first].tokens) : start]
        after = tokens[stop : ends[last]]
        rows = tuple((*before, *other, *after) for other in others)
        joined = words[first].joined if first == last else None
        found.append(Spelling((*before, *tokens[start:stop], *after), joined, rows))
        at = last + 1
    return [*found, *words[at:]]
