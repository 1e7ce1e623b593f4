"""Phones (ARPAbet, as in the CMU dictionary) as 21 coarse classes, one character each.

Recognisers confuse voicing and vowel quality all the time, so a class holds both members of
such a pair. What is still confused often costs half when aligned, and vowels are cheap: they
come, go and change with accent and stress.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

_MEMBERS: Final = {
    "i": "IY IH", "e": "EH AE EY", "a": "AA AH", "o": "AO OW AW", "u": "UH UW", "y": "AY OY",
    "p": "P B", "t": "T D", "k": "K G", "c": "CH JH", "f": "F V", "q": "TH DH", "s": "S Z",
    "x": "SH ZH", "h": "HH", "m": "M", "n": "N NG", "l": "L", "r": "R ER", "w": "W", "j": "Y",
}  # fmt: skip
_CLASS_OF: Final = {phone: c for c, phones in _MEMBERS.items() for phone in phones.split()}
_VOWELS: Final = frozenset("ieaouyr")
_WEAK: Final = _VOWELS | frozenset("hjw")
_NEAR: Final = frozenset(
    frozenset(pair)
    for pair in [
        "sx",
        "fq",
        "tq",
        "sq",
        "mn",
        "lr",
        "pf",
        "kt",
        "pt",
        "hf",
        "cx",
        "tc",
        "ji",
        "wu",
        "wo",
        "lo",
    ]
)

UNKNOWN: Final = "."
"""Stands where a word has no phones (a number, another script): nothing aligns across it free."""
CLASSES: Final = "".join(_MEMBERS) + UNKNOWN
UNIT: Final = 10
"""Costs are counted in tenths, so that they are exact."""
NEAR_COST: Final = 5
WEAK_GAP: Final = 5
STRONG_GAP: Final = 8


def coarse(phones: Iterable[str]) -> str:
    """Return phones (`R AA1 Z`, stress ignored) as classes; what is no phone is left out."""
    return "".join(_CLASS_OF.get(phone.rstrip("012"), "") for phone in phones)


def _exchange(one: str, other: str) -> int:
    if one == other and one != UNKNOWN:
        return 0
    if {one, other} <= _VOWELS or frozenset((one, other)) in _NEAR:
        return NEAR_COST
    return UNIT


EXCHANGE: Final = np.array([[_exchange(a, b) for b in CLASSES] for a in CLASSES], dtype=np.int32)
"""What it costs to hear one class for another."""
GAP: Final = np.array([WEAK_GAP if c in _WEAK else STRONG_GAP for c in CLASSES], dtype=np.int32)
"""What it costs to miss a class, or to hear one too many."""
_CODES: Final = np.full(256, CLASSES.index(UNKNOWN), dtype=np.uint8)
_CODES[np.frombuffer(CLASSES.encode(), dtype=np.uint8)] = np.arange(len(CLASSES))


def codes_of(sounds: bytes) -> NDArray[np.uint8]:
    """Return the numbers of classes written as ASCII."""
    return _CODES[np.frombuffer(sounds, dtype=np.uint8)]
