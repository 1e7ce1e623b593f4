"""Text as HTML: everything that was said or typed passes through here."""

import re
from collections.abc import Iterable
from datetime import datetime
from html import escape
from urllib.parse import urlsplit

DESCRIPTION_CHARS = 155
LONGEST_WORD_CHARS = 80
_UNSPOKEN = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_UNSPACED = re.compile(
    "[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)
_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})


def clean(text: object) -> str:
    """Take out control characters, and those that would turn round the text after them."""
    return _UNSPOKEN.sub("", "" if text is None else str(text))


def shown(text: object) -> str:
    """Return text as the content of an element."""
    return escape(clean(text), quote=False)


def attribute(text: object) -> str:
    """Return text as the value of a quoted attribute."""
    return escape(clean(text))


def joined(words: Iterable[tuple[str, bool]]) -> str:
    """Join words and mark those that match; no space between two that are written without."""
    out: list[str] = []
    last = ""
    for raw, is_match in words:
        word = clean(raw)
        if last and not (_UNSPACED.match(last[-1:]) and _UNSPACED.match(word[:1])):
            out.append(" ")
        out.append(f"<mark>{shown(word)}</mark>" if is_match else shown(word))
        last = word
    return "".join(out)


def shortened(text: str) -> str:
    """Cut text at a word's end to what a search engine shows of it."""
    if len(text) <= DESCRIPTION_CHARS:
        return text
    return text[:DESCRIPTION_CHARS].rsplit(" ", 1)[0] + "…"


def cut_word(text: str) -> str:
    """Cut a word that would fill a list of results alone."""
    return text if len(text) <= LONGEST_WORD_CHARS else text[: LONGEST_WORD_CHARS - 1] + "…"


def clock(seconds: float) -> str:
    """Write seconds as 0:07, 12:34 or 1:02:03."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def day(moment: datetime | str | None) -> str:
    """Write a date as 3 May 2024; nothing if there is none, or none that can be read."""
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            return ""
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def direction(language: str) -> str:
    """Return `rtl` for a language that is written from right to left, else `ltr`."""
    return "rtl" if language.lower().split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def is_web(address: str | None) -> bool:
    """Tell whether a link may lead there: http and https only, never `javascript:`."""
    return bool(address) and urlsplit(address).scheme in {"http", "https"}
