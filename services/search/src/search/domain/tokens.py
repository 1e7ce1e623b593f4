"""From a display word to the tokens it is found by; the same code reads transcripts and queries.

Most words are one token. A compound (`well-known`, `example.com`, `l'homme`) is one token per
part, and so is each character of a script written without spaces, whatever units the recogniser
cut it into. A word of punctuation alone is no token, so it never breaks a phrase.
"""

import re
import threading
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

import Stemmer  # type: ignore[import-not-found]

LONGEST_TOKEN: Final = 64

_ASCII_EDGES: Final = " .,;:!?\"'()[]{}<>$%&*/-_=@|~^`\\"
_UNIFY: Final = str.maketrans(
    dict.fromkeys("’‘‛ʼʹ`´＇′׳", "'") | dict.fromkeys("‐‑‒–—―−﹣－", "-") | {"״": '"'}  # noqa: RUF001
)
_GROUPED_DIGITS: Final = re.compile(r"(?<=\d)[,'](?=\d{3}(?!\d))")
_DECIMAL_COMMA: Final = re.compile(r"(?<=\d),(?=\d)")
_INITIALISM: Final = re.compile(r"[^\w]*((?:[^\W\d_]\.)+[^\W\d_]\.?)[^\w]*")
_ELISION: Final = re.compile(
    r"(?<!\w)((?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|un|(?:de|a|ne|su|da)ll|"
    r"que(?:st|ll)|sant|bell|dov|com|anch|mezz|tutt))'(?=[aeiouhœæàâéèêëîïôùûü])"
)
_INNER_QUOTE: Final = re.compile(
    r"""(?<=[^\s\d])'(?=[^\W\d_])|(?<=[\u0590-\u05ff])"(?=[\u0590-\u05ff])"""
)
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# Over character classes: C++ and C#, one unspaced character, a word (decimals stay), an emoji.
_TOKEN: Final = re.compile(r"(?<![wdm])w(?:\+\+|#)(?![wd])|um*|[wd](?:[wdm]|(?<=d)\.(?=d))*|s[sm]*")
_LETTERS_WITHOUT_DECOMPOSITION: Final = str.maketrans(
    {"ø": "o", "œ": "oe", "æ": "ae", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t"}
    | {"\u0131": "i", "ŋ": "n", "ĸ": "k", "\u0640": ""}
)
_SNOWBALL: Final = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german",
    "el": "greek", "en": "english", "eo": "esperanto", "es": "spanish", "et": "estonian",
    "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_STEMMING = threading.Lock()


@lru_cache(maxsize=1 << 16)
def tokens_of(word: str) -> tuple[str, ...]:
    """Return the tokens of one display word, or of one word of a query; none for punctuation."""
    if word.isascii() and (plain := word.strip(_ASCII_EDGES)).isalnum():
        return (plain.lower()[:LONGEST_TOKEN],)
    return tuple(token[:LONGEST_TOKEN] for token in _split(_normalized(word)))


def joined(tokens: Sequence[str]) -> str | None:
    """Return a compound written together (`email` for `e-mail`), or None if it is no compound."""
    word = "".join(tokens)
    if len(tokens) < 2 or not word.isalnum() or word.isdigit():  # noqa: PLR2004
        return None
    return None if _UNSPACED.search(word) else word[:LONGEST_TOKEN]


@lru_cache(maxsize=1 << 16)
def fold(token: str) -> str:
    """Return the token without accents, niqqud and harakat, its digits as 0-9.

    Marks that spell a sound of their own stay: Indic vowel signs and viramas, Thai tones,
    Japanese voicing (their combining classes: Unicode 16, table 4-3).
    """
    if token.isascii():
        return token
    kept = "".join(
        str(unicodedata.decimal(c, c))
        for c in unicodedata.normalize("NFKD", token)
        if not _is_accent(c)
    ).translate(_LETTERS_WITHOUT_DECOMPOSITION)
    return unicodedata.normalize("NFC", kept) or token


@lru_cache(maxsize=1 << 16)
def stem(token: str, language: str) -> str:
    """Return the folded stem (Snowball); only the fold where the language has no stemmer."""
    stemmer = _stemmer(language.lower().split("-")[0])
    if stemmer is None:
        return fold(token)
    with _STEMMING:
        return fold(stemmer.stemWord(token))


@cache
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    name = _SNOWBALL.get(language)
    return Stemmer.Stemmer(name) if name else None


def _is_accent(character: str) -> bool:
    combining = unicodedata.combining(character)
    return 10 <= combining <= 35 or combining >= 200  # noqa: PLR2004


def _normalized(word: str) -> str:
    text = unicodedata.normalize("NFKC", word.translate(_UNIFY)).casefold()
    text = unicodedata.normalize("NFKC", text).translate(_UNIFY)
    # NFKC takes SARA AM apart, and then a word cut before it would differ from one cut after.
    text = text.replace("\u0e4d\u0e32", "\u0e33").replace("\u0ecd\u0eb2", "\u0eb3")
    text = "".join(c for c in text if not _is_invisible(c))
    text = _DECIMAL_COMMA.sub(".", _GROUPED_DIGITS.sub("", text))
    initials = _INITIALISM.fullmatch(text)
    if initials:
        text = initials[1].replace(".", "")
    return _INNER_QUOTE.sub("", _ELISION.sub(r"\1 ", text))


def _split(text: str) -> list[str]:
    classes = "".join(map(_class, text))
    return [text[found.start() : found.end()] for found in _TOKEN.finditer(classes)]


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Me") or "\ufe00" <= character <= "\ufe0f"


@lru_cache(maxsize=1 << 12)
def _class(character: str) -> str:
    """Return the one-letter class that `_TOKEN` is written in."""
    if character in ".+#":
        return character
    category = unicodedata.category(character)
    if category[0] == "M":
        return "m"
    if category[0] in "LN":
        return "u" if _UNSPACED.match(character) else "d" if category == "Nd" else "w"
    return "s" if category == "So" or "\U0001f3fb" <= character <= "\U0001f3ff" else " "
