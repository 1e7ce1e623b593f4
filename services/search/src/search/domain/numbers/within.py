"""Numbers that are said within others: `eighteen` in 1813, `thirty` in 37, `hundred` in 350."""

from collections.abc import Collection, Iterator
from itertools import product
from typing import Final

from search.domain.numbers.said import Tokens
from search.domain.numbers.words import YEARS, atoms_of, spelled

_TENS: Final = range(20, 100, 10)
_TEN: Final = 10
_HUNDRED: Final = 100
_SCALES: Final = (_HUNDRED, 1000)


def numerals_around(word: str, codes: Collection[str]) -> frozenset[str]:
    """Return numerals, in digits, that may have in them what `word` says: see `is_said_in`.

    From two digits up to years and round thousands: what recognisers mostly write.
    """
    values = {atoms_of(code)[0].get(word, 0) for code in codes}
    return frozenset(str(number) for value in values for number in _holding(value))


def is_said_in(word: str, numeral: str, codes: Collection[str]) -> bool:
    """Tell whether `word` is one of several words that a numeral is said with, a year as one."""
    return any(len(said) > 1 and word in said for said in (_said(int(numeral), c) for c in codes))


def _said(number: int, code: str) -> Tokens:
    ways: tuple[Tokens, ...] = (*spelled(number, code), ())
    return ways[1] if number in YEARS and len(ways) > 2 else ways[0]  # noqa: PLR2004


def _holding(value: int) -> Iterator[int]:
    """Yield the numbers that may have a number in them, by their digits; one is in too many."""
    if value in _SCALES:
        steps = range(0, value, value // _TEN)
        yield from (value * many + rest for many, rest in product(range(1, _TEN), steps))
        yield from (value * many for many in range(_TEN, _HUNDRED))
    elif 1 < value < _HUNDRED:
        ends = range(value, value + _TEN) if value in _TENS else (value,)
        if value < _TEN:
            yield from (tens + value for tens in _TENS)
        yield from (end for end in ends if end > value)
        yield from (_HUNDRED * many + end for many, end in product(range(1, 21), ends))
        yield from (_HUNDRED * value + rest for rest in range(_HUNDRED))
        yield from (1000 * end for end in ends)
