"""Caption files of others, read: into a transcript, or straight into another format."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic_core import from_json

from captions.config import CaptionsSettings
from captions.domain.formats import FORMATS, TranscriptWriter
from captions.domain.parsers.ass_file import parse_ass
from captions.domain.parsers.decoding import decode_as_found
from captions.domain.parsers.html_page import parse_html
from captions.domain.parsers.imported import captions_of, imported, transcript_of
from captions.domain.parsers.markdown_text import parse_markdown
from captions.domain.parsers.paragraph import TimedParagraph, transcript_of_paragraphs
from captions.domain.parsers.plain_text import parse_text
from captions.domain.parsers.podcast_json import is_podcast_json, podcast_segments
from captions.domain.parsers.srt_file import parse_srt
from captions.domain.parsers.timed_text import TimedText
from captions.domain.parsers.vtt_file import parse_vtt
from captions.standalone import check_formats, format_of, transcript_writer
from everyword_events import InvalidInput
from everyword_transcripts import Transcript, read_transcript

READABLE: Final = tuple(FORMATS)
_CUED: Final = frozenset({"vtt", "srt", "karaoke-vtt", "podcast-json", "ass"})
_CUE_FILES: Final[Mapping[str, Callable[[bytes], list[TimedText]]]] = {
    "vtt": parse_vtt,
    "karaoke-vtt": parse_vtt,
    "srt": parse_srt,
    "ass": parse_ass,
}
_PROSE: Final[Mapping[str, Callable[[bytes], list[TimedParagraph]]]] = {
    "md": parse_markdown,
    "txt": parse_text,
}
_TOLD_BY_ENDING: Final = frozenset({"html", "md", "txt", "ass"})
_PAGE_STARTS: Final = ("<!doctype html", "<html", "<cite", "<time")
_HEAD_BYTES: Final = 1024


def read_captions(
    raw: bytes, format_name: str | None = None, *, language: str = "und"
) -> Transcript:
    """Read a caption or transcript file; without a format's name, by what is in it.

    Our JSON and WhisperX's come back as they are; the engine of all others is `imported`. Where a
    file says nothing of words, their times are estimated, from those of lines or paragraphs or at
    a usual pace, and marked. `language` (BCP 47) is for the formats that do not name theirs.

    Raises:
        InvalidInput: not a file of that format, or of none that can be read.
    """
    name = format_name or sniff(raw)
    if name in _CUE_FILES:
        return transcript_of(_CUE_FILES[name](raw), language)
    if name in _PROSE:
        return transcript_of_paragraphs(_PROSE[name](raw), language)
    if name == "html":
        page = parse_html(raw)
        return transcript_of_paragraphs(
            page.paragraphs, page.language if language == "und" else language
        )
    if name not in {"json", "podcast-json"}:
        raise InvalidInput(
            f"cannot read {name!r}",
            hint=f"readable are {', '.join(READABLE)}",
            code="format_unknown",
        )
    form = _json(raw)
    if is_podcast_json(form):
        segments = podcast_segments(form)
        return imported(read_transcript({"language": language, "segments": segments}))
    return read_transcript(form)


def format_by_name(path: Path) -> str | None:
    """Return the format that a file's ending tells, or None where its content tells it better.

    Plain text and Markdown look like any text, so that `sniff` never takes a file for them;
    captions and JSON are often found under each other's endings.
    """
    try:
        name = format_of(path)
    except InvalidInput:
        return None
    return name if name in _TOLD_BY_ENDING else None


def convert(
    raw: bytes,
    source: str | None,
    target: str,
    settings: CaptionsSettings | None = None,
    *,
    title: str = "",
    language: str = "und",
) -> bytes:
    """Write a caption file again in another format.

    Cues stay as they are, times and lines, unless `settings` asks for them to be cut anew.

    Raises:
        InvalidInput: `raw` cannot be read, or `target` is no format.
    """
    (name,) = check_formats([target])
    source = source or sniff(raw)
    if settings is None and name in _CUED and source in _CUE_FILES:
        cues = captions_of(_CUE_FILES[source](raw), language)
        return TranscriptWriter(Transcript(language, 0.0), title=title, cues=cues).write(name)
    transcript = read_captions(raw, source, language=language)
    return transcript_writer(transcript, settings or CaptionsSettings(), title=title).write(name)


def sniff(raw: bytes) -> str:
    """Tell a file's format by its first characters; never plain text or Markdown.

    Raises:
        InvalidInput: it looks like none of them.
    """
    start = decode_as_found(raw[:_HEAD_BYTES])
    if start.startswith("WEBVTT"):
        return "vtt"
    start = start.lstrip().lower()
    if start.startswith("{"):
        return "podcast-json" if is_podcast_json(_json(raw)) else "json"
    if start.startswith("[script info]"):
        return "ass"
    if start.startswith(_PAGE_STARTS):
        return "html"
    if b"->" in raw or b"-\0>\0" in raw or b"\0-\0>" in raw:
        return "srt"
    raise InvalidInput(
        "not a caption file that can be read",
        hint=f"readable are {', '.join(READABLE)}; text is known by its ending, .txt or .md",
        code="captions_invalid",
    )


def _json(raw: bytes) -> Mapping[str, Any]:
    try:
        form = from_json(raw.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise InvalidInput(f"not JSON: {error}", code="captions_invalid") from error
    if not isinstance(form, Mapping):
        raise InvalidInput("not a transcript: no JSON object", code="captions_invalid")
    return form
