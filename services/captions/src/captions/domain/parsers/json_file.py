"""Transcript JSON of any known maker, brought to the shape of ours and read.

Ours, WhisperX's and OpenAI's are read by `read_transcript` as they are; Podcasting 2.0's has a
module of its own; `json_dialects` knows recognisers' and services'.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from pydantic_core import from_json

from captions.domain.parsers.decoding import decode_as_found
from captions.domain.parsers.html_page import parse_html
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.imported import imported
from captions.domain.parsers.json_dialects import in_our_shape
from captions.domain.parsers.json_found import text_alone, timed_page
from captions.domain.parsers.language_names import code_of
from captions.domain.parsers.paragraph import TimedParagraph, transcript_of_paragraphs
from captions.domain.parsers.podcast_json import is_podcast_json, podcast_segments
from everyword_events import InvalidInput
from everyword_transcripts import Segment, Transcript, read_transcript

_FLAG: Final = "import_"
_HALVES: Final = re.compile(
    rb"(?<!\\)\\u(?:[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|"
    rb"(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u)[dD][c-fC-F][0-9a-fA-F]{2})"
)
_GAP: Final = re.compile(r"[\s,\x1e]*")

__all__ = ["is_podcast_json", "parse_json", "transcript_of_json"]


def parse_json(raw: bytes, log: ImportLog | None = None) -> Any:
    r"""Parse a document; several on end, as in JSON lines, are a list of them.

    Halves of a sign that was cut (`\ud83d` alone) are damage.

    Raises:
        InvalidInput: not JSON, or neither an object nor a list.
    """
    text = _HALVES.sub(rb"\\ufffd", _as_utf_8(raw, log))
    try:
        form = from_json(text, allow_inf_nan=True)
    except ValueError as error:
        form = _several(text.decode("utf-8", "replace"))
        if form is None:
            raise InvalidInput(f"not JSON: {error}", code="captions_invalid") from error
    if not isinstance(form, Mapping | list):
        raise InvalidInput("not a transcript: no JSON object", code="captions_invalid")
    return form


def _several(text: str) -> list[Any] | None:
    """Return documents that stand one after the other; None where they do not."""
    decoder = json.JSONDecoder()
    found: list[Any] = []
    at = 0
    try:
        while at < len(text):
            one, at = decoder.raw_decode(text, at)
            found.append(one)
            gap = _GAP.match(text, at)
            at = gap.end() if gap else at
    except (ValueError, RecursionError):
        return None
    return found if len(found) > 1 and all(isinstance(one, Mapping) for one in found) else None


def _as_utf_8(raw: bytes, log: ImportLog | None) -> bytes:
    """Return JSON as UTF-8 without a byte order mark, whatever it is in.

    Bytes that are broken are damage: whisper.cpp's tokens hold parts of letters.
    """
    if raw[:1] in b"{[" and raw[1:2] != b"\0":
        text = raw.decode(errors="replace")
        if "\ufffd" not in text:
            return raw
        if any(character > "\x7f" and character != "\ufffd" for character in text):
            return text.encode()
    return decode_as_found(raw, log=log).encode()


def transcript_of_json(form: Any, language: str, log: ImportLog) -> Transcript:
    """Read a transcript from parsed JSON; `language` is for files that name none.

    Raises:
        InvalidInput: it is no transcript, or nothing in it can be read.
    """
    if isinstance(form, Mapping) and is_podcast_json(form):
        log.seen += len(form["segments"])
        segments = podcast_segments(form, log)
        return imported(read_transcript({"language": language, "segments": segments}))
    if page := timed_page(form):
        return transcript_of_paragraphs(parse_html(page, language, log).paragraphs, language)
    shaped, foreign = in_our_shape(form)
    named = code_of(shaped.get("language")) or language
    if named != shaped.get("language"):
        shaped = {**shaped, "language": named}
    text = text_alone(form)
    if text and not (shaped.get("segments") or shaped.get("words")):
        log.note("no_times")
        return transcript_of_paragraphs([TimedParagraph(text)], named)
    return _noted(_imported(read_transcript(shaped)) if foreign else read_transcript(shaped), log)


def _imported(transcript: Transcript) -> Transcript:
    """Mark a transcript as imported unless it names its engine; cut it where the speaker changes.

    Some services have one segment for all that is said, and speakers at its words alone.
    """
    if any(len({word.speaker for word in one.words}) > 1 for one in transcript.segments):
        turns = [turn for one in transcript.segments for turn in _turns(one, transcript.language)]
        transcript = replace(transcript, segments=tuple(turns))
    if transcript.engine.name != "unknown":
        return replace(imported(transcript), engine=transcript.engine)
    return imported(transcript)


def _turns(segment: Segment, language: str) -> Iterator[Segment]:
    for speaker, words in groupby(segment.words, lambda word: word.speaker):
        yield Segment.of(tuple(words), speaker=speaker, language=language)


def _noted(transcript: Transcript, log: ImportLog) -> Transcript:
    """Move what the reader noticed from the transcript's flags to the log, which tells people."""
    kept: list[str] = []
    log.seen += len(transcript.segments)
    for flag in transcript.flags:
        code, _, detail = flag.removeprefix(_FLAG).partition(":")
        if not flag.startswith(_FLAG) or not log.knows(code):
            kept.append(flag)
        elif detail.isdecimal():
            log.note(code, count=int(detail))
        else:
            log.note(code, detail=detail)
    return replace(transcript, flags=tuple(kept))
