"""Where a phrase may be broken: punctuation, pauses and small words of some languages."""
# ruff: noqa: RUF001 - the punctuation of other scripts is meant

import tomllib
from collections.abc import Sequence
from functools import cache
from pkgutil import get_data
from typing import Final

# What a break costs: after a sentence; after a clause; before a conjunction or preposition; before
# another small word, where by the rule of chinks and chunks (Liberman and Church 1992) a phrase
# begins; between two words of content; inside a phrase.
SENTENCE: Final = 0
CLAUSE: Final = 8
PHRASE: Final = 16
CHUNK: Final = 20
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
def small_words(code: str) -> dict[str, int]:
    """Return a language's small words, and what a break before each costs after a content word."""
    # importlib.resources would take longer to import than the file to read.
    file = get_data("captions.domain", "small_words.toml") or b""
    words = tomllib.loads(file.decode()).get(_SAME.get(code, code), {})
    kinds = (("leaning", CHUNK), ("openers", PHRASE), ("trailing", BOUND))
    return {word: cost for kind, cost in kinds for word in words.get(kind, "").split()}


def ends_sentence(word: str) -> bool:
    """Tell whether a sentence may end with `word`, by its punctuation."""
    return (word.rstrip(_CLOSING) or word)[-1] in _SENTENCE_ENDS


class PhraseBreaks:
    """Tells what a break before each word costs, in one language (BCP 47)."""

    def __init__(self, language: str) -> None:
        self._small = small_words(language.lower().split("-")[0])
        self._seen: dict[str, tuple[int, int]] = {}

    def costs(self, words: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> list[int]:
        """Return the cost of a break before each word, `len(words) + 1` of them.

        The ends cost nothing. A pause (times in ms) makes a break cheaper.
        """
        if not words:
            return [0]
        seen, look = self._seen, self._look
        costs = [0]
        after, _ = seen.get(words[0]) or look(words[0])
        for at in range(1, len(words)):
            word = words[at]
            cost = after
            after, before = seen.get(word) or look(word)
            if cost == PLAIN:
                cost = before
            elif cost == SENTENCE and word[0].islower():
                cost = CLAUSE
            if cost and (pause := starts[at] - ends[at - 1]) > _NATURAL_PAUSE_MS:
                cost = cost * _NATURAL_PAUSE_MS // pause
            costs.append(cost)
        costs.append(0)
        return costs

    def between(self, before: str, after: str) -> int:
        """Return the cost of a break between two words that no pause parts."""
        return self.costs([before, after], [0, 0], [0, 0])[1]

    def _look(self, word: str) -> tuple[int, int]:
        """Return what a break after `word` costs, and one before it after a word of content."""
        bare = word.rstrip(_CLOSING) or word
        lowered = word.lower()
        before = self._small.get(lowered.strip(_STRIPPED), PLAIN)
        if lowered in _TITLES:
            after = BOUND
        elif bare[-1] in _SENTENCE_ENDS:
            initial = len(bare) == len("J.") and bare[0].isupper() and bare[1] == "."
            after = BOUND if initial else SENTENCE
        elif bare[-1] in _CLAUSE_ENDS:
            after = CLAUSE
        else:
            after = BOUND if before in (CHUNK, PHRASE) else PLAIN
        self._seen[word] = found = after, before
        return found
