"""Where rules may match in the segments' texts, and which words a match touches."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from everyword_transcripts import Word
from refine.domain.rules import CompiledRule

Found = tuple[int, int, str]
"""Characters `start..stop` of a segment's text become this text."""
_Touched = tuple[int, int, int, int]
"""Words `first..last`, and the characters from the first one's begin to the last one's end."""


class SearchedTexts:
    """The segments' texts, and which of them a rule may match in: looked for in all at once."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self._joined = _Joined(texts)
        self._folded: _Joined | None = None

    def change(self, index: int, text: str) -> None:
        """Take in a text that a rule changed."""
        self.texts[index] = text
        self._joined.change(index, text)
        if self._folded is not None:
            self._folded.change(index, text.casefold())

    def candidates(self, rule: CompiledRule, left_s: float) -> Sequence[int]:
        """Return the segments in which the rule may match at all.

        Raises:
            TimeoutError: the time left was not enough.
        """
        if rule.needle is not None:
            return self._with_needle(rule.needle)
        if rule.scan is None or len(self.texts) == 1:
            return range(len(self.texts))
        if left_s <= 0:
            raise TimeoutError
        joined = self._joined
        found: dict[int, None] = {}
        for match in rule.scan.finditer(joined.text(), timeout=left_s):
            first, last = joined.place(match.start()), joined.place(match.end())
            found.update(dict.fromkeys(range(first, last + 1)))
        return list(found)

    def _with_needle(self, needle: str) -> list[int]:
        if self._folded is None:
            self._folded = _Joined([text.casefold() for text in self.texts])
        folded, text = self._folded, self._folded.text()
        found: list[int] = []
        at = text.find(needle)
        while at >= 0:
            found.append(folded.place(at))
            at = text.find(needle, folded.end(found[-1]))
        return found


class _Joined:
    """Texts as one, a line each."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = list(texts)
        self._text: str | None = None
        self._starts: list[int] = []

    def change(self, index: int, text: str) -> None:
        """Take in another text."""
        self._texts[index] = text
        self._text = None

    def text(self) -> str:
        """Return them joined."""
        if self._text is None:
            self._text = "\n".join(self._texts)
            self._starts = []
        return self._text

    def place(self, at: int) -> int:
        """Return which of them the character of the whole belongs to, line breaks with it."""
        if not self._starts:
            self._starts = list(accumulate([len(text) + 1 for text in self._texts], initial=0))
        return bisect_right(self._starts, at) - 1

    def end(self, index: int) -> int:
        """Return where the text after that of a place begins."""
        return self._starts[index + 1]


def touched_words(
    text: str, words: Sequence[Word], found: Sequence[Found], *, spaced: bool
) -> Iterator[tuple[int, int, str]]:
    """Yield word ranges, disjoint and rising, with the text each becomes.

    Where a match leaves nothing, the word before belongs to its range: it takes over punctuation.
    """
    places = _between_spaces(text, found) if spaced else _letter_by_letter(words, found)
    first = last = upto = end = 0
    pieces: list[str] = []
    for (start, stop, new), (i, j, begins, ends) in zip(found, places, strict=True):
        if pieces and i >= last:
            yield first, last, "".join((*pieces, text[upto:end]))
            pieces = []
        if not pieces:
            first, last, upto, end = i, j, begins, ends
        pieces += (text[upto:start], new)
        last, upto, end = max(last, j), stop, max(end, ends)
    if pieces:
        yield first, last, "".join((*pieces, text[upto:end]))


def _between_spaces(text: str, found: Sequence[Found]) -> Iterator[_Touched]:
    """Count spaces up to each match: the words need not be looked at, however many they are."""
    i = j = counted = 0
    for start, stop, new in found:
        i += text.count(" ", counted, start)
        j = i + 1 + text.count(" ", start, stop)
        counted = start
        begins = text.rfind(" ", 0, start) + 1
        taken = i
        if i and not new.strip():
            taken, begins = i - 1, text.rfind(" ", 0, begins - 1) + 1
        ends = text.find(" ", stop)
        yield taken, j, begins, ends if ends >= 0 else len(text)


def _letter_by_letter(words: Sequence[Word], found: Sequence[Found]) -> Iterator[_Touched]:
    """Find the words of each match by their lengths, where no spaces part them."""
    starts = list(accumulate([len(word.word) for word in words], initial=0))
    nexts = starts[1:]
    starts.pop()
    for start, stop, new in found:
        touching = start == stop
        i = (bisect_left if touching else bisect_right)(nexts, start)
        j = (bisect_right if touching else bisect_left)(starts, stop)
        if i and not new.strip():
            i -= 1
        yield i, j, starts[i], nexts[j - 1]
