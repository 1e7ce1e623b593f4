"""Signs inside words that are read aloud: AT&T, R and D, example dot com, MP3, the 90s."""

import re
from collections.abc import Iterator
from itertools import islice, product
from typing import Final

from search.domain.numbers import Tokens, numbers_spelled
from search.domain.numbers.ordinals import ordinals
from search.domain.tokens import tokens_of

_AND: Final = {
    "en": "and",
    "de": "und",
    "fr": "et",
    "es": "y",
    "it": "e",
    "pt": "e",
    "nl": "en",
    "sv": "och",
    "da": "og",
    "no": "og",
}
_DOT: Final = {
    "en": "dot",
    "de": "punkt",
    "fr": "point",
    "es": "punto",
    "it": "punto",
    "pt": "ponto",
    "nl": "punt",
    "sv": "punkt",
}
_SLASH: Final = {"en": "slash", "de": "slash", "fr": "slash", "es": "barra", "it": "barra"}
_AT: Final = {"en": "at", "de": "at", "fr": "arobase", "es": "arroba", "it": "chiocciola"}
_SAID: Final = {"&": _AND, ".": _DOT, "/": _SLASH, "@": _AT}
_DOMAINS: Final = frozenset(
    [
        *("com", "org", "net", "edu", "gov", "info", "biz", "io", "ai", "fm", "tv", "co"),
        *("me", "app", "dev", "js", "eu", "uk", "de", "fr", "es", "it", "nl", "se"),
        *("ch", "at", "be", "us", "ca", "au", "nz", "ie", "pt", "br", "mx", "in"),
        *("jp"),
    ]
)
_WORD: Final = re.compile(r"[^\s\"]+")
_SCHEME: Final = re.compile(r"\Ahttps?://(?:www\.)?|\Awww\.", re.IGNORECASE)
_INNER: Final = re.compile(r"(?<=\w)[&./@](?=\w)")
_HUMPS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_IRISH: Final = re.compile("O['\u2019](?=[A-Z])")
_NUMBERS: Final = re.compile(r"\d{1,3}/\d{1,3}")
_ROMAN: Final = re.compile(r"(?:(?=[IVX]{2})X{0,3}|(?=[IVXL]{3})(?:XL|LX{0,3}))(?:IX|IV|V?I{0,3})")
"""LV and XL are names and sizes, XLV and LIV are numbers."""
_ROMAN_SIGNS: Final = {"I": 1, "V": 5, "X": 10, "L": 50}
_NUMBERED: Final = frozenset(
    [
        *("act", "appendix", "article", "book", "bowl", "canto", "chapter", "class", "division"),
        *("episode", "figure", "level", "mark", "part", "phase", "rocky", "scene", "section"),
        *("stage", "table", "title", "type", "vol", "volume", "war"),
    ]
)
_TENS: Final = ("", "x", "xx", "xxx", "xl", "l", "lx", "lxx", "lxxx", "xc")
_ONES: Final = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_SHORT: Final = 2
_HUNDRED: Final = 100
_MIXED: Final = re.compile(r"(?=[a-z]*\d)(?=\d*[a-z])(?:[a-z]{1,3}|\d{1,2}){2,5}")
_PARTS: Final = re.compile(r"[a-z]+|\d+")
_ORDINAL: Final = re.compile(r"\d+(?:st|nd|rd|th|s|er|e|h\d*)")
_NO_VOWEL: Final = re.compile(r"[bcdfghjklmnpqrstvwxz]{1,3}")
_LETTER: Final = re.compile(r"[a-z]")
_MOST: Final = 12
_PREPOSITIONS: Final = frozenset({"pl", "cs", "sk", "sl", "hr", "sr"})
"""Languages in which a consonant alone is a word: `w 2` is "in two"."""


def read_aloud(text: str, codes: Tokens) -> dict[Tokens, tuple[Tokens, ...]]:
    """Return, by its tokens, how each word of a query that holds such a sign is said."""
    ways: dict[Tokens, tuple[Tokens, ...]] = {}
    for word in _WORD.findall(text):
        bare = _SCHEME.sub("", word)
        said = [_HUMPS.sub(" ", bare)] if _HUMPS.search(bare) else []
        if bare != word:
            said.append(bare)
        if _INNER.search(bare):
            said += [_said(bare, code.split("_")[0]) for code in codes]
        if _IRISH.match(bare):
            said.append(f"{bare[0]} {bare[2:]}")
        others = dict.fromkeys([*map(_tokens, said), *_roman(bare, codes), *_pair(bare, codes)])
        others.pop(key := tokens_of(word), None)
        if others and key:
            ways[key] = tuple(others)
    return ways


