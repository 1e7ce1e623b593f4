"""Token-level difference of two word lists, in near-linear time whatever their length."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import regex

_EDGES = regex.compile(r"^[^\w]+|[^\w]+$")
_EXACT_CELLS = 4_000_000
"""Up to this many word pairs the exact (bit-parallel) difference is taken: about 20 ms."""
_ROUNDS = 16
"""How often a gap between anchors is searched for anchors of its own."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Old words `start..stop` (end exclusive) become `tokens`; either side may be empty."""

    start: int
    stop: int
    tokens: tuple[str, ...]


def key(word: str) -> str:
    """Return what makes two spellings the same word: case and outer punctuation do not count."""
    return bare(word.casefold())


def bare(word: str) -> str:
    """Return the word without its outer punctuation, unless it is nothing else."""
    if word.isascii() and word.isalnum():
        return word
    return _EDGES.sub("", word) or word


def hunks(old: Sequence[str], new: Sequence[str], *, offset: int = 0) -> list[Hunk]:
    """Return the changes that turn `old` into `new`, in order and disjoint.

    A word whose key stays but whose spelling changes is a hunk of its own, one word to one. The
    indexes are raised by `offset`.
    """
    if list(old) == list(new):
        return []
    if len(old) == len(new) == 1:
        return [Hunk(offset, offset + 1, (new[0],))]
    old_keys, new_keys = [key(word) for word in old], [key(word) for word in new]
    if old_keys == new_keys:
        return [
            Hunk(at, at + 1, (word,))
            for at, (before, word) in enumerate(zip(old, new, strict=True), offset)
            if before != word
        ]
    found: list[Hunk] = []
    i = k = 0
    for a, b, c, d in [*_changed(old_keys, new_keys), (len(old), len(old), len(new), len(new))]:
        found.extend(
            Hunk(offset + i + step, offset + i + step + 1, (new[k + step],))
            for step in range(a - i)
            if old[i + step] != new[k + step]
        )
        if a < b or c < d:
            found.append(Hunk(offset + a, offset + b, tuple(new[c:d])))
        i, k = b, d
    return found


_Block = tuple[int, int, int, int]
"""`old[a:b]` differs from `new[c:d]`; all between blocks is equal."""


def _changed(old: list[str], new: list[str]) -> list[_Block]:
    blocks: list[_Block] = []
    work: list[tuple[_Block, int]] = [((0, len(old), 0, len(new)), _ROUNDS)]
    while work:
        (a, b, c, d), rounds = work.pop()
        while a < b and c < d and old[a] == new[c]:
            a, c = a + 1, c + 1
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b, d = b - 1, d - 1
        if a == b and c == d:
            continue
        if a == b or c == d or set(old[a:b]).isdisjoint(new[c:d]):
            blocks.append((a, b, c, d))
        elif (b - a) * (d - c) <= _EXACT_CELLS:
            blocks.extend(_exact(old, new, (a, b, c, d)))
        else:
            anchors = _anchors(old, new, (a, b, c, d)) if rounds else []
            if not anchors:
                blocks.append((a, b, c, d))
                continue
            for i, k in anchors:
                work.append(((a, i, c, k), rounds - 1))
                a, c = i + 1, k + 1
            work.append(((a, b, c, d), rounds - 1))
    return sorted(blocks)


def _exact(old: list[str], new: list[str], block: _Block) -> list[_Block]:
    from rapidfuzz.distance import Indel  # noqa: PLC0415 - takes time, and most changes are plain

    a, b, c, d = block
    found: list[_Block] = []
    for op in Indel.opcodes(old[a:b], new[c:d]):
        if op.tag == "equal":
            continue
        one = (a + op.src_start, a + op.src_end, c + op.dest_start, c + op.dest_end)
        if found and found[-1][1] == one[0] and found[-1][3] == one[2]:
            one = (found[-1][0], one[1], found[-1][2], one[3])
            found.pop()
        found.append(one)
    return found


def _anchors(old: list[str], new: list[str], block: _Block) -> list[tuple[int, int]]:
    """Return pairs of words that occur once on each side, in rising order (patience diff)."""
    a, b, c, d = block
    counts = Counter(old[a:b])
    others = Counter(new[c:d])
    where = {word: k for k, word in enumerate(new[c:d], c) if others[word] == 1}
    pairs = [
        (i, where[word])
        for i, word in enumerate(old[a:b], a)
        if counts[word] == 1 and word in where
    ]
    return _rising(pairs)


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of pairs whose second members rise too, in O(n log n)."""
    tails: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for index, (_, k) in enumerate(pairs):
        place = bisect_left(tails, k)
        before.append(at[place - 1] if place else -1)
        if place == len(tails):
            tails.append(k)
            at.append(index)
        else:
            tails[place] = k
            at[place] = index
    chain: list[tuple[int, int]] = []
    index = at[-1] if at else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]
