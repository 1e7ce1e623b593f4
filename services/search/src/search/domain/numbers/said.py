"""What num2words says of a number in a language, as tokens."""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from num2words import CONVERTER_CLASSES, num2words  # type: ignore[import-untyped]

from search.domain.tokens import tokens_of

Tokens = tuple[str, ...]


def say(value: float, code: str, *, to: str = "cardinal") -> str:
    """Return what num2words says; nothing where it does not know how."""
    convert: Callable[..., Any] = num2words
    try:
        return str(convert(value, lang=code, to=to))
    except (NotImplementedError, LookupError, ValueError, TypeError, OverflowError, AttributeError):
        return ""


@lru_cache(maxsize=1 << 14)
def tokens_said(text: str) -> Tokens:
    """Return the tokens of a text."""
    return tuple(token for word in text.split() for token in tokens_of(word))


@cache
def code_of(language: str) -> str | None:
    """Return num2words' name of a language."""
    parts = re.split(r"[-_]", language.lower())
    regional = f"{parts[0]}_{parts[-1].upper()}"
    if len(parts) > 1 and regional in CONVERTER_CLASSES:
        return regional
    name = {"nb": "no", "nn": "no"}.get(parts[0], parts[0])
    return name if name in CONVERTER_CLASSES else None