def _roman(word: str, codes: Tokens) -> Iterator[Tokens]:
    """Yield how a number in Roman capitals is said: `II` is two, and a king the second."""
    if _ROMAN.fullmatch(word) is None:
        return
    signs = [_ROMAN_SIGNS[sign] for sign in word]
    values = [-a if a < b else a for a, b in zip(signs, [*signs[1:], 0], strict=True)]
    yield (number := str(sum(values)),)
    yield from numbers_spelled((number,), codes)
    if any(code.startswith("en") for code in codes):
        yield from (("the", *way) for way in ordinals((f"{number}th",), ("en",)))


def roman_after(before: str, number: Tokens, codes: Tokens) -> Tokens:
    """Return how a number may be written behind such a word: `chapter iv`; nothing elsewhere.

    One is left out: `i` is a word.
    """
    if before not in _NUMBERED:
        return ()
    ways = (number, *numbers_spelled(number, codes))
    value = next((int(way[0]) for way in ways if len(way) == 1 and way[0].isdecimal()), 0)
    return (_TENS[value // 10] + _ONES[value % 10],) if 1 < value < _HUNDRED else ()


def _pair(word: str, codes: Tokens) -> Iterator[Tokens]:
    """Yield how two numbers with a stroke between are said: `24/7` is twenty-four seven."""
    if _NUMBERS.fullmatch(word):
        ways = [[*numbers_spelled((part,), codes)] for part in word.split("/")]
        yield from (one + other for one, other in islice(product(*ways), _MOST))


def _said(word: str, language: str) -> str:
    return _INNER.sub(lambda sign: f" {_SAID[sign[0]].get(language, '')} ", word)


def _tokens(text: str) -> Tokens:
    return tuple(token for word in text.split() for token in tokens_of(word))


def written_with_signs(row: Tokens, codes: Tokens) -> Iterator[tuple[int, Tokens]]:
    """Yield `at t` for `at and t`, `example com` for `example dot com`: a sign is no token."""
    ands, dots, slashes, ats = (
        {names[code] for one in codes if (code := one.split("_")[0]) in names}
        for names in (_AND, _DOT, _SLASH, _AT)
    )
    parts, at = [row[0]], 0
    is_address = False
    while at + 2 < len(row):
        sign, after = row[at + 1], row[at + 2]
        short = row[at].isalpha() and after.isalpha() and max(len(row[at]), len(after)) <= _SHORT
        is_name = sign in ats and row[at + 3 : at + 4] != () and row[at + 3] in dots
        if not (
            (sign in ands and short and not is_address)
            or (sign in dots and (after in _DOMAINS or _leads_on(row, at + 2, dots)))
            or (sign in slashes and is_address)
            or is_name
        ):
            break
        is_address = is_address or sign in dots or is_name
        parts.append(after)
        at += 2
    if at:
        yield at + 1, tuple(parts)


def _leads_on(row: Tokens, at: int, dots: set[str]) -> bool:
    """Tell whether a name goes on to a domain: `talks dot example dot com`."""
    return len(row) > at + 2 and row[at + 1] in dots and row[at + 2] in _DOMAINS


def letters_and_digits(row: Tokens, codes: Tokens) -> Iterator[tuple[int, Tokens]]:
    """Yield `mp three` for `mp3`, and back."""
    if _MIXED.fullmatch(row[0]) and not _ORDINAL.fullmatch(row[0]):
        yield from ((1, way) for way in _said_apart(row[0], codes))
    if _PREPOSITIONS & {code.split("_")[0] for code in codes}:
        return
    digits = [_digits(token, codes) for token in row[:5]]
    count = 0
    while count < len(digits) and (digits[count] or _is_letter(row, count)):
        count += 1
    while count > 1:
        glued = "".join(number or token for number, token in zip(digits, row[:count], strict=False))
        if _MIXED.fullmatch(glued) and not (digits[0] and count > _SHORT):
            yield count, (glued,)
            yield from ((count, way) for way in _said_apart(glued, codes))
        count -= 1


def _said_apart(glued: str, codes: Tokens) -> Iterator[Tokens]:
    parts = [_ways(part, codes) for part in _PARTS.findall(glued)]
    for way in islice(product(*parts), _MOST):
        yield tuple(token for part in way for token in part)


def _ways(part: str, codes: Tokens) -> list[Tokens]:
    if part.isdigit():
        return [(part,), *numbers_spelled((part,), codes)[:3]]
    return list(dict.fromkeys([(part,), tuple(part)]))


def _digits(token: str, codes: Tokens) -> str:
    """Return a number of one or two digits that a token says; nothing for another."""
    if token.isdigit():
        return token if len(token) <= _SHORT else ""
    spelled = numbers_spelled((token,), codes) if token.isalpha() else []
    return next((one[0] for one in spelled if len(one) == 1 and one[0].isdigit()), "")[:3]


def _is_letter(row: Tokens, at: int) -> bool:
    """Tell whether a token is letters that are named one by one, at the first place no word."""
    return bool((_LETTER if at and len(row[at]) == 1 else _NO_VOWEL).fullmatch(row[at]))
