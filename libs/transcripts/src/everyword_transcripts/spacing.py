"""How a language joins words into text, and splits text into words."""

from collections.abc import Sequence

_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "km", "yue"})


def is_unspaced(language: str) -> bool:
    """Tell whether the language (BCP 47) writes words without spaces between them."""
    return language.lower().split("-")[0] in _UNSPACED


def join_words(words: Sequence[str], language: str) -> str:
    """Join display words: with one space, or with none where the language writes none."""
    return ("" if is_unspaced(language) else " ").join(words)


def split_words(text: str, language: str) -> list[str]:
    """Split text into display words at white space; letter by letter where none is written.

    In an unspaced language every character is a word of its own, but a run of ASCII letters or
    digits stays whole, and closing punctuation stays with what it closes.
    """
    words = text.split()
    if not is_unspaced(language):
        return words
    return [piece for word in words for piece in _characters(word)]


def _characters(text: str) -> list[str]:
    pieces: list[str] = []
    for character in text:
        joins = bool(pieces) and (
            (
                character.isascii()
                and character.isalnum()
                and pieces[-1][-1].isascii()
                and pieces[-1][-1].isalnum()
            )
            or not character.isalnum()
        )
        if joins:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces
