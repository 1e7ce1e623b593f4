"""Plain text in paragraphs, `Name: ` where the speaker changes; it tells no times."""

import re
from collections import Counter
from typing import Final

from captions.domain.parsers.decoding import decode_prose
from captions.domain.parsers.imported import looks_like_name
from captions.domain.parsers.paragraph import TimedParagraph

_HEAD: Final = re.compile(r"([^\s:][^:\n]{0,59}):(?:[ \t]+|\Z)")
_MOST_WORDS: Final = 6


def parse_text(raw: bytes) -> list[TimedParagraph]:
    """Read a text's paragraphs, each said by whoever was named last.

    A paragraph ends at a blank line, or where the next line names a speaker. A name looks like
    one, or begins several lines; names are believed when the first line has one, or several do.

    Raises:
        InvalidInput: it is no text.
    """
    lines = [line.strip() for line in decode_prose(raw).split("\n")]
    heads = [_head(line) for line in lines]
    names = _names(
        [found[1] if found else None for line, found in zip(lines, heads, strict=True) if line]
    )
    speaker: str | None = None
    read: list[tuple[str | None, list[str]]] = []
    goes_on = False
    for line, found in zip(lines, heads, strict=True):
        text = line
        if found and found[1] in names:
            speaker, text, goes_on = found[1], line[found.end() :], False
        if not goes_on:
            read.append((speaker, []))
        read[-1][1].append(text)
        goes_on = bool(line)
    return [TimedParagraph(" ".join(texts), who) for who, texts in read if any(texts)]


def _names(heads: list[str | None]) -> set[str]:
    """Tell which of the lines' beginnings are speakers."""
    counts = Counter(head for head in heads if head)
    names = {name for name, count in counts.items() if count > 1 or looks_like_name(name)}
    if (heads and heads[0] in names) or sum(counts[name] for name in names) > 1:
        return names
    return set()


def _head(line: str) -> re.Match[str] | None:
    found = _HEAD.match(line)
    return found if found and len(found[1].split()) <= _MOST_WORDS else None
