"""Markdown as others write transcripts, brought to the lines of a plain text.

`**Anna:** They leave.`, `## Speaker 1`, `### Anna [00:01:02]`, `[Anna 00:01:02](https://…)`,
lists, quotes, a table: the signs are taken away, headings that name a speaker stay.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from captions.domain.parsers.imported import looks_like_name
from captions.domain.parsers.table_file import is_table

_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_HEADING: Final = re.compile(r"(#{1,6})(?:[ \t]|\Z)")
_BOLD_LINE: Final = re.compile(r"(?:\*\*|__)([^*_]{1,120})(?:\*\*|__):?")
_UNDERLINE: Final = re.compile(r"(?:=+|-{2,})[ \t]*")
_RULE: Final = re.compile(r"(?:[-*_][ \t]*){3,}")
_ITEM: Final = re.compile(r"(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,4}[.)](?=[ \t][*_\[`])))+[ \t]*")
_LINK: Final = re.compile(r"!?\[((?:\\.|[^\[\]\\])*)\]\((?:\\.|[^()\\]|\([^()]*\))*\)")
_STRONG: Final = re.compile(r"(\*\*|__)(?=\S)((?:(?!\1).)+?)(?<=\S)\1")
_EMPHASIS: Final = re.compile(r"(?<![\w*])([*_])(?=[^\s*_])((?:(?!\1).)+?)(?<=[^\s*_])\1(?![\w*])")
_CODE: Final = re.compile(r"(`{1,3})([^`]+)\1")
_TIME: Final = re.compile(r"(?<![\d:])\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?(?![\d:])")
_BARE_TIME: Final = re.compile(rf"[\[(]?{_TIME.pattern}[\])]?")
_BOLD_NAME: Final = re.compile(
    rf"(?P<time>[\[(`]{{0,2}}{_TIME.pattern}[\])`]{{0,2}}[ \t]+)?"
    r"(?:\*\*|__)(?P<name>[^*_:\d]{1,60}?)(?:\*\*|__)[ \t]+(?=[^\s\[(:])"
)
_SPEAKER_LABEL: Final = re.compile(
    r"(?:speaker|sprecher(?:in)?|locuteur|voice)[ _]?\w{1,3}:?", re.IGNORECASE
)
_FEW: Final = 2


class _Heading(NamedTuple):
    """A heading's text without signs, and whether a time stands in it or below it.

    A line in bold is one too, of level 0; it was `said` unless it names who speaks.
    """

    text: str
    timed: bool
    level: int

    @property
    def said(self) -> str:
        """What was said if nobody is named."""
        return "" if self.level else self.text

    @property
    def name(self) -> str:
        """The text without a time."""
        return _TIME.sub("", self.text).strip(" \t[]()-\u2013\u2014,|:").strip()


def plain_lines(text: str) -> list[str]:
    """Return a transcript's lines with nothing of Markdown left in them."""
    lines = _with_bold_names(_with_headings_marked(_without_front_matter(text.split("\n"))))
    headings = _headings(lines)
    speakers = _speakers(list(headings.values()))
    plain: list[str] = []
    after_head = False
    for at, line in enumerate(lines):
        if at in headings:
            kept = _kept(headings[at], speakers)
            plain += ["", *([kept] if kept else [])]
            after_head = bool(kept) and kept != headings[at].said
        elif line.strip() or not after_head:
            plain.append(_plain(line))
            after_head = False
    return plain


def table_of(text: str) -> str | None:
    """Return a table as one with tabs between its cells; None where there is none of times."""
    rows = [line.strip() for line in text.split("\n") if line.strip().startswith("|")]
    if len(rows) <= _FEW or not re.fullmatch(r"[|:\s-]+", rows[1]):
        return None
    cells = [re.split(r"(?<!\\)\|", row.strip("|")) for row in (rows[0], *rows[2:])]
    lines = [
        "\t".join(f'"{_plain(cell).replace(chr(34), chr(34) * 2)}"' for cell in row)
        for row in cells
    ]
    return "\n".join(lines) if is_table(lines[0]) else None


def _without_front_matter(lines: Sequence[str]) -> list[str]:
    """Leave out what a site's generator reads: lines between `---` at the very top."""
    if lines and lines[0].strip() == "---":
        end = next((at for at, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
        return list(lines[end + 1 :])
    return list(lines)


def _with_headings_marked(lines: Sequence[str]) -> list[str]:
    """Write headings that are underlined as others; rules are no text."""
    marked: list[str] = []
    for line in lines:
        if marked and marked[-1].strip() and _UNDERLINE.fullmatch(line):
            marked[-1] = f"## {marked[-1].strip()}"
        else:
            marked.append("" if _RULE.fullmatch(line.strip()) else line)
    return marked


def _with_bold_names(lines: Sequence[str]) -> list[str]:
    """Put a colon behind names in bold, where most of what has text begins so: `**Anna** They`."""
    bare = [_ITEM.sub("", line, count=1) if _ITEM.match(line) else line for line in lines]
    begins = [_BOLD_NAME.match(line) for line in bare]
    paragraphs = sum(
        bool(line.strip()) and not (at and lines[at - 1].strip()) for at, line in enumerate(lines)
    )
    named = [found for found in begins if found and looks_like_name(found["name"])]
    if len(named) < _FEW or len(named) * 2 < paragraphs:
        return list(lines)
    return [
        f"{found['time'] or ''}{found['name']}: {line[found.end() :]}" if found else raw
        for raw, line, found in zip(lines, bare, begins, strict=True)
    ]


def _headings(lines: Sequence[str]) -> dict[int, _Heading]:
    found: dict[int, _Heading] = {}
    for at, line in enumerate(lines):
        heading, bold = _HEADING.match(line.strip()), _BOLD_LINE.fullmatch(line.strip())
        if not heading and not bold:
            continue
        text = _plain(line.strip().strip("#").strip() if heading else line)
        below = next((one.strip() for one in lines[at + 1 : at + 4] if one.strip()), "")
        timed = bool(_TIME.search(text) or _BARE_TIME.fullmatch(_plain(below)))
        found[at] = _Heading(text, timed, len(heading[1]) if heading else 0)
    return found


def _speakers(headings: Sequence[_Heading]) -> set[str]:
    """Tell which headings name who speaks, and not what it is about.

    Those of diarizers do; others where they look like names and some come again, or where there
    are two at the most and all have times.
    """
    names = Counter(one.name for one in headings if looks_like_name(one.name))
    levels = {one.level for one in headings if names[one.name] > 1}
    lines = [one for one in headings if one.timed or (one.level and names[one.name])]
    few = len(lines) <= _FEW and all(one.timed for one in lines)
    return {
        one.name
        for one in headings
        if _SPEAKER_LABEL.fullmatch(one.name)
        or (names[one.name] and one.level in levels)
        or (names[one.name] and one.timed and few)
    }


def _kept(heading: _Heading, speakers: set[str]) -> str:
    """Return the line that stands for a heading: a name, a time, both, or nothing."""
    time = _TIME.search(heading.text)
    named = heading.name in speakers
    if time is None:
        return (heading.name if heading.timed else f"{heading.name}:") if named else heading.said
    return f"{heading.name} [{time[0]}]" if named else heading.said or f"[{time[0]}]"


def _plain(line: str) -> str:
    line = _ITEM.sub("", line, count=1) if _ITEM.match(line) else line
    for pattern, group in ((_LINK, 1), (_CODE, 2), (_STRONG, 2), (_EMPHASIS, 2)):
        line = pattern.sub(rf"\{group}", line)
    return _ESCAPE.sub(r"\1", line).strip()
