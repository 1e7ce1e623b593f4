"""Lines of text exports that name a time, a speaker or both: Otter, Rev, Teams, Zoom, whisper.cpp.

`Ada Byron  0:03`, `Ada Byron (00:03):`, `[00:01:09] They leave.`, `[00:00.000 --> 00:04.000] So`,
`Speaker 0    00:00:00    Um`, `[Ada Byron] 00:01:09`, or a time alone.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from captions.domain.parsers.clock import parse_short_clock
from captions.domain.parsers.imported import looks_like_name

_TIME: Final = r"\d{1,4}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,6})?"
_UNTIL: Final = rf"(?:[ \t]*(?:-{{1,2}}>|[-\u2013\u2014]|to)[ \t]*(?P<until>{_TIME}))?"
_SPAN: Final = rf"(?P<time>{_TIME}){_UNTIL}"
_NAME: Final = r"(?P<name>[^\W\d_][^\t\n\[\](){}<>:]{0,58}?)"
_REST: Final = r"(?P<rest>.*)"
_PATTERNS: Final = tuple(
    (re.compile(pattern), strong)
    for pattern, strong in (
        (rf"[\[(<]{_SPAN}[\])>][ \t]*[-\u2013\u2014:|]?[ \t]*{_REST}", True),
        (rf"{_NAME}[ \t]*[\[(]{_SPAN}[\])][ \t]*:?[ \t]*{_REST}", True),
        (rf"\[{_NAME}\][ \t]+{_SPAN}[ \t]*:?{_REST}", True),
        (rf"{_NAME}(?:[ \t]*[-\u2013\u2014|,\t][ \t]*|[ \t]+){_SPAN}[ \t]*:?(?P<rest>)", True),
        (rf"{_NAME}(?:[ ]{{2,}}|[ ]*\t\s*){_SPAN}(?:[ ]{{2,}}|[ ]*\t\s*){_REST}", True),
        (rf"{_SPAN}(?P<rest>)", True),
        (rf"{_SPAN}(?:[ \t]+[-\u2013\u2014:|]|[ \t])[ \t]*{_REST}", False),
    )
)
_LOOKED_AT: Final = 300
_MOST_WORDS: Final = 6
_IN_ORDER: Final = 0.9
_FOOTER: Final = re.compile(r"Transcribed by https?://\S+", re.IGNORECASE)


class LineHead(NamedTuple):
    """What the head of a line says; `text` is the rest of the line."""

    start_ms: int
    end_ms: int | None
    name: str | None
    text: str


def timed_heads(lines: Sequence[str]) -> dict[int, LineHead]:
    """Return the heads that lines begin with, by line; none where the text is no such export.

    Believed when the times go on in order, and the first line has one or several have; times with
    nothing around them that begin a line of speech ("10:30 is late") only where most lines do so.
    """
    heads: dict[int, LineHead] = {}
    weak: dict[int, LineHead] = {}
    spoken = [at for at, line in enumerate(lines) if line.strip()]
    for at in spoken:
        found = _head(lines[at].strip())
        if found is not None:
            (heads if found[1] else weak)[at] = found[0]
    if len(weak) * 2 > len(spoken):
        heads |= weak
    heads = _with_names({at: heads[at] for at in sorted(heads)})
    if len(heads) == 1 and not _stands_alone(heads, spoken):
        return {}
    pairs = list(pairwise(head.start_ms for head in heads.values()))
    in_order = sum(a <= b for a, b in pairs)
    return heads if in_order >= _IN_ORDER * len(pairs) else {}


def _stands_alone(heads: dict[int, LineHead], spoken: Sequence[int]) -> bool:
    """Tell whether a text's only head is one: at its top, before something that is said."""
    ((at, head),) = heads.items()
    return at == spoken[0] and (head.text != "" or len(spoken) > 1)


def is_footer(line: str) -> bool:
    """Tell whether a line only says which service made the text."""
    return _FOOTER.fullmatch(line.strip()) is not None


def _head(line: str) -> tuple[LineHead, bool] | None:
    """Read a line's head; also return whether it can be nothing else."""
    looked_at = line[:_LOOKED_AT]
    if not any(character.isdigit() for character in looked_at):
        return None
    for pattern, strong in _PATTERNS:
        found = pattern.fullmatch(looked_at)
        if found is None:
            continue
        start = parse_short_clock(found["time"])
        name = (found.groupdict().get("name") or "").strip() or None
        if start is None or (name and len(name.split()) > _MOST_WORDS):
            continue
        until = parse_short_clock(found["until"]) if found["until"] else None
        text = found["rest"] + line[_LOOKED_AT:]
        return LineHead(start, until, name, text.strip()), strong
    return None


def _with_names(heads: dict[int, LineHead]) -> dict[int, LineHead]:
    """Leave out heads whose name neither looks like one nor comes twice: speech with a time."""
    names = Counter(head.name for head in heads.values() if head.name)
    return {
        at: head
        for at, head in heads.items()
        if not head.name or names[head.name] > 1 or looks_like_name(head.name)
    }
