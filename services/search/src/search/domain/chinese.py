"""Traditional Chinese characters as the simplified ones that stand for them."""

from functools import cache
from importlib import import_module
from typing import Any


@cache
def simplified(character: str) -> str:
    """Return a character as simplified Chinese writes it; most are the same in both."""
    return str(_converter().convert(character)) if "\u4e00" <= character <= "\u9fff" else character


@cache
def _converter() -> Any:
    """Return OpenCC's converter: loaded with the first Chinese, as it has no types."""
    return import_module("opencc").OpenCC("t2s")
