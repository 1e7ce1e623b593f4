"""Numbers in digits and in words: 1984, nineteen eighty-four; $5, five dollars; 3rd, third.

A transcript has one spelling, a query perhaps the other. Every language that num2words knows is
read and written; what a language lacks there (years, currencies) is simply not a spelling in it.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain, product, zip_longest
from typing import Any, Final, NamedTuple

from num2words import CONVERTER_CLASSES, num2words  # type: ignore[import-untyped]

from search.domain.tokens import tokens_of

MOST_TOKENS: Final = 12
"""A number in words has at most so many tokens: nine hundred … thousand … and eighty-four."""
MOST_SPELLINGS: Final = 24
_LARGEST: Final = 10**12
_SCALES: Final = (10**3, 10**6, 10**9)
_SHORT_SCALES: Final = {"k": 10**3, "m": 10**6, "mio": 10**6, "bn": 10**9, "mrd": 10**9}
"""Beside a currency: $5m."""
_DOTS: Final = frozenset(
    ["de", "es", "it", "nl", "pt", "da", "id", "tr", "el", "ro", "sl", "hr", "sr", "vi", "ca"]
)
_SPACES: Final = frozenset(
    [
        "fr",
        "sv",
        "no",
        "fi",
        "pl",
        "cs",
        "sk",
        "ru",
        "uk",
        "hu",
        "lv",
        "lt",
        "et",
        "bg",
        "pt",
        "es",
        "it",
        "de",
    ]
)
"""Languages that set thousands apart by a dot, and by a space."""
_DOTTED: Final = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
_DECIMAL: Final = re.compile(r"\d{1,12}\.\d{1,6}")
_YEARS: Final = range(1100, 2100)
_ORDINALS: Final = range(1, 101)
_SIGNS: Final = {
    "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW",
    "₪": "ILS", "₺": "TRY", "₴": "UAH",
}  # fmt: skip
_PER_CENT: Final = {
    "en": ("percent", "per cent"), "de": ("prozent",), "fr": ("pour cent", "pourcent"),
    "es": ("por ciento",), "pt": ("por cento",), "it": ("per cento", "percento"),
    "nl": ("procent",), "sv": ("procent",), "da": ("procent",), "no": ("prosent",),
    "fi": ("prosenttia", "prosentti"), "pl": ("procent", "procenta", "procentów"),
    "cs": ("procent", "procenta", "procento"), "sk": ("percent", "percentá", "percento"),
    "ru": ("процентов", "процента", "процент"), "uk": ("відсотків", "відсотка", "відсоток"),
    "ro": ("la sută",), "hu": ("százalék",), "tr": ("yüzde",), "ca": ("per cent",),
    "is": ("prósent",), "lt": ("procentų", "procentai"), "lv": ("procenti", "procentu"),
    "he": ("אחוז", "אחוזים"), "ar": ("بالمئة", "في المئة"), "id": ("persen",),
    "vi": ("phần trăm",), "ko": ("퍼센트", "프로"), "ja": ("パーセント",), "th": ("เปอร์เซ็นต์",),
    "eo": ("procento", "procentoj"), "sl": ("odstotkov", "odstotek"), "sr": ("odsto", "posto"),
}  # fmt: skip
_MORE_UNITS: Final = {
    ("£", "en"): ("pounds", "pound"), ("¥", "en"): ("yen",), ("$", "de"): ("dollar",),
    ("₹", "en"): ("rupees", "rupee"), ("₩", "en"): ("won",), ("₽", "en"): ("roubles", "rouble"),
}  # fmt: skip
_MORE_ORDINALS: Final = {
    "fr": "{}e {}ème {}er {}ère {}nd {}nde",
    "es": "{}o {}a {}ro {}ra {}er {}do {}da",
    "it": "{}o {}a",
}
Tokens = tuple[str, ...]


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
    return tuple(dict.fromkeys(code for one in sorted(languages) if (code := _code(one))))


def money_spelled(row: Tokens, codes: tuple[str, ...]) -> Iterator[Tokens]:
    """Yield what `5 m`, whose sign is no token in `$5m`, may stand for: five million dollars."""
    if len(row) > 1 and row[1] in _SHORT_SCALES and row[0].isdigit():
        rows = [one for one in _cardinal(row[:2], codes, is_money=True) if not one[-1].isdigit()]
        signs = [_with_unit((*row[:2], sign), 2, rows, codes)[1] for sign in ("$", "€", "£")]
        yield from filter(None, chain.from_iterable(zip_longest(*signs)))


def numbers_spelled(row: Tokens, codes: tuple[str, ...]) -> list[Tokens]:
    """Return all spellings of a cardinal number or a decimal; none if the row is none."""
    return _cardinal(row, codes)


def number_said(value: int, language: str) -> Tokens:
    """Return the tokens of a number as it is mostly said, a year as a year; none if too large."""
    code = _code(language)
    if code is None or value >= _LARGEST:
        return ()
    return _tokens(_said(value, code, to="year" if value in _YEARS else "cardinal"))


@lru_cache(maxsize=4096)
def number_at(tokens: Tokens, codes: tuple[str, ...]) -> tuple[int, tuple[Tokens, ...]] | None:
    """Return how many tokens the number at the start has, and its other spellings."""
    said = tokens
    if len(tokens) > 2 and tokens[1] in _SIGNS:  # noqa: PLR2004 - $3 million: 3 million $
        said = (tokens[0], *tokens[2:3], tokens[1], *tokens[3:])
        if not _cardinal(said[:2], codes, is_money=True):
            said = tokens
    is_money = said != tokens
    for length in range(len(said), 0, -1):
        cardinal = _cardinal(said[:length], codes, is_money=is_money)
        for rows in (cardinal, _ordinal(said[:length], codes)):
            if rows:
                end, spelled = _with_unit(said, length, rows, codes)
                others = tuple(other for other in spelled if other != tokens[:end])
                return (end, others[:MOST_SPELLINGS]) if others else None
    return None


def _cardinal(row: Tokens, codes: tuple[str, ...], *, is_money: bool = False) -> list[Tokens]:
    values = _values(row, codes, is_money=is_money)
    rows: list[Tokens] = []
    for value in sorted(values):
        rows.append((str(value),))
        rows += _grouped(value, codes)
        for code in codes:
            rows += _spelled(value, code)
    return list(dict.fromkeys([*rows, *_decimal(row, codes)]))


def _values(row: Tokens, codes: tuple[str, ...], *, is_money: bool) -> set[int]:
    """Return the whole numbers that a row of tokens says."""
    values: set[int] = set()
    if len(row) == 1 and row[0].isascii() and row[0].isdigit():
        if row[0] == str(int(row[0])) and int(row[0]) < _LARGEST:
            values.add(int(row[0]))
        return values
    languages = {code.split("_")[0] for code in codes}
    digits = row[0].replace(".", "") if len(row) == 1 else "".join(row)
    if (languages & _DOTS and len(row) == 1 and _DOTTED.fullmatch(row[0])) or (
        languages & _SPACES and len(row) > 1 and _DOTTED.fullmatch(".".join(row))
    ):
        values.add(int(digits))
    values |= {value for code in codes if (value := _value(row, code)) is not None}
    if len(row) == 2 and row[0].isascii() and row[0].isdigit():  # noqa: PLR2004 - 3 million
        scales = {_atoms(code)[0].get(row[1], 0) for code in codes} & {*_SCALES}
        if is_money and row[1] in _SHORT_SCALES:
            scales.add(_SHORT_SCALES[row[1]])
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
    """Yield the other spellings of a decimal: 12.5, twelve point five."""
    if len(row) == 1 and _DECIMAL.fullmatch(row[0]):
        whole, part = row[0].split(".")
        yield row
        for code in codes:
            if point := _point(code):
                digits_said = tuple(
                    said for digit in part for said in _spelled(int(digit), code)[0]
                )
                for before in _spelled(int(whole), code)[:1]:
                    yield (*before, point, *digits_said)
                    if part[0] != "0" and len(part) == 2:  # noqa: PLR2004 - drei Komma vierzehn
                        yield (*before, point, *_spelled(int(part), code)[0])
        return
    for code in codes:
        point = _point(code)
        if point in row[1:-1]:
            at = row.index(point)
            whole_value = _value(row[:at], code)
            digits = [0 if one == "oh" else _value((one,), code) for one in row[at + 1 :]]
            if whole_value is not None and digits and None not in digits:
                yield (f"{whole_value}.{''.join(map(str, digits))}",)


@cache
def _point(code: str) -> str:
    """Return what a language says for the decimal sign."""
    whole, half = _tokens(_said(1, code)), _tokens(_said(1.5, code))
    return half[len(whole)] if half[: len(whole)] == whole and len(half) > len(whole) else ""


def _ordinal(row: Tokens, codes: tuple[str, ...]) -> list[Tokens]:
    rows: list[Tokens] = []
    for code in codes:
        words = _ordinal_words(code)
        number = words.get(row) or words.get((row[0][:-1],) if len(row) == 1 else ())
        if number is not None and _said(number, code, to="ordinal_num") == f"{number}.":
            rows.append((str(number),))  # 21., whose stop is no token
        if number is None and len(row) == 1 and (found := re.match(r"\d{1,3}(?=\D)", row[0])):
            near = int(found[0])
            number = near if row in _ordinal_digits(near, code) else None
        if number is not None:
            rows += [w for w, value in _ordinal_words(code).items() if value == number]
            rows += _ordinal_digits(number, code)
    return list(dict.fromkeys(rows))


def _with_unit(
    tokens: Tokens, length: int, rows: list[Tokens], codes: tuple[str, ...]
) -> tuple[int, list[Tokens]]:
    """Take the sign or the name of a unit along that follows a number."""
    for sign in (*_SIGNS, "%"):
        names = _unit_names(sign, codes)
        for name in ((sign,), *names):
            end = length + len(name)
            if tokens[length:end] == name:
                if sign != "%":
                    rows = [*rows, *(short for row in rows for short in _short(row))]
                signed = [(row[0], sign, *row[1:]) for row in rows if row[0][0].isdigit()]
                signed += [row for row in rows if row[1:] and row[1] in _SHORT_SCALES]  # $5m
                named = [(*row, *of) for row, of in product(rows, names)]
                return end, list(dict.fromkeys([*signed, *named]))
    return length, rows


def _short(row: Tokens) -> Iterator[Tokens]:
    """Yield `5 m` for `5000000`, as sums of money are written."""
    if len(row) == 1 and row[0].isdigit():
        value = int(row[0])
        for name, scale in _SHORT_SCALES.items():
            if value >= scale and not value % scale:
                yield str(value // scale), name


@cache
def _unit_names(sign: str, codes: tuple[str, ...]) -> tuple[Tokens, ...]:
    names: list[str] = []
    for code in codes:
        if sign == "%":
            names += _PER_CENT.get(code.split("_")[0], ())
        else:
            forms = getattr(CONVERTER_CLASSES[code], "CURRENCY_FORMS", {}).get(_SIGNS[sign])
            names += _MORE_UNITS.get((sign, code.split("_")[0]), ())
            names += [form for form in (forms or ((),))[0] if isinstance(form, str)]
    return tuple(dict.fromkeys(filter(None, map(_tokens, names))))


@lru_cache(maxsize=4096)
def _spelled(value: int, code: str) -> tuple[Tokens, ...]:
    """Return the ways in which a language says a number."""
    said = [_said(value, code)]
    if value in _YEARS:
        said.append(_said(value, code, to="year"))
    connector = _connectors(code)
    rows = [row for text in said if (row := _tokens(text))]
    rows += [tuple(token for token in row if token not in connector) for row in rows]
    for scale in _SCALES[1:]:
        if value >= scale and not value % scale and value // scale < 1000:  # noqa: PLR2004
            rows += [(str(value // scale), *row[-1:]) for row in rows[:1]]
    one, hundred = _tokens(_said(1, code)), _tokens(_said(100, code))
    if code.startswith("en") and hundred[:1] == one:
        rows += [("a", *row[1:]) for row in rows if row[:1] == one and len(row) > 1]
    return tuple(dict.fromkeys(rows))


@lru_cache(maxsize=4096)
def _value(row: Tokens, code: str) -> int | None:
    """Return the number that tokens say in a language."""
    text = "".join(row)
    atoms, longest = _atoms(code)
    if not any(text.startswith(atom) for atom in atoms) and row[0] != "a":
        return None
    if row[0] == "a" and code.startswith("en"):
        text = "".join(("one", *row[1:])) if len(row) > 1 else ""
    connectors = {"".join(_tokens(c)) for c in _connectors(code)}
    for parts in _segmented(text, atoms, longest, connectors):
        for value in {_added(parts), _added(parts, pairs=True)}:
            plain = _without(text, connectors)
            if 0 <= value < _LARGEST and any(
                _without("".join(way), connectors) == plain for way in _spelled(value, code)
            ):
                return value
    return None


def _without(text: str, connectors: Collection[str]) -> str:
    for connector in connectors:
        text = text.replace(connector, "")
    return text


def _segmented(
    text: str, atoms: dict[str, int], longest: int, connectors: Collection[str]
) -> Iterator[tuple[int, ...]]:
    """Yield the ways to cut a number, written together, into the words for its parts."""
    if not text:
        yield ()
        return
    for length in range(min(longest, len(text)), 0, -1):
        value = atoms.get(text[:length])
        if value is None:
            continue
        for between in ("", *connectors):
            after = length + len(between)
            if text.startswith(between, length) and (after < len(text) or not between):
                cut = _segmented(text[after:], atoms, longest, connectors)
                yield from ((value, *rest) for rest in cut)


def _added(parts: Sequence[int], *, pairs: bool = False) -> int:
    """Put the parts of a number together; `pairs`: nineteen eighty-four is 19, 84."""
    if not parts:
        return -1
    total = current = 0
    for part in parts:
        if part in _SCALES:
            total += max(current, 1) * part
            current = 0
        elif part == 100:  # noqa: PLR2004
            current = max(current, 1) * part if current < part else current + part
        elif pairs and current:
            current = 100 * current + part
        else:
            current += part
    return total + current


@cache
def _atoms(code: str) -> tuple[dict[str, int], int]:
    """Return the words that numbers are made of, each written together, and the longest length."""
    atoms: dict[str, int] = {}
    for value in (*range(100), *range(100, 1000, 100), *_SCALES):
        word = "".join(_tokens(_said(value, code)))
        if word:
            atoms.setdefault(word, value)
    atoms.pop("", None)
    for _ in range(2):  # the second time with the forms that the first found
        forms = _inflected(code, atoms)
        atoms |= {word: value for word, value in forms if word and word not in atoms}
    return atoms, max(map(len, atoms), default=0)


def _inflected(code: str, atoms: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the forms that words take inside a number: `ciento` in 101, `две` in 2000."""
    written = {value: word for word, value in reversed(atoms.items())}
    connectors = {"".join(_tokens(c)) for c in _connectors(code)}
    for scale, many in product((100, *_SCALES), range(1, 10)):
        whole = "".join(_tokens(_said(many * scale, code)))
        first = written.get(many, "")
        if first and whole.startswith(first):
            yield whole[len(first) :], scale
        for end in [word for word, value in atoms.items() if value == scale]:
            if whole.endswith(end):
                yield whole.removesuffix(end), many
    for hundred, rest in product(range(100, 1000, 100), (1, 8, 80)):
        whole, last = "".join(_tokens(_said(hundred + rest, code))), written.get(rest, "")
        if last and whole.endswith(last):
            word = whole.removesuffix(last)
            for connector in connectors:
                word = word.removesuffix(connector)
            yield word, hundred


