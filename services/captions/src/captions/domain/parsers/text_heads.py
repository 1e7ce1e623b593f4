"""Lines of text exports that name a time, a speaker or both: Otter, Rev, Teams, Zoom, whisper.cpp.

`Ada Byron  0:03`, `Ada Byron (00:03):`, `[00:01:09] They leave.`, `[00:00.000 --> 00:04.000] So`,
`Speaker 0    00:00:00    Um`, `[Ada Byron] 00:01:09`, `Ada: [00:03] So`, or a time alone, with a
name in the next line or without.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from captions.domain.parsers.clock import parse_short_clock
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.imported import looks_like_name
from captions.domain.parsers.text_notations import in_usual_form

_TIME: Final = r"\d{1,4}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,6})?"
_UNTIL: Final = rf"(?:[ \t]*(?:-{{1,2}}>|[-\u2013\u2014]|to)[ \t]*(?P<until>{_TIME}))?"
_SPAN: Final = rf"(?P<time>{_TIME}){_UNTIL}"
_FROM_TO: Final = rf"(?P<time>{_TIME})[ \t]*[ \t,][ \t]*(?P<until>{_TIME})"
_NAME: Final = r"(?P<name>[^\W\d_][^\t\n\[\](){}<>:]{0,58}?(?: \([^()\d]{1,30}\))?)"
_IN_PARENTHESES: Final = re.compile(r" \([^()]*\)$")
_HOURS: Final = re.compile(r"[\[(]?\d{1,4}:\d{2}:\d{2}[\])]?")
_REST: Final = r"(?P<rest>.*)"
_LINES: Final = r"(?P<lines>.*)"
"""Players' formats, in which `|` parts a caption's lines."""
_PATTERNS: Final = tuple(
    (re.compile(pattern), strong)
    for pattern, strong in (
        (rf"[\[(<]{_SPAN}[\])>][ \t]*[-\u2013\u2014:|]?[ \t]*{_REST}", True),
        (rf"{_NAME}[ \t]*[\[(]{_SPAN}[\])][ \t]*:?[ \t]*{_REST}", True),
        (rf"{_NAME}:[ \t]*[\[(]{_SPAN}[\])][ \t]*{_REST}", True),
        (rf"\[{_NAME}\][ \t]+{_SPAN}[ \t]*:?{_REST}", True),
        (rf"{_SPAN}[ \t]+\[{_NAME}\]:?{_REST}", True),
        (rf"(?:\d{{1,5}}[ \t]+)?{_FROM_TO}[ \t,]+{_LINES}", True),
        (rf"{_NAME}:[ \t]+{_SPAN}(?P<rest>)", True),
        (rf"{_NAME}(?:[ \t]*[-\u2013\u2014|,\t][ \t]*|[ \t]+){_SPAN}[ \t]*:?(?P<rest>)", True),
        (rf"{_NAME}(?:[ ]{{2,}}|[ ]*\t\s*){_SPAN}(?:[ ]{{2,}}|[ ]*\t\s*){_REST}", True),
        (rf"{_SPAN}(?P<rest>)", True),
        (rf"{_SPAN}(?:[ \t]+[-\u2013\u2014:|]|[ \t])[ \t]*{_REST}", False),
        (rf"(?P<time>\d{{1,2}}:\d{{2}}:\d{{2}})(?P<until>\b)[:=](?=\D){_LINES}", False),
    )
)
_LOOKED_AT: Final = 300
_MOST_WORDS: Final = 6
_IN_ORDER: Final = 0.9
_FOOTER: Final = re.compile(
    r"Transcribed by https?://\S+\Z|(?:Meeting|Transcription) ended after \d"
    r"|This editable transcript was computer generated|.{1,60} (?:started|stopped) transcription\Z",
    re.IGNORECASE,
)


_HOUR_MS: Final = 3_600_000
_QUICKEST_WORD_MS: Final = 200
_SENTENCE_ENDS: Final = (".", "?", "!", "\u2026", "\u3002")


class LineHead(NamedTuple):
    """What the head of a line says; `text` is the rest of the line.

    `named_at` is the line that names the speaker, where that is not the head's own.
    """

    start_ms: int
    end_ms: int | None
    name: str | None
    text: str
    named_at: int | None = None


def timed_heads(lines: Sequence[str]) -> dict[int, LineHead]:
    """Return the heads that lines begin with, by line; none where the text is no such export.

    Believed when the times go on in order, and the first line has one or several have; times with
    nothing around them that begin a line of speech ("10:30 is late") only where most lines do so.
    """
    heads: dict[int, LineHead] = {}
    weak: dict[int, LineHead] = {}
    spoken = [at for at, line in enumerate(lines) if line.strip()]
    for at in spoken:
        found = _head(in_usual_form(lines[at].strip()))
        if found is not None:
            (heads if found[1] else weak)[at] = found[0]
    if len(weak) * 2 > len(spoken) or _only_name(weak, lines):
        heads |= weak
    heads = _with_names({at: heads[at] for at in sorted(heads)})
    heads = _with_next_names(_with_names_above(heads, lines), lines)
    if len(heads) == 1 and not _stands_alone(heads, spoken, lines):
        return {}
    pairs = list(pairwise(head.start_ms for head in heads.values()))
    in_order = sum(a <= b for a, b in pairs)
    return heads if in_order >= _IN_ORDER * len(pairs) else {}


def _only_name(weak: dict[int, LineHead], lines: Sequence[str]) -> bool:
    """Tell whether all that stands behind the times is names, with what they say below."""
    names = Counter(head.text for head in weak.values())
    return len(weak) > 1 and all(
        _is_name(head.text, names) and at + 1 < len(lines) and lines[at + 1] and at + 1 not in weak
        for at, head in weak.items()
    )


def _stands_alone(heads: dict[int, LineHead], spoken: Sequence[int], lines: Sequence[str]) -> bool:
    """Tell whether a text's only head is one: at its top, before something that is said.

    Hours, minutes and seconds on a line of their own are one anywhere.
    """
    ((at, head),) = heads.items()
    first = at == spoken[0] and (head.text != "" or len(spoken) > 1)
    return first or _HOURS.fullmatch(lines[at].strip()) is not None


def _with_next_names(heads: dict[int, LineHead], lines: Sequence[str]) -> dict[int, LineHead]:
    """Give heads without a name the one that stands behind the time, or in the next line.

    Believed where nearly all have one with more text below it, and it is written like a name or
    comes again.
    """
    unnamed = [at for at, head in heads.items() if head.name is None]
    following: dict[int, tuple[int, str]] = {}
    for at in unnamed:
        own = heads[at].text
        down = at + 1
        while not own and down < len(lines) and not lines[down].strip():
            down += 1
        below = [line.strip() for line in lines[down : down + (1 if own else 2)]]
        if all(below) and len(below) == (1 if own else 2) and not {down, down + 1} & set(heads):
            following[at] = (at, own) if own else (down, below[0])
    names = Counter(name for _, name in following.values())
    likely = {at: one for at, one in following.items() if _is_name(one[1], names)}
    if not unnamed or len(likely) < _IN_ORDER * len(unnamed):
        return heads
    read = dict(heads)
    for at, (line, name) in likely.items():
        read[at] = heads[at]._replace(name=name.removesuffix(":"), text="", named_at=line)
    return read


def _with_names_above(heads: dict[int, LineHead], lines: Sequence[str]) -> dict[int, LineHead]:
    """Give times on lines of their own the names that stand above them, as Fireflies writes.

    Believed where all have one, and each has more text before the next one's name.
    """
    found = list(heads.items())
    if not found or any(head.name or head.text for _, head in found):
        return heads
    above = {at: lines[at - 1].strip() if at else "" for at, _ in found}
    names = Counter(above.values())
    told = all(name and _is_name(name, names) for name in above.values())
    texts = [sum(1 for one in lines[a + 1 : b] if one.strip()) for a, b in pairwise(heads)]
    if not told or any(count < 2 for count in texts):  # noqa: PLR2004 - a text and the next name
        return heads
    return {
        at: head._replace(name=above[at].removesuffix(":"), named_at=at - 1) for at, head in found
    }


def times_read_aloud(heads: dict[int, LineHead], lines: Sequence[str]) -> set[int]:
    """Return the lines that only say the time above them once more, as YouTube's pages do.

    "1 minute, 2 seconds" in any language: its numbers are those of the clock.
    """
    found = {
        at + 1
        for at, head in heads.items()
        if not head.text and at + 1 < len(lines) and _says(lines[at + 1], head.start_ms // 1000)
    }
    return found if len(found) > 1 and len(found) >= _IN_ORDER * len(heads) else set()


def _says(line: str, seconds: int) -> bool:
    numbers = [int(number) for number in re.findall(r"\d{1,5}", line)]
    parts = [seconds // 3600, seconds // 60 % 60, seconds % 60]
    return numbers == ([part for part in parts if part] or [0])


def is_footer(line: str) -> bool:
    """Tell whether a line only says which service made the text, or that a meeting ended."""
    return _FOOTER.match(line.strip()) is not None


def from_the_first(heads: dict[int, LineHead], log: ImportLog) -> dict[int, LineHead]:
    """Count times from the first where that is hours late: they are a clock's, as Zoom's may be."""
    first_ms = min((head.start_ms for head in heads.values()), default=0)
    if first_ms < _HOUR_MS or len(heads) == 1:
        return heads
    seconds = first_ms // 1000
    log.note("times_of_day", detail=f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}")
    return {
        at: head._replace(
            start_ms=head.start_ms - first_ms,
            end_ms=None if head.end_ms is None else head.end_ms - first_ms,
        )
        for at, head in heads.items()
    }


def preamble(lines: Sequence[str], heads: dict[int, LineHead]) -> set[int]:
    """Return the lines above the first head that nobody said: a title, a date, who attended.

    They could not have been said in that time, or none of them is a sentence; or "Transcript"
    stands below them.
    """
    if not heads:
        return set()
    first = min(heads)
    named = {head.named_at for head in heads.values()}
    above = [at for at in range(first) if lines[at] and at not in named]
    marked = next((at for at in above if lines[at].casefold() == "transcript"), None)
    if marked is not None:
        return {at for at in above if at <= marked}
    needed_ms = sum(len(lines[at].split()) for at in above) * _QUICKEST_WORD_MS
    sentence = any(lines[at].endswith(_SENTENCE_ENDS) for at in above)
    unsaid = needed_ms > heads[first].start_ms or not sentence
    return set(above) if unsaid else set()


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
        told = found.groupdict()
        text = told.get("rest", (told.get("lines") or "").replace("|", " ")) + line[_LOOKED_AT:]
        return LineHead(start, until, name, text.strip()), strong
    return None


def _with_names(heads: dict[int, LineHead]) -> dict[int, LineHead]:
    """Leave out heads whose name neither looks like one nor comes twice: speech with a time."""
    names = Counter(head.name for head in heads.values() if head.name)
    return {at: head for at, head in heads.items() if not head.name or _is_name(head.name, names)}


def _is_name(text: str, names: Counter[str]) -> bool:
    """Tell whether a text is a name: written like one (`Byron, Ada (Guest)`), or it comes again."""
    bare = _IN_PARENTHESES.sub("", text.removesuffix(":")).replace(", ", " ")
    short = len(text.split()) <= _MOST_WORDS and not text.endswith((".", "?", "!"))
    return short and (names[text] > 1 or looks_like_name(bare))
