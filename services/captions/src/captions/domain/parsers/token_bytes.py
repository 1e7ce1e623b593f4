"""Tokens that hold parts of a letter's bytes, as whisper.cpp's do, made whole by the text."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

_BROKEN: Final = "\ufffd"
_MOST: Final = 2000
"""Tokens of a segment, beyond which its text is left to give its words."""


def whole_tokens(tokens: Sequence[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """Return tokens in which those with broken letters are joined, spelled as the text has them."""
    if len(tokens) > _MOST or not any(_is_broken(token) for token in tokens):
        return list(tokens)
    groups = [(broken, list(group)) for broken, group in groupby(tokens, _is_broken)]
    pattern = "".join(_pattern(group) if broken else _literal(group) for broken, group in groups)
    found = re.fullmatch(pattern, text.strip(), re.DOTALL)
    if found is None:
        return list(tokens)
    spelled = iter(found.groups())
    whole: list[dict[str, Any]] = []
    for broken, group in groups:
        if broken:
            joined = {**group[0], "end": group[-1]["end"], "word": next(spelled)}
            whole.append(joined)
        else:
            whole += group
    return whole


def _is_broken(token: dict[str, Any]) -> bool:
    return _BROKEN in str(token.get("word"))


def _pattern(group: Sequence[dict[str, Any]]) -> str:
    letters = sum(len(str(token["word"])) for token in group)
    return rf"(.{{1,{letters}}}?)"


def _literal(group: Sequence[dict[str, Any]]) -> str:
    said = "".join(str(token.get("word") or "") for token in group)
    return r"\s*" + r"\s+".join(re.escape(part) for part in said.split()) + r"\s*"