@cache
def _connectors(code: str) -> frozenset[str]:
    """Return what a language puts between the parts of a number: `and`."""
    found: set[str] = set()
    for value, parts in ((101, (100, 1)), (121, (100, 21)), (1001, (1000, 1)), (31, (30, 1))):
        whole = _tokens(_said(value, code))
        ends = [_tokens(_said(part, code)) for part in parts]
        if whole[: len(ends[0])] == ends[0] and whole[len(whole) - len(ends[1]) :] == ends[1]:
            between = whole[len(ends[0]) : len(whole) - len(ends[1])]
            if len(between) == 1:
                found.update(between)
    return frozenset(found)


@cache
def _ordinal_words(code: str) -> dict[Tokens, int]:
    words: dict[Tokens, int] = {}
    for number in _ORDINALS:
        row = _tokens(_said(number, code, to="ordinal"))
        if row and row != _tokens(_said(number, code)):
            words.setdefault(row, number)
    return words


@cache
def _ordinal_digits(number: int, code: str) -> tuple[Tokens, ...]:
    forms = [_said(number, code, to="ordinal_num")]
    forms += _MORE_ORDINALS.get(code.split("_", maxsplit=1)[0], "").format(*[number] * 7).split()
    rows = [_tokens(form) for form in forms if form]
    return tuple(row for row in dict.fromkeys(rows) if len(row) == 1 and row != (str(number),))


def _said(value: float, code: str, *, to: str = "cardinal") -> str:
    """Return what num2words says; nothing where it does not know how."""
    say: Callable[..., Any] = num2words
    try:
        return str(say(value, lang=code, to=to))
    except (NotImplementedError, LookupError, ValueError, TypeError, OverflowError, AttributeError):
        return ""


@lru_cache(maxsize=1 << 14)
def _tokens(text: str) -> Tokens:
    return tuple(token for word in text.split() for token in tokens_of(word))


@cache
def _code(language: str) -> str | None:
    """Return num2words' name of a language."""
    parts = re.split(r"[-_]", language.lower())
    regional = f"{parts[0]}_{parts[-1].upper()}"
    if len(parts) > 1 and regional in CONVERTER_CLASSES:
        return regional
    name = {"nb": "no", "nn": "no"}.get(parts[0], parts[0])
    return name if name in CONVERTER_CLASSES else None
