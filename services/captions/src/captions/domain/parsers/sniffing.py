"""Which format a file is, by what is in it."""

import re
from collections.abc import Mapping
from typing import Final

from captions.domain.parsers.annotation_files import EAF, STM, TEXTGRID
from captions.domain.parsers.decoding import decode_as_found
from captions.domain.parsers.docx_file import is_docx
from captions.domain.parsers.json_file import is_podcast_json, parse_json
from captions.domain.parsers.lenient_times import read_time_line
from captions.domain.parsers.line_captions import (
    CTM,
    LRC_TAG,
    SBV_TIMES,
    TABBED,
    TSV_HEAD,
)
from captions.domain.parsers.old_captions import SUB_LINE, SUBVIEWER_HEAD
from captions.domain.parsers.table_file import is_table
from captions.domain.parsers.text_heads import timed_heads
from captions.domain.parsers.timed_text import NAMED_BY
from everyword_events import InvalidInput
from everyword_transcripts.json_form import OURS

_PAGE_STARTS: Final = ("<!doctype html", "<html", "<cite", "<time")
_XML: Final = r"(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*"
_TTML: Final = re.compile(_XML + r"<(?:\w+:)?tt[\s>]", re.DOTALL)
_YOUTUBE: Final = re.compile(_XML + r"<(?:timedtext|transcript)[\s>]", re.DOTALL)
_JSON_START: Final = re.compile(r"\{\s*[\"}]|\[\s*[{\[]")
_BY_START: Final = (
    ("vtt", re.compile("webvtt")),
    ("json", _JSON_START),
    ("ass", re.compile(r"\[(?:script info|events)\]")),
    ("ttml", _TTML),
    ("srv", _YOUTUBE),
    ("smi", re.compile(r"<sami[\s>]")),
    ("eaf", EAF),
    ("textgrid", TEXTGRID),
    ("html", re.compile("|".join(_PAGE_STARTS))),
)
_OTHERS: Final = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip that is not a Word document",
    b"\xd0\xcf\x11\xe0": "an old Word document (.doc)",
    b"{\\rtf": "rich text (RTF)",
    b"850STL": "EBU STL, a binary format",
    b"437STL": "EBU STL, a binary format",
    b"Scenarist_SCC": "SCC, a code for broadcast captions",
    b"\x00\x00\x01\xba": "VobSub, pictures of subtitles",
    b"# VobSub index": "VobSub, pictures of subtitles",
    b"SPEAKER ": "RTTM, which tells who speaks when but not what",
}
_HEAD_BYTES: Final = 1024
_LINES_LOOKED_AT: Final = 40


def sniff(raw: bytes, language: str, readable: str) -> str:
    """Tell a file's format by what is in it; plain text only where its lines have times.

    `readable` lists the formats for people.

    Raises:
        InvalidInput: it looks like none of them.
    """
    if raw.startswith(OURS):
        return "json"
    if is_docx(raw):
        return "docx"
    _refuse_others(raw)
    start = decode_as_found(raw[:_HEAD_BYTES], language).lstrip("\ufeff").lstrip().lower()
    for name, pattern in _BY_START:
        if pattern.match(start):
            return _json_kind(raw) if name == "json" else name
    return _sniff_lines(raw, language, readable)


def under_txt(raw: bytes, language: str) -> str | None:
    """Tell captions that were saved as .txt, by what no text says; None for text."""
    start = decode_as_found(raw[:_HEAD_BYTES], language).lstrip("\ufeff").lstrip()
    lines = [line.strip() for line in start.split("\n") if line.strip()]
    if start.startswith("WEBVTT"):
        return "vtt"
    if lines and SUB_LINE.match(lines[0]):
        return "sub"
    if is_tabbed(raw, language):
        return "tsv"
    if lines and "\t" in lines[0] and is_table(lines[0]):
        return "csv"
    times = [found for line in lines if (found := read_time_line(line)) and not found.rest]
    counted = len(lines) > 1 and (lines[0].isdecimal() or any(map(NAMED_BY.fullmatch, lines)))
    is_srt = counted and times
    return "srt" if is_srt else None


def is_tabbed(raw: bytes, language: str) -> bool:
    """Tell a text that is labels: start, end and words with tabs between."""
    head = decode_as_found(raw[:_HEAD_BYTES], language).lstrip("\ufeff \n").partition("\n")[0]
    return bool(TSV_HEAD.fullmatch(head.strip()) or TABBED.fullmatch(head))


def _json_kind(raw: bytes) -> str:
    form = parse_json(raw)
    is_podcast = isinstance(form, Mapping) and is_podcast_json(form)
    return "podcast-json" if is_podcast else "json"


def _refuse_others(raw: bytes) -> None:
    """Say what a file is that is no text at all, or no transcript.

    Raises:
        InvalidInput: it is one of those.
    """
    for start, what in _OTHERS.items():
        if raw.startswith(start):
            raise InvalidInput(
                f"this is {what}, not text",
                hint="export it again as text, SRT, WebVTT or JSON",
                code="captions_invalid",
            )


def _sniff_lines(raw: bytes, language: str, readable: str) -> str:
    """Tell what lines of text are: with times at their heads, or with arrows between times."""
    lines = decode_as_found(raw[: 64 * _HEAD_BYTES], language).split("\n")[:_LINES_LOOKED_AT]
    said = next((line.strip() for line in lines if line.strip()), "")
    for name, is_it in (
        ("sub", SUB_LINE.match(said) or SUBVIEWER_HEAD.match(said)),
        ("sbv", SBV_TIMES.fullmatch(said)),
        ("ctm", CTM.fullmatch(said)),
        (
            "stm",
            STM.fullmatch(next((one for one in lines if not one.startswith(";;")), "").strip()),
        ),
        ("tsv", is_tabbed(raw, language)),
        ("csv", is_table(said)),
        ("lrc", LRC_TAG.fullmatch(said)),
    ):
        if is_it:
            return name
    timed = any(map(read_time_line, lines))
    if not timed and timed_heads(lines):
        return "txt"
    if timed or b"->" in raw or b"-\0>\0" in raw or b"\0-\0>" in raw:
        return "srt"
    raise InvalidInput(
        "not a caption file that can be read",
        hint=f"readable are {readable}; text is known by its ending, .txt or .md",
        code="captions_invalid",
    )
