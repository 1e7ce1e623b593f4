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

from everyword_transcripts.folding import fold
from search.domain.chinese import simplified

LONGEST_TOKEN: Final = 64

_ASCII_EDGES: Final = " .,;:!?\"'()[]{}<>$%&*/-_=@|~^`\\"
_UNIFY: Final = str.maketrans(
    dict.fromkeys("’‘‛ʼʹ`´＇′׳", "'")  # noqa: RUF001
    | dict.fromkeys(
        "\u02bb\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\ua78c\u0559\u055a\u1fbf\u1fbd\u1ffe\u07f4\u07f5",
        "'",
    )
    | dict.fromkeys("‐‑‒–—―−﹣－", "-")  # noqa: RUF001
    | {"״": '"', "٪": "%", "﹪": "%"}
)
"""Letters that nobody types are what they look like: apostrophes for okina, hamza and ain."""
UNIT_SIGNS: Final = "$€£¥₹₽₩₪₺₴%"
"""Tokens of their own beside a number: `$5` is `5 $`, as it is said."""
_SIGN_BEFORE: Final = re.compile(
    rf"(?<![\w.])([{UNIT_SIGNS}])\s*(\d++(?:[.,']\d++)*+)(?![{UNIT_SIGNS}])"
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
_TOKEN: Final = re.compile(
    r"(?<![wdm])w(?:\+\+|#)(?![wd])|um*|[wd](?:[wdm]|(?<=d)\.(?=d))*|s[sm]*|(?:(?<=d)|^)c(?![wdc])"
)
_ALIKE: Final = str.maketrans(
    {"\u06cc": "\u064a", "\u0649": "\u064a", "\u06a9": "\u0643", "\u0901": "\u0902"}
    | {chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)}
)
"""Letters that one keyboard has and another has not (Arabic and Persian ye and kaf), Hindi's two
signs for a nasal, and katakana for hiragana."""
_NASAL: Final = re.compile("[\u0919\u091e\u0923\u0928\u092e]\u094d(?=[\u0915-\u0939])")
"""A nasal consonant before its like may be written as a dot above: हिन्दी, हिंदी."""
_SPELLED_AS_TWO: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_PARTICLES: Final = tuple(
    sorted(
        [
            "은",
            "는",
            "이",
            "가",
            "을",
            "를",
            "의",
            "에",
            "에서",
            "에게",
            "에게서",
            "한테",
            "한테서",
            "께",
            "께서",
            "으로",
            "로",
            "으로서",
            "로서",
            "으로써",
            "로써",
            "와",
            "과",
            "하고",
            "도",
            "만",
            "까지",
            "부터",
            "마저",
            "조차",
            "마다",
            "처럼",
            "만큼",
            "보다",
            "이나",
            "나",
            "이나마",
            "이라도",
            "라도",
            "이며",
            "이랑",
            "랑",
            "들",
            "들이",
            "들은",
            "들을",
            "들의",
            "들에게",
            "들도",
            "들과",
            "에는",
            "에도",
            "에만",
            "에서는",
            "에서도",
            "까지는",
            "까지도",
            "부터는",
            "으로는",
            "로는",
            "으로도",
            "로도",
            "이다",
            "입니다",
        ],
        key=len,
        reverse=True,
    )
)
"""Korean writes particles on the noun, the longest first here."""
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
    if (
        word.isascii()
        and (plain := word.strip(_ASCII_EDGES)).isalnum()
        and "$" not in word
        and "%" not in word
    ):
        return (plain.lower()[:LONGEST_TOKEN],)
    return tuple(token[:LONGEST_TOKEN] for token in _split(_normalized(word)))


def joined(tokens: Sequence[str]) -> str | None:
    """Return a compound written together (`email` for `e-mail`), or None if it is no compound."""
    word = "".join(tokens)
    if len(tokens) < 2 or not word.isalnum() or word.isdigit():  # noqa: PLR2004
        return None
    return None if _UNSPACED.search(word) else word[:LONGEST_TOKEN]


def folds(token: str) -> tuple[str, ...]:
    """Return the forms without accents: `schluter`, and `schlueter` where letters are spelled so.

    Who has no umlauts on the keyboard writes two letters (ä ae, ö oe, ü ue, ø oe, å aa). Letters
    that stand for each other in Arabic, Persian, Hindi, Japanese and Chinese have a form in common.
    """
    if token.isascii():
        return (token,)
    spelled = unicodedata.normalize("NFC", token).translate(_SPELLED_AS_TWO)
    folded = fold(token)
    alike = _NASAL.sub("\u0902", folded.translate(_ALIKE))
    return tuple(dict.fromkeys((folded, fold(spelled), alike, simplified(folded))))


def without_particle(token: str) -> str | None:
    """Return the noun of a Korean word with a particle (`서울에서`: `서울`), if it has one."""
    for particle in _PARTICLES:
        noun = token.removesuffix(particle)
        if noun != token and len(noun) + len(particle) > 2 and is_hangul(noun):  # noqa: PLR2004
            return noun
    return None


def is_hangul(token: str) -> bool:
    """Tell whether a token is written in Hangul syllables alone."""
    return bool(token) and all("가" <= character <= "힣" for character in token)


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


def _normalized(word: str) -> str:
    text = unicodedata.normalize("NFKC", word.translate(_UNIFY)).casefold()
    text = unicodedata.normalize("NFKC", text).translate(_UNIFY)
    # NFKC takes SARA AM apart, and then a word cut before it would differ from one cut after.
    text = text.replace("\u0e4d\u0e32", "\u0e33").replace("\u0ecd\u0eb2", "\u0eb3")
    text = "".join(c for c in text if not _is_invisible(c))
    text = _SIGN_BEFORE.sub(r"\2\1", text)
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
    if character in UNIT_SIGNS:
        return "c"
    category = unicodedata.category(character)
    if category[0] == "M":
        return "m"
    if category[0] in "LN":
        return "u" if _UNSPACED.match(character) else "d" if category == "Nd" else "w"
    return "s" if category == "So" or "\U0001f3fb" <= character <= "\U0001f3ff" else " "
