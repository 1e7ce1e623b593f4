"""Other ways to write what is said: 2:30 and half past two, 7pm and 7 p.m., Dr. and doctor, NASA.

Like numbers, they are each other's spellings: the same words were spoken.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

from search.domain.numbers import (
    MOST_SPELLINGS,
    MOST_TOKENS,
    Spellings,
    Tokens,
    codes_of,
    money_spelled,
    number_at,
    number_said,
    numbers_spelled,
)
from search.domain.said_signs import letters_and_digits, written_with_signs
from search.domain.tokens import tokens_of

_UNITS: Final = frozenset(
    {
        "am",
        "pm",
        "km",
        "kg",
        "cm",
        "mm",
        "mg",
        "ml",
        "kb",
        "mb",
        "gb",
        "tb",
        "hz",
        "khz",
        "mhz",
        "ghz",
        "kw",
        "kwh",
        "mw",
        "gw",
        "mph",
        "kmh",
        "fps",
        "dpi",
        "k",
        "m",
        "g",
        "h",
        "s",
        "min",
        "hr",
        "hrs",
        "sec",
        "ft",
        "lb",
        "lbs",
        "oz",
        "db",
    }
)
_GLUED: Final = re.compile(r"(\d+(?:\.\d+)?)([^\W\d_]{1,3})")
_WITH_H: Final = re.compile(r"(\d{1,2})h(\d{2})")
_MINUTES: Final = re.compile(r"([0-5]\d)(am|pm|h|uhr)?")
_HALVES: Final = (("am",), ("pm",))
_NAMES: Final = {
    "": "c++=c plus plus|c#=c sharp|f#=f sharp|nodejs=node js|nodejs=node dot js|"
    "b2b=b to b|b2c=b to c|p2p=peer to peer|ok=okay",
    "en": "mr=mister|mrs=missus|dr=doctor|prof=professor|st=saint|st=street|vs=versus|jr=junior|"
    "sr=senior|ave=avenue|lt=lieutenant|sgt=sergeant|capt=captain|mt=mount|etc=et cetera|"
    "rock n roll=rock and roll|rocknroll=rock and roll|rocknroll=rock n roll|"
    "rock roll=rock and roll|rock roll=rock n roll|rock roll=rocknroll|"
    "world war ii=world war two|world war ii=world war 2|"
    "world war i=world war one|world war i=world war 1|world war two=world war 2|"
    "world war one=world war 1",
    "de": "dr=doktor|prof=professor|nr=nummer|st=sankt|bzw=beziehungsweise|usw=und so weiter|"
    "zb=zum beispiel|z b=zum beispiel|"
    + "|".join(
        f"{tens}0er={name}|19{tens}0er={name}|19{tens}0er={tens}0er"
        for tens, name in enumerate(
            (
                "zwanziger",
                "dreißiger",
                "vierziger",
                "fünfziger",
                "sechziger",
                "siebziger",
                "achtziger",
                "neunziger",
            ),
            2,
        )
    ),
    "fr": "mme=madame|mlle=mademoiselle|mm=messieurs|dr=docteur|st=saint|ste=sainte",
    "es": "sr=señor|sra=señora|srta=señorita|dr=doctor|dra=doctora|ud=usted",
    "it": "sig=signor|dott=dottor|dr=dottor|prof=professor",
    "sv": "dr=doktor|nr=nummer|tex=till exempel|st=sankt",
}
_CLOCK: Final = {
    "en": (
        "half past {h}",
        "quarter past {h}|a quarter past {h}",
        "quarter to {n}|a quarter to {n}",
    ),
    "de": ("halb {n}", "viertel nach {h}", "viertel vor {n}"),
    "sv": ("halv {n}", "kvart över {h}", "kvart i {n}"),
    "nl": ("half {n}", "kwart over {h}", "kwart voor {n}"),
    "da": ("halv {n}", "kvart over {h}", "kvart i {n}"),
    "fr": ("{h} heures et demie", "{h} heures et quart", "{n} heures moins le quart"),
    "es": ("{h} y media", "{h} y cuarto", "{n} menos cuarto"),
    "it": ("{h} e mezza|{h} e mezzo", "{h} e un quarto", "{n} meno un quarto"),
}
"""How half past, a quarter past and a quarter to an hour `h` are said; `n` is the next hour."""
_FEMININE: Final = {"es": "una", "it": "una"}
_PREFIXES: Final = {
    "e": r"(?:mail|book|bike|sport|reader|scooter|cigarette|zine)s?|commerce|learning|waste|sports",
    "x": r"rays?",
    "t": r"shirts?",
    "k": r"pop",
} | dict.fromkeys(("wi", "hi", "lo", "sci"), "fi")
"""What English writes with a hyphen, as words of their own, or together; a pattern of the second.

