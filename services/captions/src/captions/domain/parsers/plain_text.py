"""Plain text as we write it, `Name: ` where the speaker changes; and text exports with times."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from captions.domain.parsers.decoding import decode_prose
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.imported import looks_like_name, with_colon
from captions.domain.parsers.paragraph import TimedParagraph
from captions.domain.parsers.text_heads import (
    LineHead,
    from_the_first,
    is_footer,
    preamble,
    timed_heads,
    times_read_aloud,
)
from captions.domain.parsers.text_notations import with_times_in_front

_HEAD: Final = re.compile(r"([^\s:][^:\n]{0,59}):(?:[ \t]+|\Z)")
_TIMED: Final = re.compile(r"[^:]{1,60}: ?[\[(]\d{2}:\d{2}:\d{2}")
_WIDE: Final = re.compile("([^\\s:\uff1a]{1,30}(?: [^\\s:\uff1a]{1,30}){0,3})\uff1a\\s*")
_TIME_BELOW: Final = re.compile(r"[^:]{1,60}:\s+\d{1,2}(?::\d{2}){1,2}(?:\s|\Z)")
_MOST_WORDS: Final = 6


def parse_text(
    raw: bytes, language: str = "und", log: ImportLog | None = None
) -> list[TimedParagraph]:
    """Read a text's paragraphs, each said by whoever was named last, from when a head tells.

    A paragraph ends at a blank line, or where the next line names a speaker or a time. A name looks
    like one, or begins several lines; names are believed when the first line has one, or several
    do. For times see `timed_heads`.

    Raises:
        InvalidInput: it is no text.
    """
    return paragraphs_of(decode_prose(raw, language, log).split("\n"), log)


def _with_usual_colons(lines: list[str]) -> list[str]:
    """Write names before colons of full width as others are, where most lines have one."""
    found = [_WIDE.match(line) for line in lines]
    named = sum(one is not None for one in found)
    if named < 2 or named * 2 <= sum(map(bool, lines)):  # noqa: PLR2004 - one is no rule
        return lines
    return [
        f"{one[1]}: {line[one.end() :]}" if one else line
        for one, line in zip(found, lines, strict=True)
    ]


def _is_ours(lines: Sequence[str]) -> bool:
    """Tell whether a text begins with a name as ours do, and no time follows it or names later."""
    head = " ".join([line for line in lines if line][:2])
    first = _head(head)
    if first is None or not looks_like_name(first[1]) or _TIMED.match(head):
        return False
    heads = timed_heads(lines)
    named = [at for at, one in heads.items() if one.name is not None and one.named_at is None]
    if sum(_head(lines[at]) is None for at in named) > 1:
        return False
    return _TIME_BELOW.match(head) is None or len(heads) < 2  # noqa: PLR2004


class _Open(NamedTuple):
    """A paragraph that is being gathered."""

    speaker: str | None
    start_ms: int | None
    end_ms: int | None
    texts: list[str]


def paragraphs_of(raw_lines: Sequence[str], log: ImportLog | None = None) -> list[TimedParagraph]:
    """Gather lines into paragraphs with their speakers and times.

    What stands above the first time and cannot have been said before it (a title, a date, who
    attended) is left out, and told.
    """
    log = log or ImportLog()
    lines = _with_usual_colons([line.strip() for line in raw_lines])
    lines = with_times_in_front(lines)
    timed = {} if _is_ours(lines) else timed_heads(lines)
    timed = from_the_first(timed, log)
    above = preamble(lines, timed)
    for at in sorted(above):
        log.note("text_outside", at + 1)
    drop = {head.named_at for head in timed.values()} | above | times_read_aloud(timed, lines)
    lines = [
        timed[at].text if at in timed else "" if at in drop else line
        for at, line in enumerate(lines)
    ]
    lines = [with_colon(line) for line in lines]
    heads = [_head(line) for line in lines]
    names = _names(
        [found[1] if found else None for line, found in zip(lines, heads, strict=True) if line]
    )
    named = any(head.name for head in timed.values())
    speaker: str | None = None
    gathered: list[_Open] = []
    goes_on = False
    for at, (line, found) in enumerate(zip(lines, heads, strict=True)):
        text = line
        head: LineHead | None = timed.get(at)
        if head is not None:
            speaker, goes_on = head.name or (speaker if named else None), False
        elif is_footer(line):
            continue
        if found and found[1] in names:
            speaker, text, goes_on = found[1], line[found.end() :], False
        if not goes_on:
            start, end = (head.start_ms, head.end_ms) if head else (None, None)
            gathered.append(_Open(speaker, start, end, []))
        gathered[-1].texts.append(text)
        goes_on = bool(line) or head is not None
    return list(_closed(gathered))


def _closed(gathered: Sequence[_Open]) -> list[TimedParagraph]:
    """Return the paragraphs that say something; a head's time goes to the first text after it."""
    paragraphs: list[TimedParagraph] = []
    start_ms: int | None = None
    end_ms: int | None = None
    for one in gathered:
        if one.start_ms is not None:
            start_ms, end_ms = one.start_ms, one.end_ms
        if any(one.texts):
            text = " ".join(text for text in one.texts if text)
            paragraphs.append(TimedParagraph(text, one.speaker, start_ms, end_ms))
            start_ms = end_ms = None
    return paragraphs


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
