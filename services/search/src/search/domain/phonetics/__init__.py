"""Found by sound: words as rows of phones, a query aligned inside them, the evidence weighed."""

from search.domain.phonetics.likelihood import (
    Evidence,
    Written,
    evidence,
    likelihood,
    likeness,
)
from search.domain.phonetics.matches import MOST_PASSAGES, Passages, PhoneMatch, best_matches
from search.domain.phonetics.phones import UNKNOWN, coarse, packed, unpacked, weighed_grams, written
from search.domain.phonetics.pronunciation import Pronouncer, is_english
from search.domain.phonetics.query import phones_of_query
from search.domain.phonetics.sequence import (
    PhonePassage,
    PhoneSequence,
    TimedPhones,
    phones_of_words,
    recognized_phones,
)

__all__ = [
    "MOST_PASSAGES",
    "UNKNOWN",
    "Evidence",
    "Passages",
    "PhoneMatch",
    "PhonePassage",
    "PhoneSequence",
    "Pronouncer",
    "TimedPhones",
    "Written",
    "best_matches",
    "coarse",
    "evidence",
    "is_english",
    "likelihood",
    "likeness",
    "packed",
    "phones_of_query",
    "phones_of_words",
    "recognized_phones",
    "unpacked",
    "weighed_grams",
    "written",
]
