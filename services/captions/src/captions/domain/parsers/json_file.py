"""Transcript JSON of any known maker, brought to the shape of ours and read.

Ours, WhisperX's and OpenAI's are read by `read_transcript` as they are; Podcasting 2.0's has a
module of its own; `json_dialects` knows recognisers' and services'.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.imported import imported
from captions.domain.parsers.json_dialects import in_our_shape
from captions.domain.parsers.language_names import code_of
from captions.domain.parsers.podcast_json import is_podcast_json, podcast_segments
from everyword_transcripts import Transcript, read_transcript

_FLAG: Final = "import_"

__all__ = ["is_podcast_json", "transcript_of_json"]


def transcript_of_json(form: Any, language: str, log: ImportLog) -> Transcript:
    """Read a transcript from parsed JSON; `language` is for files that name none.

    Raises:
        InvalidInput: it is no transcript, or nothing in it can be read.
    """
    if isinstance(form, Mapping) and is_podcast_json(form):
        log.seen += len(form["segments"])
        segments = podcast_segments(form, log)
        return imported(read_transcript({"language": language, "segments": segments}))
    shaped, foreign = in_our_shape(form)
    named = code_of(shaped.get("language")) or language
    if named != shaped.get("language"):
        shaped = {**shaped, "language": named}
    return _noted(_imported(read_transcript(shaped)) if foreign else read_transcript(shaped), log)


def _imported(transcript: Transcript) -> Transcript:
    """Mark a transcript as imported unless it names its engine."""
    if transcript.engine.name != "unknown":
        return replace(imported(transcript), engine=transcript.engine)
    return imported(transcript)


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
