"""Podcasting 2.0's transcript HTML: `cite` names a speaker, `time` a start, `p` is what is said.

https://github.com/Podcastindex-org/podcast-namespace/blob/main/transcripts/transcripts.md

Tags are found by one regular expression, not by `html.parser`, which many a Python 3.11 takes
minutes over for 100 kB of unclosed tags; attributes are not looked at.
"""

import re
from typing import Final, NamedTuple

from captions.domain.parsers.clock import parse_short_clock
from captions.domain.parsers.decoding import decode_lines
from captions.domain.parsers.entities import decode_references
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.paragraph import TimedParagraph
from captions.domain.parsers.plain_text import paragraphs_of
from everyword_events import InvalidInput

_MARKUP: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<[!?][^<>]*>"
    r"|<(script|style|template|noscript)\b[^<>]*>.*?(?:</\1\s*>|\Z)"
    r"|<(/?)([a-z][a-z0-9-]*)(?:[\s/][^<>]*)?>",
    re.IGNORECASE | re.DOTALL,
)
_LANGUAGE: Final = re.compile(
    r"""<html\b[^<>]{0,500}?\slang\s*=\s*["']?([a-z]{2,3}(?:-[a-z0-9]{1,8})*)""", re.IGNORECASE
)
_HEAD_CHARS: Final = 4096
_BLOCKS: Final = frozenset(
    {"address", "article", "aside", "blockquote", "body", "div", "dl", "footer", "form"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav"}
    | {"ol", "p", "pre", "section", "table", "td", "tr", "ul"}
)


class Page(NamedTuple):
    """What a page says, and the language it names: `und` where it names none."""

    language: str
    paragraphs: list[TimedParagraph]


def parse_html(raw: bytes, language: str = "und", log: ImportLog | None = None) -> Page:
    """Read a page's paragraphs with their speakers and times.

    A `p` with neither goes on with the one before it; a `time` without a `cite` is nobody's.

    Where no `p` has any, heads of lines are looked for, as in text exports.

    Raises:
        InvalidInput: no paragraph has a speaker or a time, so that it is some other page.
    """
    text = decode_lines(raw, language, log or ImportLog())
    reader = _Reader()
    at = 0
    for found in _MARKUP.finditer(text):
        reader.text(text[at : found.start()])
        at = found.end()
        if found[3]:
            reader.tag(found[3].lower(), closes=bool(found[2]))
    reader.text(text[at:])
    reader.end_paragraph()
    paragraphs = reader.paragraphs
    if not any(one.speaker or one.start_ms is not None for one in paragraphs):
        paragraphs = paragraphs_of(reader.lines())
        paragraphs = paragraphs if any(one.start_ms is not None for one in paragraphs) else []
    if not paragraphs:
        raise InvalidInput(
            "not a transcript: no <p> in it has a <cite> or a <time> such as 1:05",
            hint="expected Podcasting 2.0's transcript HTML, or a page whose lines have times",
            code="captions_invalid",
        )
    named = _LANGUAGE.search(text[:_HEAD_CHARS])
    return Page(named[1] if named else "und", list(paragraphs))


class _Reader:
    """Gathers `cite` and `time` until the `p` that they belong to ends."""

    def __init__(self) -> None:
        self.paragraphs: list[TimedParagraph] = []
        self._speaker: str | None = None
        self._start_ms: int | None = None
        self._cited = False
        self._label = ""
        self._gathered: list[str] = []
        self._said: list[str] | None = None
        self._all: list[str] = []

    def lines(self) -> list[str]:
        """Return all of the page's text, a line for each block or line break."""
        lines = "".join(self._all).split("\0")
        return [" ".join(decode_references(line).split()) for line in lines]

    def text(self, raw: str) -> None:
        """Take in text: of the open `cite` or `time`, else of the open paragraph."""
        self._all.append(raw)
        if self._label:
            self._gathered.append(raw)
        elif self._said is not None and (self._said or raw.strip()):
            self._said.append(raw)

    def tag(self, name: str, *, closes: bool) -> None:
        """Take in a tag; within a paragraph that has begun, only blocks mean anything."""
        if name in _BLOCKS or name == "br":
            self._all.append("\0")
        if name in _BLOCKS:
            self.end_paragraph()
            if name == "p" and not closes:
                self._said = []
        elif name == "br":
            self.text(" ")
        elif name in {"cite", "time"}:
            self._end_label()
            if not closes and not self._said:
                self._label = name

    def end_paragraph(self) -> None:
        """Tell what the open paragraph says, if one is open and says anything."""
        self._end_label()
        said = decode_references("".join(self._said or ()))
        self._said = None
        if said.strip():
            self.paragraphs.append(TimedParagraph(said, self._speaker, self._start_ms))
            self._start_ms, self._cited = None, False

    def _end_label(self) -> None:
        label, self._label = self._label, ""
        value = decode_references("".join(self._gathered)).strip()
        self._gathered.clear()
        if label == "cite":
            self._speaker = value.removesuffix(":").strip() or None
            self._cited = True
        elif label == "time":
            self._start_ms = parse_short_clock(value)
            if self._start_ms is not None and not self._cited:
                self._speaker = None
