"""How a language joins words into text, and splits text into words."""

from collections.abc import Sequence

_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "km", "yue"})
_UNSPACED_SCRIPTS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),  # Han, compatibility
    (0xFF66, 0xFF9F),  # Katakana of half width
    (0x20000, 0x3FFFF),  # Han, further planes
)
_FIRST_UNSPACED = 0x0E00
_LEAST_LETTERS = 8
_FEW = 0.1


def is_unspaced(language: str) -> bool:
    """Tell whether the language (BCP 47) writes words without spaces between them."""
    return language.lower().split("-")[0] in _UNSPACED


def writes_spaces(text: str) -> bool:
    """Tell whether a text's letters are of scripts that write spaces between words.

    Almost all must be: a Japanese text may hold some Latin words.
    """
    letters = [character for character in text if character.isalpha()]
    unspaced = sum(_is_of_unspaced_script(character) for character in letters)
    return len(letters) >= _LEAST_LETTERS and unspaced <= _FEW * len(letters)


def _is_of_unspaced_script(character: str) -> bool:
    code = ord(character)
    return code >= _FIRST_UNSPACED and any(a <= code <= b for a, b in _UNSPACED_SCRIPTS)


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
