"""Numbers in a query: the words that say one are one spelling, and know the other spellings."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from search.domain.numbers import numbers_in
from search.domain.query import Clause, Query, Spelling


def with_numbers(query: Query, languages: Collection[str]) -> Query:
    """Return the query with other spellings for its numbers, and no clause twice.

    `languages` are those of the archive. Words beside each other that say one number
    (`nineteen eighty-four`) become one clause, as if they were quoted.
    """
    return replace(
        query,
        wanted=tuple(dict.fromkeys(_merged(query.wanted, languages))),
        unwanted=tuple(dict.fromkeys(_spelled(c, languages) for c in query.unwanted)),
    )


def _merged(clauses: Sequence[Clause], languages: Collection[str]) -> Iterator[Clause]:
    words: list[Spelling] = []
    for clause in (*clauses, Clause(())):
        if len(clause.spellings) == 1 and not clause.is_prefix:
            words += clause.spellings
            continue
        yield from (Clause((spelling,)) for spelling in _with_others(words, languages))
        words = []
        if clause.spellings:
            yield _spelled(clause, languages)


def _spelled(clause: Clause, languages: Collection[str]) -> Clause:
    """Return a clause whose numbers have other spellings; a prefix is no whole word."""
    end = len(clause.spellings) - clause.is_prefix
    whole = _with_others(clause.spellings[:end], languages)
    return replace(clause, spellings=(*whole, *clause.spellings[end:]))


def _with_others(words: Sequence[Spelling], languages: Collection[str]) -> list[Spelling]:
    tokens = [token for word in words for token in word.tokens]
    ends = [*accumulate(len(word.tokens) for word in words)]
    found: list[Spelling] = []
    at = 0
    for start, stop, others in numbers_in(tokens, languages):
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
