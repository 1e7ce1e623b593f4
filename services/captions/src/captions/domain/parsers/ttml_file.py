"""TTML, and its profiles IMSC, DFXP, SMPTE-TT and EBU-TT: paragraphs with times, in XML."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Final
from xml.etree import ElementTree as ET

from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.timed_text import Piece, TimedText
from everyword_events import InvalidInput

_CLOCK: Final = re.compile(r"(\d{1,4}):(\d{2}):(\d{2})(?:(\.\d{1,9})|:(\d{1,3})(?:\.\d+)?)?")
_OFFSET: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(h|ms|m|s|f|t)")
_PLAIN: Final = re.compile(r"(?:(\d{1,4}):)?(\d{1,9}(?:\.\d{1,9})?)")
"""Not in the standard: seconds, or minutes and seconds, as Apple Podcasts writes them."""
_UNITS: Final = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_SPACE: Final = re.compile(r"[ \t\n]+")
_XML_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_XML_ID: Final = "{http://www.w3.org/XML/1998/namespace}id"
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_DEFAULT_FRAMES: Final = 30


def parse_ttml(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:  # noqa: ARG001 - XML names its encoding
    """Read the paragraphs that have times; `ttm:agent` names who speaks.

    Raises:
        InvalidInput: not XML, or XML with entities of its own, or nothing in it has a time.
    """
    log = log or ImportLog()
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise InvalidInput(
            "XML with a document type is not read", hint="save it without", code="captions_invalid"
        )
    try:
        root = ET.fromstring(raw)  # noqa: S314 - without a document type there are no entities
    except (ET.ParseError, ValueError, LookupError) as error:
        raise InvalidInput(f"not TTML: {error}", code="captions_invalid") from error
    cues = list(_Reader(root, log).cues())
    if not cues:
        raise InvalidInput("not TTML: no paragraph has a time", code="captions_invalid")
    return cues


def language_of(raw: bytes) -> str:
    """Return the language that a file's root names, or `und`."""
    found = re.search(rb"""<(?:\w+:)?tt\b[^>]*\bxml:lang=["']([A-Za-z0-9-]{2,35})["']""", raw)
    return found[1].decode() if found else "und"


class _Reader:
    """Reads one document; times of a child are counted from its parent's."""

    def __init__(self, root: ET.Element, log: ImportLog) -> None:
        self._root = root
        self._log = log
        frames = Fraction(_number(_attribute(root, "frameRate")) or _DEFAULT_FRAMES)
        rate = (_attribute(root, "frameRateMultiplier") or "").replace(":", " ").split()
        if len(rate) == 2 and all(part.isdecimal() and int(part) for part in rate):  # noqa: PLR2004
            frames *= Fraction(int(rate[0]), int(rate[1]))
        self._frames = frames
        self._ticks = Fraction(_number(_attribute(root, "tickRate")) or 1)
        self._absolute = any(self._runs_over(one) for one in root.iter() if _name(one) == "p")
        self._agents = {
            agent.get(_XML_ID, ""): name
            for agent in root.iter()
            if _name(agent) == "agent" and (name := " ".join("".join(agent.itertext()).split()))
        }

    def _runs_over(self, paragraph: ET.Element) -> bool:
        """Tell whether spans in a paragraph could only begin after it: their times are absolute.

        Apple Podcasts writes them so, where the standard counts from the paragraph's own.
        """
        start, end = self._ms(paragraph.get("begin")), self._ms(paragraph.get("end"))
        if start is None or end is None:
            return False
        begins = [self._ms(one.get("begin")) for one in paragraph.iter() if one is not paragraph]
        return any(at is not None and start <= at < end <= start + at for at in begins)

    def cues(self) -> Iterator[TimedText]:
        yield from self._below(self._root, 0, None, None)

    def _below(
        self, element: ET.Element, start: int, end: int | None, voice: str | None
    ) -> Iterator[TimedText]:
        begin, stop, voice = self._span(element, start, end, voice)
        if _name(element) in {"head", "metadata"}:
            return
        if _name(element) != "p":
            for child in element:
                yield from self._below(child, begin, stop, voice)
            return
        if "begin" not in element.attrib and not any("begin" in one.attrib for one in element):
            self._log.seen += 1
            self._log.note("blocks_skipped")
            return
        self._log.seen += 1
        pieces = tuple(self._pieces(element, begin, stop, voice, preserve=False))
        yield TimedText(begin, begin if stop is None else stop, pieces)

    def _span(
        self, element: ET.Element, start: int, end: int | None, voice: str | None
    ) -> tuple[int, int | None, str | None]:
        begin = self._ms(element.get("begin"))
        base = 0 if self._absolute else start
        own = start if begin is None else base + begin
        lasting, until = self._ms(element.get("dur")), self._ms(element.get("end"))
        ends = [base + until] if until is not None else [end] if end is not None else []
        if lasting is not None:
            ends.append(own + lasting)
        agent = (_attribute(element, "agent") or "").split()
        if agent:
            voice = self._agents.get(agent[0], agent[0])
        return own, min(ends, default=None), voice

    def _pieces(
        self, element: ET.Element, start: int, end: int | None, voice: str | None, *, preserve: bool
    ) -> Iterator[Piece]:
        preserve = element.get(_XML_SPACE, "preserve" if preserve else "") == "preserve"
        at = start if "begin" in element.attrib and _name(element) == "span" else None

        def said(text: str | None) -> Iterator[Piece]:
            if text:
                yield Piece(text if preserve else _SPACE.sub(" ", text), voice, at)

        yield from said(element.text)
        for child in element:
            if _name(child) == "br":
                yield Piece("\n", voice)
            elif _name(child) == "span":
                begin, stop, speaker = self._span(child, start, end, voice)
                yield from self._pieces(child, begin, stop, speaker, preserve=preserve)
            yield from said(child.tail)

    def _ms(self, raw: str | None) -> int | None:
        """Return a time expression (TTML2, 12.3.1) in milliseconds, or None where it is none."""
        text = (raw or "").strip()
        if found := _CLOCK.fullmatch(text):
            hours, minutes, seconds = (int(part) for part in found.groups()[:3])
            whole = ((hours * 60 + minutes) * 60 + seconds) * 1000
            if found[5]:
                return whole + round(int(found[5]) * 1000 / self._frames)
            return whole + round(float(found[4] or 0) * 1000)
        if found := _PLAIN.fullmatch(text):
            return round((int(found[1] or 0) * 60 + Fraction(found[2])) * 1000)
        if found := _OFFSET.fullmatch(text):
            count, unit = Fraction(found[1]), found[2]
            if unit in _UNITS:
                return round(count * _UNITS[unit])
            return round(count * 1000 / (self._frames if unit == "f" else self._ticks))
        return None


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _attribute(element: ET.Element, name: str) -> str | None:
    """Return an attribute of any of the standard's namespaces."""
    return next(
        (value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None
    )


def _number(raw: str | None) -> int | None:
    return int(raw) if raw and raw.isdecimal() and int(raw) else None
