"""Transcript and caption files of others, read: into a transcript, or straight into another format.

The one reader of the product: for the command, for imports over HTTP, and for conversion.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic_core import from_json

from captions.config import CaptionsSettings
from captions.domain.formats import FORMATS, TranscriptWriter
from captions.domain.parsers.ass_file import parse_ass
from captions.domain.parsers.decoding import decode_as_found
from captions.domain.parsers.html_page import parse_html
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.imported import captions_of, transcript_of
from captions.domain.parsers.json_file import is_podcast_json, transcript_of_json
from captions.domain.parsers.lenient_times import read_time_line
from captions.domain.parsers.line_captions import (
    LRC_TAG,
    SBV_TIMES,
    TABBED,
    TSV_HEAD,
    parse_lrc,
    parse_sbv,
    parse_tabbed,
)
from captions.domain.parsers.markdown_text import parse_markdown
from captions.domain.parsers.paragraph import TimedParagraph, transcript_of_paragraphs
from captions.domain.parsers.plain_text import parse_text
from captions.domain.parsers.srt_file import parse_srt
from captions.domain.parsers.text_heads import timed_heads
from captions.domain.parsers.timed_text import TimedText
from captions.domain.parsers.ttml_file import language_of, parse_ttml
from captions.domain.parsers.vtt_file import read_vtt
from captions.standalone import check_formats, format_of, transcript_writer
from everyword_events import InvalidInput
from everyword_transcripts import Transcript, read_transcript

READABLE: Final = (*FORMATS, "ttml", "sbv", "lrc", "tsv")
MOST_BYTES: Final = 256 * 2**20
"""A larger file is no transcript: the words of a thousand hours take less."""
_CUED: Final = frozenset({"vtt", "srt", "karaoke-vtt", "podcast-json", "ass"})
_CUE_FILES: Final[Mapping[str, Callable[[bytes, str, ImportLog], list[TimedText]]]] = {
    "vtt": read_vtt,
    "karaoke-vtt": read_vtt,
    "srt": parse_srt,
    "ass": parse_ass,
    "ttml": parse_ttml,
    "sbv": parse_sbv,
    "tsv": parse_tabbed,
}
_PROSE: Final[Mapping[str, Callable[[bytes, str, ImportLog], list[TimedParagraph]]]] = {
    "md": parse_markdown,
    "txt": parse_text,
    "lrc": parse_lrc,
}
_TOLD_BY_ENDING: Final = frozenset({"html", "md", "txt", "ass"})
_PAGE_STARTS: Final = ("<!doctype html", "<html", "<cite", "<time")
_TTML: Final = re.compile(r"(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:\w+:)?tt[\s>]", re.DOTALL)
_OTHERS: Final = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a Word document or a zip",
    b"\xd0\xcf\x11\xe0": "a Word document",
    b"{\\rtf": "rich text (RTF)",
    b"850STL": "EBU STL, a binary format",
    b"437STL": "EBU STL, a binary format",
    b"Scenarist_SCC": "SCC, a code for broadcast captions",
}
_OURS: Final = b'{"schema":'
_HEAD_BYTES: Final = 1024
_LINES_LOOKED_AT: Final = 40


@dataclass(frozen=True)
class ReadFile:
    """A file's transcript and format, and what a person must be told of how it was read.

    The transcript carries each warning as a flag, too.
    """

    transcript: Transcript
    format: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Converted:
    """A file in another format, and what a person must be told of how it was read."""

    data: bytes
    warnings: tuple[str, ...] = ()


def read_file(raw: bytes, format_name: str | None = None, *, language: str = "und") -> ReadFile:
    """Read a caption or transcript file; without a format's name, by what is in it.

    Our JSON and WhisperX's come back as they are; the engine of all others is `imported`. Where a
    file says nothing of words, their times are estimated, from those of lines or paragraphs or at
    a usual pace, and marked. `language` (BCP 47) is for the formats that do not name theirs, and
    helps to tell the encoding of old files.

    Raises:
        InvalidInput: not a file of that format, or of none that can be read, or nothing in it can.
    """
    log = ImportLog()
    name = format_name or sniff(raw, language)
    transcript = _read(_checked_size(raw), name, language or "und", log)
    warnings = log.warnings()
    for warned in warnings:
        transcript = transcript.with_flag(warned.flag)
    return ReadFile(transcript, name, tuple(warned.message for warned in warnings))


def read_captions(
    raw: bytes, format_name: str | None = None, *, language: str = "und"
) -> Transcript:
    """Return the transcript of `read_file` alone; its flags say what was noticed."""
    return read_file(raw, format_name, language=language).transcript


def format_by_name(path: Path) -> str | None:
    """Return the format that a file's ending tells, or None where its content tells it better.

    Plain text and Markdown look like any text, so that `sniff` seldom takes a file for them;
    captions and JSON are often found under each other's endings.
    """
    try:
        name = format_of(path)
    except InvalidInput:
        return None
    return name if name in _TOLD_BY_ENDING else None


def format_of_file(path: Path, raw: bytes, language: str = "und") -> str:
    """Return the format of a file by its ending and its content.

    A .vtt without WebVTT's signature is refused as browsers refuse it, unless it is JSON or a page.

    Raises:
        InvalidInput: it looks like none that can be read.
    """
    by_name = format_by_name(path)
    if by_name is not None and not (by_name == "txt" and _is_tabbed(raw, language)):
        return by_name
    found = sniff(raw, language)
    return "vtt" if path.suffix.lower() == ".vtt" and found in {"srt", "txt"} else found


def convert(
    raw: bytes,
    source: str | None,
    target: str,
    settings: CaptionsSettings | None = None,
    *,
    title: str = "",
    language: str = "und",
) -> Converted:
    """Write a caption file again in another format.

    Cues stay as they are, times and lines, unless `settings` asks for them to be cut anew.

    Raises:
        InvalidInput: `raw` cannot be read, or `target` is no format.
    """
    (name,) = check_formats([target])
    source = source or sniff(raw, language)
    if settings is None and name in _CUED and source in _CUE_FILES:
        log = ImportLog()
        cues = captions_of(_CUE_FILES[source](_checked_size(raw), language, log), language, log)
        written = TranscriptWriter(Transcript(language, 0.0), title=title, cues=cues).write(name)
        return Converted(written, tuple(warned.message for warned in log.warnings()))
    read = read_file(raw, source, language=language)
    writer = transcript_writer(read.transcript, settings or CaptionsSettings(), title=title)
    return Converted(writer.write(name), read.warnings)


def sniff(raw: bytes, language: str = "und") -> str:
    """Tell a file's format by what is in it; plain text only where its lines have times.

    Raises:
        InvalidInput: it looks like none of them.
    """
    start = decode_as_found(raw[:_HEAD_BYTES], language).lstrip("\ufeff")
    lowered = start.lstrip().lower()
    if raw.startswith(_OURS):
        return "json"
    _refuse_others(raw)
    if start.startswith("WEBVTT"):
        return "vtt"
    if lowered.startswith("{") or (lowered[:1] == "[" and lowered[1:].lstrip()[:1] == "{"):
        form = _json(raw)
        is_podcast = isinstance(form, Mapping) and is_podcast_json(form)
        return "podcast-json" if is_podcast else "json"
    if lowered.startswith(("[script info]", "[events]")):
        return "ass"
    if _TTML.match(lowered):
        return "ttml"
    return "html" if lowered.startswith(_PAGE_STARTS) else _sniff_lines(raw, language)


def _refuse_others(raw: bytes) -> None:
    """Say what a file is that is no text at all.

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


