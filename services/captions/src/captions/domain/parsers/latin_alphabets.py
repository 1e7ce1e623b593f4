"""Which of the old encodings of Latin scripts a text is in, by the letters that a language has."""

import re
from collections.abc import Iterator
from typing import Final

_WESTERN: Final = (
    "äöüß",
    "àâæçéèêëîïôœùûüÿ",
    "áéíñóúü",
    "ãáàâçéêíõóôúü",
    "åäöéà",
    "æøåéóòô",
    "àèéìíòóùúî",
    "éèëïöüáóíê",
    "áðéíóúýþæö",
    "àçéèíïóòúü·",
)
_CENTRAL: Final = (
    "ąćęłńóśźż",
    "áčďéěíňóřšťúůýž",
    "áäčďéíĺľňóôŕšťúýž",
    "áéíóöőúüű",
    "čćđšž",
    "ăâîşţ",
)
_BALTIC: Final = ("āčēģīķļņšūž", "ąčęėįšųūž", "äöõüšž")
_TURKISH: Final = ("çğıöşüâîû",)
_ALPHABETS: Final = (
    ("cp1252", _WESTERN),
    ("cp1250", _CENTRAL),
    ("cp1254", _TURKISH),
    ("iso8859_2", _CENTRAL),
    ("cp1257", _BALTIC),
    ("mac_roman", _WESTERN),
    ("cp850", _WESTERN),
    ("cp852", _CENTRAL),
    ("mac_latin2", _CENTRAL),
)
_SIGNS: Final = frozenset(
    "\u201e\u201c\u201d\u201a\u2018\u2019\u2039\u203a\u2013\u2014\u2026\u2122\u2022\u266a"
    "\xa0\xad\xd7\xb4\xab\xbb\xbf\xa1\u20ac\xa3\xa7\xb0\xa9\xae\xb7\xaa\xba\xbd\xbc\xbe"
)
_INSIDE: Final = re.compile(
    "[^\\W\\d_][^\\w\\s\\x00-\\x7f\u2018\u2019\u2013\u2014\u2026\xa0\xad\xb4\xb7][^\\W\\d_]"
)
"""A sign between letters, where none belongs."""


def by_alphabet(sample: bytes) -> str | None:
    """Return the first encoding in which all letters of a sample are of one language; or None."""
    return next(_fitting(sample), None)


def _fitting(sample: bytes) -> Iterator[str]:
    for encoding, alphabets in _ALPHABETS:
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        letters = {c for c in text.replace("İ", "i").lower() if c > "\x7f"} - _SIGNS
        if (
            letters
            and not _INSIDE.search(text)
            and any(letters <= set(alphabet) for alphabet in alphabets)
        ):
            yield encoding
