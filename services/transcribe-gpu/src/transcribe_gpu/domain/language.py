"""Which language was asked for."""

import re
from typing import Final

from everyword_events import InvalidInput

AUTO: Final = "auto"
_TAG: Final = re.compile(r"([A-Za-z]{2,3})([-_][A-Za-z0-9]{1,8})*")


def language_code(wish: str) -> str:
    """Return the language subtag of a BCP 47 tag (`en` of `en-GB`), or `auto`.

    Raises:
        InvalidInput: not a language tag.
    """
    text = wish.strip()
    if not text or text.lower() == AUTO:
        return AUTO
    match = _TAG.fullmatch(text)
    if match is None:
        raise InvalidInput(
            f"unknown language {wish[:40]!r}",
            hint='give a code such as "en" or "pt-BR", or "auto"',
            code="language_unknown",
        )
    return match[1].lower()
