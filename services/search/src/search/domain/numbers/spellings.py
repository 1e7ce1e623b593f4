"""The numbers among the tokens of a query or a transcript, and their other spellings."""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import chain, zip_longest
from typing import Final, NamedTuple

from search.domain.numbers.cardinals import cardinals
from search.domain.numbers.ordinals import ordinals
from search.domain.numbers.said import Tokens, code_of, say, tokens_said
from search.domain.numbers.units import SHORT_SCALES, SIGNS, with_unit
from search.domain.numbers.words import LARGEST, YEARS

MOST_TOKENS: Final = 12
"""A number in words has at most so many tokens: nine hundred … thousand … and eighty-four."""
MOST_SPELLINGS: Final = 24


class Spellings(NamedTuple):
    """The tokens `start` up to `stop` of a query are a number, which is written so as well."""

    start: int
    stop: int
    others: tuple[Tokens, ...]


def numbers_in(tokens: Sequence[str], languages: Collection[str]) -> Iterator[Spellings]:
    """Yield the numbers among the tokens, left to right, none overlapping another.

    `languages` (BCP 47) are those whose words for numbers count.
    """
    known = codes_of(languages)
    start = 0
    while start < len(tokens):
        found = number_at(tuple(tokens[start : start + MOST_TOKENS]), known)
        if found is None:
            start += 1
            continue
        length, others = found
        yield Spellings(start, start + length, others)
        start += length


def codes_of(languages: Collection[str]) -> tuple[str, ...]:
    """Return num2words' names of languages (BCP 47), of those that it knows."""
    return tuple(dict.fromkeys(code for one in sorted(languages) if (code := code_of(one))))


def money_spelled(row: Tokens, codes: tuple[str, ...]) -> Iterator[Tokens]:
    """Yield what `5 m`, whose sign is no token in `$5m`, may stand for: five million dollars."""
    if len(row) > 1 and row[1] in SHORT_SCALES and row[0].isdigit():
        rows = [one for one in cardinals(row[:2], codes, is_money=True) if not one[-1].isdigit()]
        signs = [with_unit((*row[:2], sign), 2, rows, codes)[1] for sign in ("$", "€", "£")]
        yield from filter(None, chain.from_iterable(zip_longest(*signs)))


def numbers_spelled(row: Tokens, codes: tuple[str, ...]) -> list[Tokens]:
    """Return all spellings of a cardinal number or a decimal; none if the row is none."""
    return cardinals(row, codes)


def number_said(value: int, language: str) -> Tokens:
    """Return the tokens of a number as it is mostly said, a year as a year; none if too large."""
    code = code_of(language)
    if code is None or value >= LARGEST:
        return ()
    return tokens_said(say(value, code, to="year" if value in YEARS else "cardinal"))


@lru_cache(maxsize=4096)
def number_at(tokens: Tokens, codes: tuple[str, ...]) -> tuple[int, tuple[Tokens, ...]] | None:
    """Return how many tokens the number at the start has, and its other spellings."""
    said = tokens
    if len(tokens) > 2 and tokens[1] in SIGNS:  # noqa: PLR2004 - $3 million: 3 million $
        said = (tokens[0], *tokens[2:3], tokens[1], *tokens[3:])
        if not cardinals(said[:2], codes, is_money=True):
            said = tokens
    is_money = said != tokens
    for length in range(len(said), 0, -1):
        cardinal = cardinals(said[:length], codes, is_money=is_money)
        for rows in (cardinal, ordinals(said[:length], codes)):
            if rows:
                end, spelled = with_unit(said, length, rows, codes)
                others = tuple(other for other in spelled if other != tokens[:end])
                return (end, others[:MOST_SPELLINGS]) if others else None
    return None