def _is_tabbed(raw: bytes, language: str) -> bool:
    """Tell a text that is labels: start, end and words with tabs between."""
    head = decode_as_found(raw[:_HEAD_BYTES], language).lstrip("\ufeff \n").partition("\n")[0]
    return bool(TSV_HEAD.fullmatch(head.strip()) or TABBED.fullmatch(head))


def _sniff_lines(raw: bytes, language: str) -> str:
    """Tell what lines of text are: with times at their heads, or with arrows between times."""
    lines = decode_as_found(raw[: 64 * _HEAD_BYTES], language).split("\n")[:_LINES_LOOKED_AT]
    said = [line.strip() for line in lines if line.strip()]
    if said and SBV_TIMES.fullmatch(said[0]):
        return "sbv"
    if _is_tabbed(raw, language):
        return "tsv"
    if said and LRC_TAG.fullmatch(said[0]):
        return "lrc"
    if not any(map(read_time_line, lines)) and timed_heads(lines):
        return "txt"
    if b"->" in raw or b"-\0>\0" in raw or b"\0-\0>" in raw:
        return "srt"
    raise InvalidInput(
        "not a caption file that can be read",
        hint=f"readable are {', '.join(READABLE)}; text is known by its ending, .txt or .md",
        code="captions_invalid",
    )


def _read(raw: bytes, name: str, language: str, log: ImportLog) -> Transcript:
    if name == "ttml" and language == "und":
        language = language_of(raw)
    if name in _CUE_FILES:
        return transcript_of(_CUE_FILES[name](raw, language, log), language, log)
    if name in _PROSE:
        return transcript_of_paragraphs(_PROSE[name](raw, language, log), language)
    if name == "html":
        page = parse_html(raw, language, log)
        return transcript_of_paragraphs(
            page.paragraphs, page.language if language == "und" else language
        )
    if name not in {"json", "podcast-json"}:
        raise InvalidInput(
            f"cannot read {name!r}",
            hint=f"readable are {', '.join(READABLE)}",
            code="format_unknown",
        )
    if raw.startswith(_OURS):
        return read_transcript(raw)
    return transcript_of_json(_json(raw), language, log)


def _json(raw: bytes) -> Any:
    try:
        form = from_json(_as_utf_8(raw), allow_inf_nan=True)
    except ValueError as error:
        raise InvalidInput(f"not JSON: {error}", code="captions_invalid") from error
    if not isinstance(form, Mapping | list):
        raise InvalidInput("not a transcript: no JSON object", code="captions_invalid")
    return form


def _as_utf_8(raw: bytes) -> bytes:
    """Return JSON without a byte order mark, from UTF-16 if it is that."""
    if raw[:1] in b"{[" and raw[1:2] != b"\0":
        return raw
    return decode_as_found(raw).encode()


def _checked_size(raw: bytes) -> bytes:
    if len(raw) > MOST_BYTES:
        raise InvalidInput(
            f"the file has {len(raw) // 2**20} MB, {MOST_BYTES // 2**20} MB are the most",
            hint="is it a transcript?",
            code="captions_too_large",
        )
    return raw


__all__ = [
    "READABLE",
    "Converted",
    "ReadFile",
    "convert",
    "format_by_name",
    "format_of_file",
    "read_captions",
    "read_file",
    "sniff",
]
