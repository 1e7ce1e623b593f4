"""Where a phrase may be broken: punctuation, pauses and small words of some languages."""
# ruff: noqa: RUF001 - the punctuation of other scripts is meant

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

# What a break costs: after a sentence, after a clause, before a small word, elsewhere, in a phrase.
SENTENCE: Final = 0
CLAUSE: Final = 8
PHRASE: Final = 16
PLAIN: Final = 26
BOUND: Final = 48

_SENTENCE_ENDS: Final = frozenset(".?!…。！？؟۔।")
_CLAUSE_ENDS: Final = frozenset(",;:—–、，；：،؛")
_CLOSING: Final = "\"'”’»)]}」』）"
_TITLES: Final = frozenset(
    f"{title}."
    for title in (
        *("mr", "mrs", "ms", "dr", "prof", "st", "rev", "gen", "sen", "rep", "hr", "fr", "sr"),
        *("sra", "m", "mme", "e.g", "i.e", "vs", "no", "nr"),
    )
)
_NATURAL_PAUSE_MS: Final = 250

_SAME: Final = {"nb": "no", "nn": "no"}
_STRIPPED: Final = "\"'“”‘’«»()[]{}¿¡.,;:?!…-–—"


@cache
def _small_words(code: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that open a phrase, and all that no break may follow."""
    file = files("captions.domain").joinpath("small_words.toml")
    words = tomllib.loads(file.read_text(encoding="utf-8")).get(_SAME.get(code, code), {})
    openers = frozenset(words.get("openers", "").split())
    return openers, openers | frozenset(words.get("leaning", "").split())


def ends_sentence(word: str) -> bool:
    """Tell whether a sentence may end with `word`, by its punctuation."""
    return (word.rstrip(_CLOSING) or word)[-1] in _SENTENCE_ENDS


class PhraseBreaks:
    """Tells what a break before each word costs, in one language (BCP 47)."""

    def __init__(self, language: str) -> None:
        self._openers, self._binding = _small_words(language.lower().split("-")[0])
        self._seen: dict[str, tuple[int, bool]] = {}

    def costs(self, words: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> list[int]:
        """Return the cost of a break before each word, `len(words) + 1` of them.

        The ends cost nothing. A pause (times in ms) makes a break cheaper.
        """
        if not words:
            return [0]
        seen, look = self._seen, self._look
        costs = [0]
        before, opens = seen.get(words[0]) or look(words[0])
        for at in range(1, len(words)):
            word = words[at]
            cost = before
            before, opens = seen.get(word) or look(word)
            if cost == PLAIN and opens:
                cost = PHRASE
            elif cost == SENTENCE and word[0].islower():
                cost = CLAUSE
            if cost and (pause := starts[at] - ends[at - 1]) > _NATURAL_PAUSE_MS:
                cost = cost * _NATURAL_PAUSE_MS // pause
            costs.append(cost)
        costs.append(0)
        return costs

    def _look(self, word: str) -> tuple[int, bool]:
        """Return what a break after `word` costs, and whether it opens a phrase."""
        bare = word.rstrip(_CLOSING) or word
        lowered = word.lower()
        plain = lowered.strip(_STRIPPED)
        if lowered in _TITLES:
            after = BOUND
        elif bare[-1] in _SENTENCE_ENDS:
            initial = len(bare) == len("J.") and bare[0].isupper() and bare[1] == "."
            after = BOUND if initial else SENTENCE
        elif bare[-1] in _CLAUSE_ENDS:
            after = CLAUSE
        else:
            after = BOUND if plain in self._binding else PLAIN
        self._seen[word] = found = after, plain in self._openers
        return found
