"""From a word to its phones: a pronouncing dictionary where it knows the word, else its letters."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from everyword_transcripts.folding import fold
from search.domain.numbers import number_said
from search.domain.phonetics.letter_to_sound import phones_of_letters
from search.domain.phonetics.phones import written

LookUp = Callable[[str], Sequence[str] | None]
"""Returns a word's phones (ARPAbet), or None for a word it does not know."""


def is_english(language: str) -> bool:
    """Tell whether a language (BCP 47) is English, the only one whose phones are known here."""
    return language.lower().split("-")[0] == "en"


class Pronouncer:
    """Says English words; remembers those it said."""

    def __init__(self, look_up: LookUp = lambda _: None) -> None:
        self.look_up = look_up
        self.phones_of = lru_cache(maxsize=1 << 17)(self._phones_of)
        """Return a token's phones; none for a word in another script."""

    def _phones_of(self, token: str) -> str:
        known = self.look_up(token)
        if known is not None:
            return written(known)
        if token.isascii() and token.isdigit():
            return "".join(map(self.phones_of, number_said(int(token), "en")))
        letters = fold(token)
        if not (letters.isascii() and letters.isalpha()):
            return ""
        if letters.endswith("s") and (stem := self.look_up(letters[:-1])) is not None:
            return written([*stem, "Z"])
        return written(phones_of_letters(letters))
