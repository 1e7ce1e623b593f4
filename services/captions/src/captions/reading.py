"""Transcript and caption files of others, read: into a transcript, or straight into another format.

The one reader of the product: for the command, for imports over HTTP, and for conversion.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from captions.choices import CaptionChoices, OfProfile
from captions.domain.file_formats import FORMATS
from captions.domain.formats import TranscriptWriter
from captions.domain.parsers import sniffing
from captions.domain.parsers.annotation_files import parse_eaf, parse_stm, parse_textgrid
from captions.domain.parsers.ass_file import parse_ass
from captions.domain.parsers.docx_file import parse_docx
from captions.domain.parsers.html_page import parse_html
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.imported import captions_of, transcript_of
from captions.domain.parsers.json_file import parse_json, transcript_of_json
from captions.domain.parsers.line_captions import (
    parse_ctm,
    parse_lrc,
    parse_sbv,
    parse_tabbed,
)
from captions.domain.parsers.markdown_text import parse_markdown
from captions.domain.parsers.old_captions import parse_smi, parse_sub
from captions.domain.parsers.paragraph import TimedParagraph, transcript_of_paragraphs
from captions.domain.parsers.plain_text import parse_text
from captions.domain.parsers.srt_file import parse_srt
from captions.domain.parsers.table_file import parse_table
from captions.domain.parsers.timed_text import TimedText
from captions.domain.parsers.ttml_file import language_of, parse_ttml
from captions.domain.parsers.vtt_file import read_vtt
from captions.domain.parsers.youtube_xml import parse_srv
from captions.standalone import check_formats, format_of, transcript_writer
from everyword_events import InvalidInput
from everyword_transcripts import Transcript, read_transcript
from everyword_transcripts.json_form import OURS

READABLE: Final = (
    *(*FORMATS, "ttml", "sbv", "lrc", "tsv", "csv", "sub", "smi", "srv", "ctm", "docx"),
    *("textgrid", "eaf", "stm"),
)
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
    "csv": parse_table,
    "ctm": parse_ctm,
    "sub": parse_sub,
    "smi": parse_smi,
    "lrc": parse_lrc,
    "srv": parse_srv,
    "textgrid": parse_textgrid,
    "eaf": parse_eaf,
    "stm": parse_stm,
}
_PROSE: Final[Mapping[str, Callable[[bytes, str, ImportLog], list[TimedParagraph]]]] = {
    "md": parse_markdown,
    "txt": parse_text,
    "docx": parse_docx,
}
_TOLD_BY_ENDING: Final = frozenset({"html", "md", "txt", "ass"})


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
    if by_name == "txt":
        return sniffing.under_txt(raw, language) or "txt"
    if by_name is not None:
        return by_name
    found = sniff(raw, language)
    return "vtt" if path.suffix.lower() == ".vtt" and found in {"srt", "txt"} else found


def convert(
    raw: bytes,
    source: str | None,
    target: str,
    settings: CaptionChoices | None = None,
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
    writer = transcript_writer(read.transcript, settings or OfProfile(), title=title)
    return Converted(writer.write(name), read.warnings)


def sniff(raw: bytes, language: str = "und") -> str:
    """Tell a file's format by what is in it; plain text only where its lines have times.

    Raises:
        InvalidInput: it looks like none of them.
    """
    return sniffing.sniff(raw, language, ", ".join(READABLE))


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
    if raw.startswith(OURS):
        return read_transcript(raw)
    return transcript_of_json(parse_json(raw, log), language, log)


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
