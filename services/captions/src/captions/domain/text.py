"""Plain text and Markdown, for reading and printing."""

import re
from typing import Final

from captions.domain.paragraphs import Paragraph
from captions.domain.timestamps import short_clock

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_BLOCK_START: Final = re.compile(r"^(?:([-+=])|(\d{1,9})([.)]))")


def write_text(paragraphs: list[Paragraph]) -> str:
    """Write paragraphs with a blank line between them, and `Name: ` where the speaker changes."""
    parts = []
    speaking: str | None = None
    for paragraph in paragraphs:
        name = "" if paragraph.speaker in (None, speaking) else f"{paragraph.speaker}: "
        speaking = paragraph.speaker
        parts.append(f"{name}{paragraph.text}\n")
    return "\n".join(parts)


def write_markdown(paragraphs: list[Paragraph], *, title: str) -> str:
    """Write CommonMark: the title, then each paragraph after its time and speaker."""
    parts = [f"# {_plain(title)}\n"] if title else []
    for paragraph in paragraphs:
        who = f"**{_name(paragraph.speaker)}** " if paragraph.speaker else ""
        parts.append(f"{who}[{short_clock(paragraph.start_ms)}]\n\n{_plain(paragraph.text)}\n")
    return "\n".join(parts)


def _name(speaker: str) -> str:
    """Escape a name; a colon at its end would be taken for the one that others write after it."""
    name = _plain(speaker)
    return f"{name[:-1]}\\:" if name.endswith(":") else name


def _plain(text: str) -> str:
    """Escape what CommonMark would take for markup."""
    escaped = _MARKUP.sub(r"\\\1", text)
    return _BLOCK_START.sub(
        lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", escaped
    )
