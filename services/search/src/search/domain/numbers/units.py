"""Currencies and percentages beside a number: $5m, five million dollars; 40 %, 40 percent."""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Final

from num2words import CONVERTER_CLASSES  # type: ignore[import-untyped]

from search.domain.numbers.said import Tokens, tokens_said

SHORT_SCALES: Final = {"k": 10**3, "m": 10**6, "mio": 10**6, "bn": 10**9, "mrd": 10**9}
"""Beside a currency: $5m."""
SIGNS: Final = {
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


def with_unit(
    tokens: Tokens, length: int, rows: list[Tokens], codes: tuple[str, ...]
) -> tuple[int, list[Tokens]]:
    """Take the sign or the name of a unit along that follows a number."""
    for sign in (*SIGNS, "%"):
        names = _unit_names(sign, codes)
        for name in ((sign,), *names):
            end = length + len(name)
            if tokens[length:end] == name:
                if sign != "%":
                    rows = [*rows, *(short for row in rows for short in _short(row))]
                signed = [(row[0], sign, *row[1:]) for row in rows if row[0][0].isdigit()]
                signed += [row for row in rows if row[1:] and row[1] in SHORT_SCALES]  # $5m
                named = [(*row, *of) for row, of in product(rows, names)]
                return end, list(dict.fromkeys([*signed, *named]))
    return length, rows


def _short(row: Tokens) -> Iterator[Tokens]:
    """Yield `5 m` for `5000000`, as sums of money are written."""
    if len(row) == 1 and row[0].isdigit():
        value = int(row[0])
        for name, scale in SHORT_SCALES.items():
            if value >= scale and not value % scale:
                yield str(value // scale), name


@cache
def _unit_names(sign: str, codes: tuple[str, ...]) -> tuple[Tokens, ...]:
    names: list[str] = []
    for code in codes:
        if sign == "%":
            names += _PER_CENT.get(code.split("_")[0], ())
        else:
            forms = getattr(CONVERTER_CLASSES[code], "CURRENCY_FORMS", {}).get(SIGNS[sign])
            names += _MORE_UNITS.get((sign, code.split("_")[0]), ())
            names += [form for form in (forms or ((),))[0] if isinstance(form, str)]
    return tuple(dict.fromkeys(filter(None, map(tokens_said, names))))
