"""Where a recording turns to something else: how alike the words on both sides of a place are."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

WINDOW_WORDS: Final = 120


def likenesses(said: Sequence[Sequence[str]]) -> Iterator[float]:
    """Yield the cosine of the words before and after each place between two stretches of words.

    Both sides hold whole stretches, up to `WINDOW_WORDS` words or a little more; where one is
    empty it is 1. Letter case does not count.
    """
    windows = _Windows(said)
    for _ in range(1, len(said)):
        windows.move_on()
        yield windows.likeness()


class _Windows:
    """The words on both sides of a place that moves on.

    What a move changes is counted, not both sides anew; it is all in whole numbers.
    """

    def __init__(self, said: Sequence[Sequence[str]]) -> None:
        numbers: dict[str, int] = {}
        self._said = [
            [numbers.setdefault(word.lower(), len(numbers)) for word in words] for words in said
        ]
        self._before = _Side([0] * len(numbers), [0] * len(numbers))
        self._after = _Side(self._before.others, self._before.counts)
        self._at = self._begin = self._end = 0
        self._extend()

    def move_on(self) -> None:
        """Move behind the next stretch."""
        passed = self._said[self._at]
        self._at += 1
        self._after.drop(passed)
        self._extend()
        self._before.add(passed)
        while self._before.words - len(self._said[self._begin]) >= WINDOW_WORDS:
            self._before.drop(self._said[self._begin])
            self._begin += 1

    def likeness(self) -> float:
        """Return the cosine of both sides."""
        size = math.sqrt(self._before.square * self._after.square)
        return (self._before.product + self._after.product) / size if size else 1.0

    def _extend(self) -> None:
        while self._after.words < WINDOW_WORDS and self._end < len(self._said):
            self._after.add(self._said[self._end])
            self._end += 1


class _Side:
    """How often each word is on this side and on the other; `square` is the counts' own product.

    `product` is what this side's changes made of both sides' product.
    """

    def __init__(self, counts: list[int], others: list[int]) -> None:
        self.counts = counts
        self.others = others
        self.words = self.square = self.product = 0

    def add(self, words: Sequence[int]) -> None:
        counts, others = self.counts, self.others
        self.words += len(words)
        for word in words:
            self.product += others[word]
            self.square += 2 * counts[word] + 1
            counts[word] += 1

    def drop(self, words: Sequence[int]) -> None:
        counts, others = self.counts, self.others
        self.words -= len(words)
        for word in words:
            self.product -= others[word]
            counts[word] -= 1
            self.square -= 2 * counts[word] + 1
