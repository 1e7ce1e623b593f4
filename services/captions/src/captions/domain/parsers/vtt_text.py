"""WebVTT's cue text parser (sections 6.4 and 6.5): tags, voices, entities, times.

https://www.w3.org/TR/webvtt1/#cue-text-parsing-rules - the tokenizer is a regular expression for
each of its states; the tree is a stack of open elements, and each text knows what it lies in.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from captions.domain.parsers.clock import parse_timestamp
from captions.domain.parsers.entities import consume, decode_references
from captions.domain.parsers.timed_text import Piece

# `<`, then a name that ends at white space, a dot or `>`; classes; an annotation.
_START: Final = re.compile(r"<([^\t\n\f .>]*)((?:\.[^\t\n\f .>]*)*)(?:[\t\n\f ]([^>]*))?>?")
_END: Final = re.compile(r"</([^>]*)>?")
_TIMESTAMP: Final = re.compile(r"<([0-9][^>]*)>?")
_TEXT: Final = re.compile(r"[^<&]+")
_ELEMENTS: Final = frozenset({"c", "i", "b", "u", "ruby", "v", "lang"})
_STYLES: Final = frozenset({"c", "i", "b", "u"})
_FOREIGN: Final = "font"
"""No tag of WebVTT's, and so without meaning there; but words are highlighted by it."""


class _Open(NamedTuple):
    name: str
    voice: str | None = None
    style: str = ""


class _Token(NamedTuple):
    kind: str  # text, start, end or time
    name: str
    annotation: str = ""
    classes: str = ""


def parse_cue_text(raw: str) -> tuple[Piece, ...]:
    """Return the runs of text in a cue's payload, each with its voice and time."""
    pieces: list[Piece] = []
    stack: list[_Open] = []
    foreign: list[str] = []
    at_ms: int | None = None
    for kind, name, annotation, classes in _tokens(raw):
        if kind == "text":
            voices = [element.voice for element in stack if element.name == "v"]
            voice = voices[-1] if voices else None
            ruby = any(element.name == "rt" for element in stack)
            styles = [*foreign, *(element.style for element in stack if element.style)]
            pieces.append(Piece(name, voice or None, at_ms, ruby, "+".join(styles)))
        elif kind == "time":
            at_ms = parse_timestamp(name) if parse_timestamp(name) is not None else at_ms
        elif name == _FOREIGN:
            foreign = foreign[:-1] if kind == "end" else [*foreign, f"{name} {annotation}"]
        elif kind == "start":
            if name in _ELEMENTS or (name == "rt" and stack and stack[-1].name == "ruby"):
                style = f"{name}{classes}" if name in _STYLES else ""
                stack.append(_Open(name, annotation if name == "v" else None, style))
        elif stack and name == stack[-1].name:
            stack.pop()
        elif name == "ruby" and stack and stack[-1].name == "rt":
            del stack[-2:]
    return tuple(pieces)


def _tokens(raw: str) -> Iterator[_Token]:
    text: list[str] = []
    at = 0
    while at < len(raw):
        character = raw[at]
        if character == "&":
            decoded, at = consume(raw, at)
            text.append(decoded)
            continue
        if character != "<":
            found = _TEXT.match(raw, at)
            assert found is not None
            text.append(found[0])
            at = found.end()
            continue
        if text:
            yield _Token("text", "".join(text))
            text = []
        token, at = _tag(raw, at)
        yield token
    if text:
        yield _Token("text", "".join(text))


def _tag(raw: str, at: int) -> tuple[_Token, int]:
    for kind, pattern in (("end", _END), ("time", _TIMESTAMP)):
        found = pattern.match(raw, at)
        if found is not None:
            return _Token(kind, found[1]), found.end()
    found = _START.match(raw, at)
    assert found is not None
    return _Token("start", found[1], _annotation(found[3] or ""), found[2]), found.end()


def _annotation(raw: str) -> str:
    """Decode a start tag's annotation; its white space is collapsed after decoding."""
    return " ".join(part for part in re.split(r"[\t\n\f\r ]+", decode_references(raw)) if part)
