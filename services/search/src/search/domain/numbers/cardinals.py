"""Cardinal numbers and decimals in all their spellings: 3.000, 3 000, three thousand; 12.5."""

import re
from collections.abc import Iterator
from typing import Final

from search.domain.numbers.said import Tokens
from search.domain.numbers.units import SHORT_SCALES
from search.domain.numbers.words import LARGEST, SCALES, atoms_of, decimal_point, spelled, value_of

_DOTS: Final = frozenset(
    ["de", "es", "it", "nl", "pt", "da", "id", "tr", "el", "ro", "sl", "hr", "sr", "vi", "ca"]
)
_SPACES: Final = frozenset(
    "fr sv no fi pl cs sk ru uk hu lv lt et bg pt es it de".split()  # noqa: SIM905 - as a line
)
"""Languages that set thousands apart by a dot, and by a space."""
_DOTTED: Final = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
_DECIMAL: Final = re.compile(r"\d{1,12}\.\d{1,6}")


def cardinals(row: Tokens, codes: tuple[str, ...], *, is_money: bool = False) -> list[Tokens]:
    """Return all spellings of a cardinal number or a decimal; none if the row is none."""
    values = _values(row, codes, is_money=is_money)
    rows: list[Tokens] = []
    for value in sorted(values):
        rows.append((str(value),))
        rows += _grouped(value, codes)
        for code in codes:
            rows += spelled(value, code)
    return list(dict.fromkeys([*rows, *_decimal(row, codes)]))


def _values(row: Tokens, codes: tuple[str, ...], *, is_money: bool) -> set[int]:
    """Return the whole numbers that a row of tokens says."""
    values: set[int] = set()
    if len(row) == 1 and row[0].isascii() and row[0].isdigit():
        if row[0] == str(int(row[0])) and int(row[0]) < LARGEST:
            values.add(int(row[0]))
        return values
    languages = {code.split("_")[0] for code in codes}
    digits = row[0].replace(".", "") if len(row) == 1 else "".join(row)
    if (languages & _DOTS and len(row) == 1 and _DOTTED.fullmatch(row[0])) or (
        languages & _SPACES and len(row) > 1 and _DOTTED.fullmatch(".".join(row))
    ):
        values.add(int(digits))
    values |= {value for code in codes if (value := value_of(row, code)) is not None}
    if len(row) == 2 and row[0].isascii() and row[0].isdigit():  # noqa: PLR2004 - 3 million
        scales = {atoms_of(code)[0].get(row[1], 0) for code in codes} & {*SCALES}
        if is_money and row[1] in SHORT_SCALES:
            scales.add(SHORT_SCALES[row[1]])
        values |= {int(row[0]) * scale for scale in scales}
    return values


def _grouped(value: int, codes: tuple[str, ...]) -> Iterator[Tokens]:
    """Yield a number with its thousands apart, as some languages write it: 3.000, 3 000."""
    if value < 1000:  # noqa: PLR2004
        return
    languages = {code.split("_")[0] for code in codes}
    groups = tuple(f"{value:,}".split(","))
    if languages & _DOTS:
        yield (".".join(groups),)
    if languages & _SPACES:
        yield groups


def _decimal(row: Tokens, codes: tuple[str, ...]) -> Iterator[Tokens]:
    """Yield the other spellings of a decimal: 12.5, twelve point five; 1.5 million."""
    if len(row) > 1 and any(atoms_of(code)[0].get(row[-1], 0) in SCALES for code in codes):
        yield from ((*way, row[-1]) for way in _decimal(row[:-1], codes))
        return
    if len(row) == 1 and _DECIMAL.fullmatch(row[0]):
        whole, part = row[0].split(".")
        yield row
        for code in codes:
            if point := decimal_point(code):
                digits_said = tuple(said for digit in part for said in spelled(int(digit), code)[0])
                for before in spelled(int(whole), code)[:1]:
                    yield (*before, point, *digits_said)
                    if part[0] != "0" and len(part) == 2:  # noqa: PLR2004 - drei Komma vierzehn
                        yield (*before, point, *spelled(int(part), code)[0])
        return
    for code in codes:
        point = decimal_point(code)
        if point in row[1:-1]:
            at = row.index(point)
            whole_value = value_of(row[:at], code)
            digits = [0 if one == "oh" else value_of((one,), code) for one in row[at + 1 :]]
            if whole_value is not None and digits and None not in digits:
                yield (f"{whole_value}.{''.join(map(str, digits))}",)
