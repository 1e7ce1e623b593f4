"""A recogniser's pieces become words.

Whisper, NeMo's models and whisper.cpp's JSON write `" C" "'est" " 40" "%"`: a new word begins
with a space, and a piece without one belongs to the word before it. Scripts that are written
without spaces (Chinese, Thai, ...) begin a new word with every piece.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

_UNSPACED_SCRIPTS: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x109F),  # Tibetan, Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),  # Katakana, small letters
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),  # Han, compatibility
    (0xFF66, 0xFF9F),  # Katakana, half width
    (0x20000, 0x3FFFF),  # Han, further planes
)
_SPOKEN_SIGNS: Final = frozenset("%‰&@#§")
"""Punctuation by Unicode's reckoning that is read aloud; so are all its symbols (`$`, `+`, `°`)."""
_OPENING: Final = frozenset({"Ps", "Pi"})
_OPENING_SIGNS: Final = frozenset("¿¡#@")


class WordPiece(NamedTuple):
    """Text as it stands in the stream, its leading space included; seconds; 0..1 confidence."""

    text: str
    start: float | None = None
    end: float | None = None
    score: float | None = None


def join_pieces(pieces: Iterable[WordPiece]) -> list[WordPiece]:
    """Join pieces to words, without white space around them, in their order.

    Signs that stand alone stay with a neighbour: `" 40" " %"` is `40%`, `" va" " ?"` is `va?`,
    `" «" " oui"` is `«oui`. Pieces without a single letter, digit or spoken sign give nothing. A
    word's times are those of its spoken pieces, its score their mean.
    """
    words: list[list[WordPiece]] = []
    apart = True
    for piece in pieces:
        if not piece.text.strip():
            apart = apart or bool(piece.text)
            continue
        if not words or _begins_word(words[-1][-1].text, piece.text, apart=apart):
            words.append([piece])
        else:
            words[-1].append(piece)
        apart = piece.text[-1].isspace()
    return [_joined(word) for word in _with_signs(words)]


def begin_with_spaces(texts: Sequence[str]) -> bool:
    """Tell whether texts are a stream of pieces, rather than words already cut at spaces."""
    return any(text[:1].isspace() for text in texts)


def _begins_word(before: str, text: str, *, apart: bool) -> bool:
    if apart or text[0].isspace():
        return True
    last, first = before.rstrip()[-1], text[0]
    if _continues(first):
        return False
    if unicodedata.category(last) in _OPENING:
        return False
    if unicodedata.category(first) in _OPENING:
        return _is_unspaced(last)
    if not first.isalnum():
        return False
    return _is_unspaced(first) or _is_unspaced(last)


def _continues(character: str) -> bool:
    """Tell whether it cannot stand at a word's head: combining marks, `々`, `ー`, joiners."""
    category = unicodedata.category(character)
    return category[0] == "M" or category == "Cf" or (category == "Lm" and _is_unspaced(character))


def _is_unspaced(character: str) -> bool:
    code = ord(character)
    if not any(first <= code <= last for first, last in _UNSPACED_SCRIPTS):
        return False
    return not unicodedata.category(character).startswith("N")


def _with_signs(words: list[list[WordPiece]]) -> list[list[WordPiece]]:
    """Give words of signs alone to the word before, or the one after where they open something."""
    kept: list[list[WordPiece]] = []
    waiting: list[WordPiece] = []
    for word in words:
        if _says_something(word):
            kept.append([*waiting, *word])
            waiting = []
        elif _opens(word) or not kept:
            waiting += word
        else:
            kept[-1] += word
    if waiting and kept:
        kept[-1] += waiting
    return kept or ([waiting] if any(map(_is_spoken, waiting)) else [])


def _says_something(word: Sequence[WordPiece]) -> bool:
    return any(c.isalnum() for piece in word for c in piece.text)


def _opens(word: Sequence[WordPiece]) -> bool:
    sign = word[0].text.lstrip()[0]
    category = unicodedata.category(sign)
    return sign in _OPENING_SIGNS or category in _OPENING or category == "Sc"


def _is_spoken(piece: WordPiece) -> bool:
    return any(
        c.isalnum() or c in _SPOKEN_SIGNS or unicodedata.category(c)[0] in "SM" for c in piece.text
    )


def _joined(word: Sequence[WordPiece]) -> WordPiece:
    text = "".join(piece.text.strip() for piece in word)
    spoken = [piece for piece in word if _is_spoken(piece)]
    starts = [piece.start for piece in spoken if piece.start is not None]
    ends = [piece.end for piece in spoken if piece.end is not None]
    scores = [piece.score for piece in spoken if piece.score is not None]
    return WordPiece(
        text,
        min(starts, default=None),
        max(ends, default=None),
        sum(scores) / len(scores) if scores else None,
    )
