"""Podcasting 2.0's own transcript forms: JSON 1.0.0 and HTML."""

from html import escape
from typing import Any, Final

from captions.domain.cues import Captions
from captions.domain.paragraphs import Paragraph
from captions.domain.timestamps import short_clock

JSON_VERSION: Final = "1.0.0"
_STYLE: Final = (
    "body{max-width:42em;margin:2em auto;padding:0 1em;font:1.05em/1.5 system-ui,sans-serif}"
    "cite{font-style:normal;font-weight:600}time{color:#666;font-size:.85em}p{margin:.2em 0 1.2em}"
)


def write_podcast_json(captions: Captions) -> bytes:
    """Write a segment for each cue, or for each speaker of a cue that two share."""
    from pydantic_core import to_json  # noqa: PLC0415 - other formats need not wait for it

    segments: list[dict[str, Any]] = []
    for cue in captions.cues:
        turns = cue.turns()
        begins = [cue.start_ms]
        for _, lines in turns[1:]:
            begins.append(min(max(lines[0].starts_ms[0], begins[-1] + 1), cue.end_ms))
        for at, (speaker, lines) in enumerate(turns):
            segment: dict[str, Any] = {} if speaker is None else {"speaker": speaker}
            segment["startTime"] = begins[at] / 1000
            segment["endTime"] = (begins[at + 1] if at + 1 < len(begins) else cue.end_ms) / 1000
            segment["body"] = captions.separator.join(line.text for line in lines)
            segments.append(segment)
    return to_json({"version": JSON_VERSION, "segments": segments})


def write_html(paragraphs: list[Paragraph], *, title: str, language: str) -> str:
    """Write a page of `cite`, `time` and `p`, which podcast apps read and people can too."""
    head = escape(title or "Transcript")
    lang = "" if language == "und" else f' lang="{escape(language)}"'
    parts = [
        f"<!DOCTYPE html>\n<html{lang}>\n<head>\n",
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n',
        f"<title>{head}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{head}</h1>\n",
    ]
    for paragraph in paragraphs:
        if paragraph.speaker is not None:
            parts.append(f'<cite dir="auto">{escape(paragraph.speaker)}:</cite>\n')
        parts.append(f"<time>{short_clock(paragraph.start_ms)}</time>\n")
        parts.append(f'<p dir="auto">{escape(paragraph.text, quote=False)}</p>\n')
    parts.append("</body>\n</html>\n")
    return "".join(parts)
