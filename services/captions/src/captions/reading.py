"""Caption files of others, read: into a transcript, or straight into another format."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import from_json

from captions.config import CaptionsSettings
from captions.domain.formats import Manuscript
from captions.domain.reading.imported import captions_of, imported, transcript_of
from captions.domain.reading.podcast_json import is_podcast_json, podcast_segments
from captions.domain.reading.srt_file import parse_srt
from captions.domain.reading.timed_text import TimedText
from captions.domain.reading.vtt_file import parse_vtt
from captions.standalone import check_formats, manuscript
from everyword_events import InvalidInput
from everyword_transcripts import Transcript, read_transcript

READABLE: Final = ("vtt", "srt", "podcast-json", "json")
_CUED: Final = frozenset({"vtt", "srt", "karaoke-vtt", "podcast-json", "ass"})


def read_captions(
    raw: bytes, format_name: str | None = None, *, language: str = "und"
) -> Transcript:
    """Read a caption or transcript file; without a format's name, by what is in it.

    WebVTT, SRT and Podcasting 2.0 JSON say nothing of words: their times are estimated and marked,
    and the engine is `imported`. Our JSON and WhisperX's come back as they are. `language`
    (BCP 47) is for the formats that do not name theirs.

    Raises:
        InvalidInput: not a file of that format, or of none that can be read.
    """
    name = format_name or sniff(raw)
    if name in {"vtt", "karaoke-vtt", "srt"}:
        return transcript_of(_timed_text(raw, name), language)
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
    if settings is None and name in _CUED and source in {"vtt", "karaoke-vtt", "srt"}:
        cues = captions_of(_timed_text(raw, source), language)
        return Manuscript(Transcript(language, 0.0), title=title, cues=cues).write(name)
    transcript = read_captions(raw, source, language=language)
    return manuscript(transcript, settings or CaptionsSettings(), title=title).write(name)


def sniff(raw: bytes) -> str:
    """Tell a file's format by its first characters.

    Raises:
        InvalidInput: it looks like none of them.
    """
    head = raw.removeprefix(b"\xef\xbb\xbf")
    if head.startswith(b"WEBVTT"):
        return "vtt"
    if head.lstrip()[:1] == b"{":
        return "podcast-json" if is_podcast_json(_json(raw)) else "json"
    if b"->" in raw or b"-\0>\0" in raw or b"\0-\0>" in raw:
        return "srt"
    raise InvalidInput(
        "not a caption file that can be read",
        hint=f"readable are {', '.join(READABLE)}",
        code="captions_invalid",
    )


def _timed_text(raw: bytes, name: str) -> list[TimedText]:
    return parse_srt(raw) if name == "srt" else parse_vtt(raw)


def _json(raw: bytes) -> Mapping[str, Any]:
    try:
        form = from_json(raw.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise InvalidInput(f"not JSON: {error}", code="captions_invalid") from error
    if not isinstance(form, Mapping):
        raise InvalidInput("not a transcript: no JSON object", code="captions_invalid")
    return form
