"""What a query may be written as otherwise: words that say one number are one spelling.

See `search.domain.spoken_forms` for what else has several spellings.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate, pairwise
from typing import Final

from search.domain.compounds import apart, together
from search.domain.numbers import Spellings, codes_of
from search.domain.query import Clause, Query, Spelling
from search.domain.said_signs import read_aloud, roman_after
from search.domain.spoken_forms import forms_in

_INITIALS: Final = re.compile(r"\b(?:[A-Z]\.?){2,5}(?!\w)")
_Forms = Callable[[Sequence[str]], Iterator[Spellings]]


def with_numbers(query: Query, languages: Collection[str], *, compounds: bool = True) -> Query:
    """Return the query with other spellings for its numbers and the like, and no clause twice.

    `languages` are those of the archive. Words beside each other that say one number
    (`nineteen eighty-four`) become one clause, as if they were quoted. With `compounds`, those of
    English are found as one word and as two.
    """
    initials = frozenset(word.replace(".", "").lower() for word in _INITIALS.findall(query.text))
    forms = partial(forms_in, languages=languages, initials=initials)
    codes = codes_of(languages)
    aloud = read_aloud(query.text, codes)
    wanted = [_aloud(c, aloud) for c in _merged(query.wanted, forms)]
    unwanted = [_aloud(_spelled(c, forms), aloud) for c in query.unwanted]
    if compounds:
        wanted, unwanted = _compounds(wanted, codes), _compounds(unwanted, codes)
    return replace(
        query,
        wanted=tuple(dict.fromkeys(_with_romans(wanted, codes))),
        unwanted=tuple(dict.fromkeys(_with_romans(unwanted, codes))),
    )


def _with_romans(clauses: Sequence[Clause], codes: tuple[str, ...]) -> Iterator[Clause]:
    """Yield clauses in which a number behind `chapter` and the like may be in Roman digits."""
    before = ""
    for clause in clauses:
        spellings = []
        for spelling in clause.spellings:
            roman = roman_after(before, spelling.tokens, codes)
            others = (*spelling.others, *([roman] if roman else []))
            spellings.append(spelling._replace(others=others))
            before = spelling.tokens[-1]
        yield clause._replace(spellings=tuple(spellings))


def _compounds(clauses: Sequence[Clause], codes: Collection[str]) -> list[Clause]:
    """Return clauses that find compounds written as one word and as two.

    Of two words that are each looked for alone, both are found where they are written as one.
    """
    found = [_compound_phrase(clause, codes) for clause in clauses]
    for at, (one, other) in enumerate(pairwise(clauses)):
        first, second = _lone_word(one), _lone_word(other)
        if first and second and (whole := together(first, second, codes)):
            for each in (at, at + 1):
                (spelling,) = found[each].spellings
                found[each] = Clause((spelling._replace(others=(*spelling.others, (whole,))),))
    return found


def _compound_phrase(clause: Clause, codes: Collection[str]) -> Clause:
    """Return a clause whose compounds, each of one token or of two beside each other, are both."""
    end = len(clause.spellings) - clause.is_prefix
    found: list[Spelling] = []
    for spelling in clause.spellings[:end]:
        before, word = _word_of(found[-1]) if found else "", _word_of(spelling)
        if before and word and (whole := together(before, word, codes)):
            found[-1] = Spelling((before, word), None, ((whole,),))
        else:
            others = (*spelling.others, *(apart(word, codes) if word else ()))
            found.append(spelling._replace(others=others))
    return clause._replace(spellings=(*found, *clause.spellings[end:]))


def _lone_word(clause: Clause) -> str:
    lone = len(clause.spellings) == 1 and not clause.is_prefix
    return _word_of(clause.spellings[0]) if lone else ""


def _word_of(spelling: Spelling) -> str:
    """Return the one word of a spelling that is no compound; nothing for another."""
    return spelling.tokens[0] if len(spelling.tokens) == 1 else ""


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
