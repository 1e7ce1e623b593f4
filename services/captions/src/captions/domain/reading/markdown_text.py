r"""Markdown as we write it: `**Name** [0:05]`, a blank line, and what was said, escaped."""

import re
from typing import Final

from captions.domain.reading.clock import parse_short_clock
from captions.domain.reading.decoding import decode_prose
from captions.domain.reading.monologue import Monologue

_OPENING: Final = re.compile(r"(?:\*\*((?:\\.|[^\\*])+)\*\* )?\[([0-9:.]{4,16})\](?:\s+|\Z)")
_HEADING: Final = re.compile(r"#{1,6}(?:\s|\Z)")
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")


def parse_markdown(raw: bytes) -> list[Monologue]:
    """Read paragraphs, each with the time and speaker before it; headings are left out.

    A paragraph without a time of its own goes on with the one before it.

    Raises:
        InvalidInput: it is no text.
    """
    told: list[Monologue] = []
    speaker: str | None = None
    start_ms: int | None = None
    for block in re.split(r"\n[ \t]*\n", decode_prose(raw)):
        text = " ".join(line.strip() for line in block.split("\n") if not _HEADING.match(line))
        text = text.strip()
        found = _OPENING.match(text)
        if found and (time_ms := parse_short_clock(found[2])) is not None:
            speaker = _plain(found[1]) if found[1] else None
            start_ms = time_ms
            text = text[found.end() :]
        if text:
            told.append(Monologue(_plain(text), speaker, start_ms))
            start_ms = None
    return told


def _plain(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)
