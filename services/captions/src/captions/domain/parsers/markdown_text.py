r"""Markdown as we write it: `**Name** [0:05]`, a blank line, and what was said, escaped.

That of others is read as the plain text it stands for.
"""

import re
from collections.abc import Sequence
from typing import Final

from captions.domain.parsers.clock import parse_short_clock
from captions.domain.parsers.decoding import decode_prose
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.markdown_of_others import plain_lines, table_of
from captions.domain.parsers.paragraph import TimedParagraph
from captions.domain.parsers.plain_text import paragraphs_of
from captions.domain.parsers.table_file import parse_table

_OPENING: Final = re.compile(r"(?:\*\*((?:\\.|[^\\*])+)\*\* )?\[([0-9:.]{4,16})\](?:\s+|\Z)")
_HEADING: Final = re.compile(r"#{1,6}(?:\s|\Z)")
_NAMED: Final = re.compile(r"\*\*([^*:]{1,60})(?::\*\*|\*\*:)\s+")
"""Descript writes `[00:01:09] **Ada:** They leave.`"""
_COLON: Final = re.compile(r"(?<!\\):$")
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")


def parse_markdown(
    raw: bytes, language: str = "und", log: ImportLog | None = None
) -> list[TimedParagraph]:
    """Read paragraphs, each with the time and speaker before it.

    A paragraph without a time of its own goes on with the one before it. Headings are left out,
    but for those that name who speaks.

    Raises:
        InvalidInput: it is no text.
    """
    text = decode_prose(raw, language, log)
    blocks = re.split(r"\n[ \t]*\n", text)
    if any(_OPENING.match(block.strip()) for block in blocks):
        return _ours(blocks)
    if (table := table_of(text)) is not None:
        return [
            TimedParagraph(cue.text, cue.pieces[0].voice, cue.start_ms, cue.end_ms)
            for cue in parse_table(table.encode(), language, log)
        ]
    return paragraphs_of(plain_lines(text), log)


def _ours(blocks: Sequence[str]) -> list[TimedParagraph]:
    read: list[TimedParagraph] = []
    speaker: str | None = None
    start_ms: int | None = None
    for block in blocks:
        text = " ".join(line.strip() for line in block.split("\n") if not _HEADING.match(line))
        text = text.strip()
        found = _OPENING.match(text)
        if found and (time_ms := parse_short_clock(found[2])) is not None:
            speaker = _plain(_COLON.sub("", found[1])) if found[1] else None
            start_ms = time_ms
            text = text[found.end() :]
            if speaker is None and (named := _NAMED.match(text)):
                speaker, text = _plain(named[1]), text[named.end() :]
        if text:
            read.append(TimedParagraph(_plain(text), speaker, start_ms))
            start_ms = None
    return read


def _plain(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)
