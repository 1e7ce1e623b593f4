"""What a recogniser writes for words of English that it seldom reads: run together, or old.

`you know` for y'know, `makes` for mak'st: it heard the word, and wrote what its texts have. As the
words may as well have been said as they are written, these are moments where a query was perhaps
said.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Final

Tokens = tuple[str, ...]
IsWord = Callable[[str], bool]

_RUN_TOGETHER: Final = (
    "yknow=you know|yall=you all|cmon=come on|lemme=let me|gimme=give me|dunno=dont know|"
    "dunno=do not know|gonna=going to|wanna=want to|gotta=got to|kinda=kind of|sorta=sort of|"
    "outta=out of|lotta=lot of|coulda=could have|shoulda=should have|woulda=would have|"
    "alright=all right|oclock=o clock"
)
_OLD_FORMS: Final = (
    "hath=has|doth=does|saith=says|hast=have|dost=do|didst=did|hadst=had|shalt=shall|canst=can|"
    "couldst=could|shouldst=should|wouldst=would"
)
_OLD_WORDS: Final = frozenset(
    {"thou", "thee", "thy", "thine", "thyself", "ye", "unto", "hath", "doth", "hast", "dost"}
)
"""Where these are said, others of their time are."""
_OLD_ENDING: Final = re.compile(r"([a-z]{2,}?)(i?)e?(?:st|th)")


def written_otherwise(tokens: Tokens, is_word: IsWord) -> Iterator[Tokens]:
    """Yield what English tokens in a row are perhaps written as.

    `is_word` tells words of today: forest is no form of `fores`.
    """
    yield from written_in_full(tokens)
    yield from _pairs(_OLD_FORMS).get(tokens, ())
    if len(tokens) == 1 and (old := _OLD_ENDING.fullmatch(tokens[0])) and not is_word(tokens[0]):
        stem, vowel = old.groups()
        for now in (f"{stem}ies", f"{stem}y") if vowel else (f"{stem}es", f"{stem}s"):
            if is_word(now):
                yield (now,)


def written_in_full(tokens: Tokens) -> tuple[Tokens, ...]:
    """Return English words run together as they are written in full, and the other way round.

    They are the same words: who says y'know says you know.
    """
    return _pairs(_RUN_TOGETHER).get(tokens, ())


def is_old_speech(tokens: Iterable[str]) -> bool:
    """Tell whether words that went with the old endings are among those around one."""
    return not _OLD_WORDS.isdisjoint(tokens)


@cache
def _pairs(pairs: str) -> dict[Tokens, tuple[Tokens, ...]]:
    found: dict[Tokens, tuple[Tokens, ...]] = {}
    for pair in pairs.split("|"):
        one, _, other = pair.partition("=")
        found[(one,)] = (*found.get((one,), ()), tuple(other.split()))
        found[tuple(other.split())] = (*found.get(tuple(other.split()), ()), (one,))
    return found
