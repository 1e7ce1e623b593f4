"""YouTube's XML captions: `transcript` (srv1: seconds), `timedtext` (srv2: ms; srv3: and words)."""

import re
from typing import Final
from xml.etree import ElementTree as ET

from captions.domain.parsers.entities import decode_references
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.timed_text import Piece, TimedText
from everyword_events import InvalidInput

_NUMBER: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})?")


def parse_srv(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:  # noqa: ARG001 - XML names its encoding
    """Read the captions that have a time.

    Raises:
        InvalidInput: not XML, or XML with entities of its own, or nothing in it has a time.
    """
    log = log or ImportLog()
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise _invalid("XML with a document type is not read")
    try:
        root = ET.fromstring(raw)  # noqa: S314 - without a document type there are no entities
    except (ET.ParseError, ValueError, LookupError) as error:
        raise _invalid(str(error)) from error
    cues: list[TimedText] = []
    for one in root.iter():
        cue = _cue(one)
        if cue is not None and cues and one.get("append"):
            cues[-1] = _appended(cues[-1], cue)
        elif cue is not None:
            cues.append(cue)
    log.seen += len(cues)
    if not cues:
        raise _invalid("nothing in it has a time")
    return cues


def _cue(element: ET.Element) -> TimedText | None:
    if element.tag == "text" and element.get("start") is not None:
        start, lasting = _ms(element, "start", 1000), _ms(element, "dur", 1000)
    elif element.tag in {"p", "text"}:
        start, lasting = _ms(element, "t", 1), _ms(element, "d", 1)
    else:
        return None
    if start is None or not "".join(element.itertext()).strip():
        return None
    pieces = [Piece(_text(element.text))] if (element.text or "").strip() else []
    for word in element:
        at = start + (_ms(word, "t", 1) or 0) if word.tag == "s" else None
        pieces.append(Piece(_text(word.text), None, at))
        pieces += [Piece(_text(word.tail))] if (word.tail or "").strip() else []
    return TimedText(start, start + (lasting or 0), tuple(pieces))


def _appended(cue: TimedText, more: TimedText) -> TimedText:
    """Return a caption with what srv2 adds to it later."""
    stamped = tuple(piece._replace(at_ms=piece.at_ms or more.start_ms) for piece in more.pieces)
    pieces = (*cue.pieces, *stamped)
    return cue._replace(end_ms=max(cue.end_ms, more.end_ms), pieces=pieces)


def _text(text: str | None) -> str:
    """Return text whose entities were written twice, as YouTube writes them."""
    return decode_references(text or "")


def _ms(element: ET.Element, name: str, per_unit: int) -> int | None:
    raw = element.get(name, "")
    return round(float(raw) * per_unit) if _NUMBER.fullmatch(raw) else None


def _invalid(why: str) -> InvalidInput:
    return InvalidInput(
        f"not YouTube's captions: {why}", hint="export SRT or WebVTT", code="captions_invalid"
    )
