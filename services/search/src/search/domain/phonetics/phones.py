"""Phones (ARPAbet, as in the CMU dictionary), one character each, and their coarse classes.

Evidence is weighed phone by phone. Places worth weighing are found by trigrams of coarser
classes, each of which holds what recognisers confuse all the time: voicing and vowel quality.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate
from math import log
from string import ascii_lowercase, ascii_uppercase
from typing import Final

import numpy as np
from numpy.typing import NDArray

_CLASSES: Final = {
    "i": "IY IH", "e": "EH AE EY", "a": "AA AH", "o": "AO OW AW", "u": "UH UW", "y": "AY OY",
    "p": "P B", "t": "T D", "k": "K G", "c": "CH JH", "f": "F V", "q": "TH DH", "s": "S Z",
    "x": "SH ZH", "h": "HH", "m": "M", "n": "N NG", "l": "L", "r": "R ER", "w": "W", "j": "Y",
}  # fmt: skip
PHONES: Final = tuple(phone for phones in _CLASSES.values() for phone in phones.split())
UNKNOWN: Final = "."
"""Stands where a word has no phones (a number, another script): nothing aligns across it free."""
LETTERS: Final = (ascii_uppercase + ascii_lowercase)[: len(PHONES)] + UNKNOWN
"""The character of each phone, in the order of PHONES, and UNKNOWN's."""
GRAM: Final = 3

_SHARES: Final = {
    "f": 11, "i": 9, "e": 8, "a": 8, "s": 7, "r": 7, "n": 6, "m": 5, "o": 5, "t": 5, "l": 4,
    "q": 4, "p": 4, "y": 3, "k": 3, "c": 3, "u": 2, "w": 2, "x": 1, "h": 1, "j": 1,
}  # fmt: skip
"""Per cent of what PocketSphinx's phone decoder reads in English speech."""
_COMMONNESS: Final = {c: log(share / 100) for c, share in _SHARES.items()}
_LETTER_OF: Final = {
    phone + stress: letter
    for phone, letter in zip(PHONES, LETTERS, strict=False)
    for stress in ("", "0", "1", "2")
}
_CLASS_OF: Final = str.maketrans(
    {_LETTER_OF[phone]: c for c, phones in _CLASSES.items() for phone in phones.split()}
)
_CODES: Final = np.full(256, LETTERS.index(UNKNOWN), dtype=np.uint8)
_CODES[np.frombuffer(LETTERS.encode(), dtype=np.uint8)] = np.arange(len(LETTERS))
_CLASS_CODES: Final = np.array(
    ["".join([*_CLASSES, UNKNOWN]).index(c) for c in LETTERS.translate(_CLASS_OF)], dtype=np.int32
)
_N_CLASSES: Final = len(_CLASSES) + 1
N_GRAMS: Final = _N_CLASSES**GRAM


def written(phones: Iterable[str]) -> str:
    """Return phones (`R AA1 Z`, stress ignored) as characters; what is no phone is left out."""
    return "".join([_LETTER_OF.get(phone, "") for phone in phones])


def coarse(phones: str) -> str:
    """Return the class of each sound."""
    return phones.translate(_CLASS_OF)


def weighed_grams(phones: str) -> Sequence[tuple[str, float]]:
    """Return all trigrams of coarse classes in which every sound is known, the rarest first.

    The weight is what it tells (nats) to find one in English speech, roughly.
    """
    classes = coarse(phones)
    grams = {classes[at : at + GRAM] for at in range(len(classes) - GRAM + 1)}
    weighed = [(g, -sum(map(_COMMONNESS.__getitem__, g))) for g in grams if UNKNOWN not in g]
    return sorted(weighed, key=lambda one: (-one[1], one[0]))


def codes_of(phones: bytes) -> NDArray[np.uint8]:
    """Return the numbers of phones written as ASCII."""
    return _CODES[np.frombuffer(phones, dtype=np.uint8)]


def gram_numbers(codes: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the number of the coarse trigram that begins at each place of the last axis."""
    classes = _CLASS_CODES[codes]
    return (classes[..., :-2] * _N_CLASSES + classes[..., 1:-1]) * _N_CLASSES + classes[..., 2:]


_PACKED: Final = np.dtype("<u2")
_PACKED_AT_ONCE: Final = 3
"""There are 40 letters, and 40 ** 3 < 2 ** 16."""


def packed(rows: Sequence[str]) -> list[bytes]:
    """Pack three phones in two bytes, behind a byte that says how many the last two bytes lack.

    Hundreds of rows at once take little longer than one.
    """
    beyond = [-len(row) % _PACKED_AT_ONCE for row in rows]
    filled = [row + LETTERS[0] * more for row, more in zip(rows, beyond, strict=True)]
    codes = codes_of("".join(filled).encode()).reshape(-1, _PACKED_AT_ONCE).astype(_PACKED)
    numbers = (codes[:, 0] * len(LETTERS) + codes[:, 1]) * len(LETTERS) + codes[:, 2]
    raw = numbers.tobytes()
    ends = [
        *accumulate((len(row) // _PACKED_AT_ONCE * _PACKED.itemsize for row in filled), initial=0)
    ]
    return [
        bytes((more,)) + raw[begin:end]
        for more, begin, end in zip(beyond, ends[:-1], ends[1:], strict=True)
    ]


def unpacked(rows: Sequence[bytes]) -> list[str]:
    """Unpack what `packed` packed, thousands at once."""
    numbers = np.frombuffer(b"".join([row[1:] for row in rows]), dtype=_PACKED)
    phones = _threes()[numbers].tobytes().decode()
    ends = [*accumulate((len(row) // 2 * _PACKED_AT_ONCE for row in rows), initial=0)]
    return [
        phones[begin : end - row[0]]
        for row, begin, end in zip(rows, ends[:-1], ends[1:], strict=True)
    ]


@cache
def _threes() -> NDArray[np.uint8]:
    """Return the three letters of each number of two bytes."""
    letters = np.frombuffer(LETTERS.encode(), dtype=np.uint8)
    of_each = [len(LETTERS)] * _PACKED_AT_ONCE
    return letters[np.indices(of_each).reshape(_PACKED_AT_ONCE, -1).T]