In other languages `e` and `o` are words, and "hi" is one in this: what is none of these stays two.
"""
_IRISH_NAME: Final = re.compile(r"[a-z]{4,}")
_PHONE: Final = range(7, 16)
_FEWEST_SPELLED_DIGITS: Final = 5
_MOST_GROUPINGS: Final = 14
_MOST_INITIALS: Final = 5
_VOWEL: Final = re.compile("[aeiouyäöüåæøœ]")


def forms_in(
    tokens: Sequence[str], languages: Collection[str], initials: Collection[str] = ()
) -> Iterator[Spellings]:
    """Yield what is written otherwise too, left to right, none overlapping another.

    `languages` (BCP 47) are those whose words count; `initials` the tokens written in capitals.
    """
    codes = codes_of(languages)
    start = 0
    while start < len(tokens):
        row = tuple(tokens[start : start + MOST_TOKENS])
        length, others = _form_at(row, codes, row[0] in initials)
        if others:
            yield Spellings(start, start + length, others)
        start += length


@lru_cache(maxsize=4096)
def _form_at(row: Tokens, codes: Tokens, is_initials: bool) -> tuple[int, tuple[Tokens, ...]]:
    """Return how many tokens the longest form at the start has, and its other spellings."""
    ways: list[Callable[[Tokens, Tokens], Iterator[tuple[int, Tokens]]]] = [
        _numbers, _names, _with_units, _times, _telephone, _letters, _with_prefix,
        written_with_signs, letters_and_digits,
    ]  # fmt: skip
    found = [form for way in ways for form in way(row, codes)]
    if (is_initials or not _VOWEL.search(row[0])) and row[0].isalpha():
        found += [(1, tuple(row[0]))] if 1 < len(row[0]) <= _MOST_INITIALS else []
    length = max((length for length, _ in found), default=1)
    others = dict.fromkeys(o for size, o in found if size == length and o != row[:length])
    return length, tuple(others)[:MOST_SPELLINGS]


def _numbers(row: Tokens, codes: Tokens) -> Iterator[tuple[int, Tokens]]:
    length, others = number_at(row, codes) or (0, ())
    yield from ((length, other) for other in others)
    yield from ((2, other) for other in money_spelled(row, codes))


def _names(row: Tokens, codes: Tokens) -> Iterator[tuple[int, Tokens]]:
    for one, other in _pairs(codes):
        if row[: len(one)] == one:
            yield len(one), other


@cache
def _pairs(codes: Tokens) -> tuple[tuple[Tokens, Tokens], ...]:
    listed = [_NAMES.get(code, "") for code in ("", *dict.fromkeys(c.split("_")[0] for c in codes))]
    pairs = [pair.split("=") for names in listed for pair in names.split("|") if pair]
    if any(code.startswith("en") for code in codes):
        pairs += _decades()
    both = [(_tokens(short), _tokens(long)) for short, long in pairs]
    return (*both, *((long, short) for short, long in both))


def _decades() -> Iterator[list[str]]:
    """Yield `90s` and `nineties`, `1990s` and `nineteen nineties`, and the short for the long."""
    names = ("twenties", "thirties", "forties", "fifties", "sixties")
    for tens, name in enumerate((*names, "seventies", "eighties", "nineties"), 2):
        short, long = f"{tens}0s", f"19{tens}0s"
        yield from ([short, name], [long, f"nineteen {name}"], [long, name], [long, short])


def _with_prefix(row: Tokens, codes: Tokens) -> Iterator[tuple[int, Tokens]]:
    """Yield `email` for `e mail`, `wifi` for `wi fi`; `oneill` for `o neill` if all is English."""
    if len(row) == 1 or "en" not in codes:
        return
    is_written_together = re.fullmatch(_PREFIXES.get(row[0], "(?!)"), row[1])
    is_irish = row[0] == "o" and set(codes) == {"en"} and _IRISH_NAME.fullmatch(row[1])
    if is_written_together or is_irish:
        yield 2, (row[0] + row[1],)


def _with_units(row: Tokens, codes: Tokens) -> Iterator[tuple[int, Tokens]]:
    """Yield `7 pm`, `seven pm` for `7pm`, and back."""
    glued = _GLUED.fullmatch(row[0])
    if glued and glued[2] in _UNITS:
        said = numbers_spelled((glued[1],), codes)
        yield from ((1, (*number, glued[2])) for number in dict.fromkeys([(glued[1],), *said]))
    for length in range(1, min(len(row), 5)):
        if row[length] in _UNITS and (said := numbers_spelled(row[:length], codes)):
            for number in dict.fromkeys([row[:length], *said]):
                yield length + 1, (*number, row[length])
                if len(number) == 1 and number[0][0].isdigit():
                    yield length + 1, (number[0] + row[length],)


def _times(row: Tokens, codes: Tokens) -> Iterator[tuple[int, Tokens]]:
    """Yield how a time is said, and how it is written."""
    for length, hour, minute, half in _time_at(row, codes):
        digits = f"{minute:02}"
        for suffix in [(half,)] if half else [(), *_HALVES] if "en" in codes else [()]:
            yield length, (str(hour), digits, *suffix)
            yield length, (str(hour), digits + "".join(suffix))
        yield length, (f"{hour}h{digits}",)
        afters: list[Tokens] = [(), (half,)] if half else [()]
        for code in codes:
            spelled = number_said(minute, code) if minute else ()
            ways = [(*number_said(hour, code), *spelled)]
            ways += [way for way, at in _clock(code).items() if at == (hour % 12 or 12, minute)]
            for way in ways:
                yield from ((length, (*way, *after)) for after in afters)


def _time_at(row: Tokens, codes: Tokens) -> Iterator[tuple[int, int, int, str]]:
    """Yield (tokens, hour, minute, am or pm) where a time begins a row."""
    with_h = _WITH_H.fullmatch(row[0])
    if with_h:
        yield 1, int(with_h[1]), int(with_h[2]), ""
    if len(row) > 1 and row[0].isdecimal() and len(row[0]) <= 2 and int(row[0]) <= 24:  # noqa: PLR2004
        minutes = _MINUTES.fullmatch(row[1])
        if minutes:
            half = minutes[2] or (row[2] if row[2:3] in _HALVES else "")
            length = 2 if minutes[2] or not half else 3
            yield length, int(row[0]), int(minutes[1]), half if half in {"am", "pm"} else ""
    for code in codes:
        for length in range(min(len(row), 6), 1, -1):
            at = _clock(code).get(row[:length])
            if at:
                half = row[length] if row[length : length + 1] in _HALVES else ""
                yield length + bool(half), *at, half
                if not code.startswith("en"):
                    yield length + bool(half), at[0] + 12, at[1], half
                break


@cache
def _clock(code: str) -> dict[Tokens, tuple[int, int]]:
    """Return the hours and minutes that a language has words for."""
    times: dict[Tokens, tuple[int, int]] = {}
    language = code.split("_", maxsplit=1)[0]
    for hour in range(1, 13):
        following = hour % 12 + 1
        names = {
            name: _FEMININE.get(language, "") if value == 1 and language in _FEMININE
            else " ".join(number_said(value, code))
            for name, value in (("h", hour), ("n", following))
        }  # fmt: skip
        for minute, ways in zip((30, 15, 45), _CLOCK.get(language, ()), strict=False):
            for way in ways.split("|"):
                said = way.format(**names)
                times[_tokens(said)] = (hour, minute)
                times[_tokens(said.replace("une heures", "une heure"))] = (hour, minute)
    return times


def _telephone(row: Tokens, codes: Tokens) -> Iterator[tuple[int, Tokens]]:
    """Yield the groups that the digits of a long number are written in."""
    names = {word: digit for code in codes for digit, word in _digit_names(code)}
    spelled = [names.get(token, token if token.isdecimal() else "") for token in row]
    count = next((at for at, token in enumerate(spelled) if not token), len(row))
    digits = "".join(spelled[:count])
    are_words = any(token in names for token in row[:count])
    if len(digits) not in _PHONE or (are_words and count < _FEWEST_SPELLED_DIGITS):
        return
    if count == 1 and not digits.isascii():
        return
    yield count, (digits,)
    yield count, tuple(digits)
    for code in codes:
        word_of = dict(reversed(_digit_names(code)))
        yield count, tuple(word_of[digit] for digit in digits)
    for size in _groupings(len(digits)):
        ends = [sum(size[:at]) for at in range(len(size) + 1)]
        yield count, tuple(digits[a:b] for a, b in pairwise(ends))


@cache
def _digit_names(code: str) -> tuple[tuple[str, str], ...]:
    names = [(str(digit), "".join(number_said(digit, code))) for digit in range(10)]
    return (*names, *([("0", "oh")] if code.startswith("en") else []))


@cache
def _groupings(count: int) -> tuple[tuple[int, ...], ...]:
    """Return the usual ways to write so many digits in groups: of three and four, or in pairs."""

    def cut(left: int) -> Iterator[tuple[int, ...]]:
        if not left:
            yield ()
        for size in (3, 4, 5):
            if size <= left:
                yield from ((size, *rest) for rest in cut(left - size))

    pairs = ((count % 2 + 2,) if count % 2 else ()) + (2,) * (count // 2 - count % 2)
    usual = sorted(cut(count), key=lambda sizes: (max(sizes), len(sizes), sizes))
    return (*usual[:_MOST_GROUPINGS], pairs)


def _letters(row: Tokens, codes: Tokens) -> Iterator[tuple[int, Tokens]]:  # noqa: ARG001
    """Yield `aws` for `a w s`."""
    count = next((at for at, t in enumerate(row) if len(t) > 1 or not t.isalpha()), len(row))
    if 1 < count <= _MOST_INITIALS and all(token.isascii() for token in row[:count]):
        yield count, ("".join(row[:count]),)


@lru_cache(maxsize=4096)
def _tokens(text: str) -> Tokens:
    return tuple(token for word in text.split() for token in tokens_of(word))
