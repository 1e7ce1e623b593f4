"""Ordinals, in digits and in words: 3rd, third; 21., einundzwanzigste."""

import re
from functools import cache
from typing import Final

from search.domain.numbers.said import Tokens, say, tokens_said

_ORDINALS: Final = range(1, 101)
_MORE_ORDINALS: Final = {
    "fr": "{}e {}ème {}er {}ère {}nd {}nde",
    "es": "{}o {}a {}ro {}ra {}er {}do {}da",
    "it": "{}o {}a",
}


def ordinals(row: Tokens, codes: tuple[str, ...]) -> list[Tokens]:
    """Return all spellings of an ordinal; none if the row is none."""
    rows: list[Tokens] = []
    for code in codes:
        words = _ordinal_words(code)
        number = words.get(row) or words.get((row[0][:-1],) if len(row) == 1 else ())
        if number is not None and say(number, code, to="ordinal_num") == f"{number}.":
            rows.append((str(number),))  # 21., whose stop is no token
        if number is None and len(row) == 1 and (found := re.match(r"\d{1,3}(?=\D)", row[0])):
            near = int(found[0])
            number = near if row in _ordinal_digits(near, code) else None
        if number is not None:
            rows += [w for w, value in _ordinal_words(code).items() if value == number]
            rows += _ordinal_digits(number, code)
    return list(dict.fromkeys(rows))


@cache
def _ordinal_words(code: str) -> dict[Tokens, int]:
    words: dict[Tokens, int] = {}
    for number in _ORDINALS:
        row = tokens_said(say(number, code, to="ordinal"))
        if row and row != tokens_said(say(number, code)):
            words.setdefault(row, number)
    return words


@cache
def _ordinal_digits(number: int, code: str) -> tuple[Tokens, ...]:
    forms = [say(number, code, to="ordinal_num")]
    forms += _MORE_ORDINALS.get(code.split("_", maxsplit=1)[0], "").format(*[number] * 7).split()
    rows = [tokens_said(form) for form in forms if form]
    return tuple(row for row in dict.fromkeys(rows) if len(row) == 1 and row != (str(number),))
