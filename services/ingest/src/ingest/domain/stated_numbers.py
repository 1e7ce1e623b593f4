"""Numbers that a stranger's server or feed states."""

from typing import Final

_MOST_DIGITS: Final = 15


def stated_number(text: str) -> int | None:
    """Return what a few plain digits say; None for anything else, such as superscripts."""
    is_plain = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if is_plain else None
