"""The form in which words and names compare that are written with other accents or letters."""

import unicodedata
from functools import lru_cache
from typing import Final

_LETTERS_WITHOUT_DECOMPOSITION: Final = str.maketrans(
    {"ø": "o", "œ": "oe", "æ": "ae", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t"}
    | {"\u0131": "i", "ŋ": "n", "ĸ": "k", "\u0640": ""}
)


@lru_cache(maxsize=1 << 16)
def fold(token: str) -> str:
    """Return the token without accents, niqqud, harakat and skin tones, its digits as 0-9.

    Marks that spell a sound of their own stay: Indic vowel signs and viramas, Thai tones,
    Japanese voicing (their combining classes: Unicode 16, table 4-3).
    """
    if token.isascii():
        return token
    kept = "".join(
        str(unicodedata.decimal(c, c))
        for c in unicodedata.normalize("NFKD", token)
        if not _is_accent(c) and not "\U0001f3fb" <= c <= "\U0001f3ff"
    ).translate(_LETTERS_WITHOUT_DECOMPOSITION)
    return unicodedata.normalize("NFC", kept) or token


def folded_name(name: str) -> str:
    """Return the form in which names of shows and speakers compare: no case, no accents."""
    return " ".join(fold(part) for part in name.casefold().split())


def _is_accent(character: str) -> bool:
    combining = unicodedata.combining(character)
    return 10 <= combining <= 35 or combining >= 200  # noqa: PLR2004
