"""Text that no format can stumble over, and how wide it is on a screen."""

import unicodedata
from typing import Final

# Joiners shape Arabic, Indic and emoji text; marks set a word's direction. Both are text, and so
# are the tag characters that spell the flags of regions.
_KEPT: Final = frozenset("\u200c\u200d\u200e\u200f") | {chr(n) for n in range(0xE0020, 0xE0080)}
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs"})


def clean_text(text: str) -> str:
    """Return `text` on one line, without control, zero-width or surrogate characters.

    White space of any kind becomes one space, none at the ends. Empty when nothing visible is
    left.
    """
    if text.isprintable():
        return " ".join(text.split())
    cleaned = " ".join("".join(map(_clean_character, text)).split())
    return cleaned if any(character not in _KEPT for character in cleaned) else ""


def columns(text: str) -> int:
    """Return how many columns `text` takes: two for each wide East Asian character."""
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def _clean_character(character: str) -> str:
    if character.isspace():
        return " "
    code = ord(character)
    noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF  # noqa: PLR2004 - Unicode 23.7
    if character in _KEPT:
        return character
    return "" if noncharacter or unicodedata.category(character) in _DROPPED else character
