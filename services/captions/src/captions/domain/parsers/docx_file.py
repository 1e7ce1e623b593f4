"""The text of a Word document: what Teams, Otter, Trint, Rev and Google Docs export.

Only its paragraphs are read, each a line, and handed on as text is; formatting means nothing.
"""

import re
from io import BytesIO
from typing import Final
from zipfile import BadZipFile, ZipFile
from zlib import error

from captions.domain.parsers.entities import decode_references
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.paragraph import TimedParagraph
from captions.domain.parsers.plain_text import paragraphs_of
from everyword_events import InvalidInput

_ZIP: Final = b"PK\x03\x04"
_DOCUMENT: Final = "word/document.xml"
_MOST_BYTES: Final = 64 * 2**20
_TOKEN: Final = re.compile(
    r"<w:t(?:\s[^<>]*)?>([^<]*)</w:t>|<w:(tab|br|cr)(?:\s[^<>]*)?/>|(</w:p>)"
)


def is_docx(raw: bytes) -> bool:
    """Tell a Word document from other zips."""
    return raw.startswith(_ZIP) and _DOCUMENT.encode() in raw


def parse_docx(
    raw: bytes,
    language: str = "und",  # noqa: ARG001 - XML names its encoding
    log: ImportLog | None = None,
) -> list[TimedParagraph]:
    """Read a document's paragraphs with their speakers and times, as text exports have them.

    Raises:
        InvalidInput: damaged, or larger than any transcript.
    """
    lines: list[str] = []
    line: list[str] = []
    for found in _TOKEN.finditer(_document(raw)):
        if found[3]:
            lines += "".join(line).split("\n")
            line = []
        elif found[2]:
            line.append("\t" if found[2] == "tab" else "\n")
        else:
            line.append(decode_references(found[1]))
    return paragraphs_of(lines, log)


def _document(raw: bytes) -> str:
    try:
        with ZipFile(BytesIO(raw)) as archive, archive.open(_DOCUMENT) as document:
            read = document.read(_MOST_BYTES + 1)
    except (BadZipFile, KeyError, RuntimeError, EOFError, OSError, error) as damage:
        raise _invalid("it is damaged") from damage
    if len(read) > _MOST_BYTES:
        raise _invalid("it is larger than any transcript")
    return read.decode("utf-8", "replace")


def _invalid(why: str) -> InvalidInput:
    return InvalidInput(
        f"this Word document cannot be read: {why}",
        hint="save it as plain text (.txt)",
        code="captions_invalid",
    )
