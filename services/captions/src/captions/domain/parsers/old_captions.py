"""Caption files of older players: MicroDVD, MPL2 and SubViewer (all .sub or .txt), and SAMI (.smi).

https://web.archive.org/web/2002/http://napiprojekt.pl and Microsoft's "Understanding SAMI 1.0" say
how they look: `{25}{75}Text|second line`, `[10][30]Text`, a line of two times, `<SYNC Start=1000>`.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from captions.domain.parsers.decoding import decode_lines
from captions.domain.parsers.entities import decode_references
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.line_captions import SBV_TIMES, parse_sbv
from captions.domain.parsers.timed_text import Piece, TimedText
from everyword_events import InvalidInput
from everyword_transcripts.timing import TYPICAL_WORD_S

SUB_LINE: Final = re.compile(r"\{\d{1,9}\}\{\d{0,9}\}|\[\d{1,9}\]\[\d{0,9}\]")
SUBVIEWER_HEAD: Final = re.compile(r"\[(?:INFORMATION|TITLE|BEGIN|SUBTITLE)\]", re.IGNORECASE)
_FRAMES: Final = re.compile(r"\{(\d{1,9})\}\{(\d{0,9})\}(.*)")
_TENTHS: Final = re.compile(r"\[(\d{1,9})\]\[(\d{0,9})\](.*)")
_LOOKS: Final = re.compile(r"\{[a-zA-Z]:[^{}]*\}|(?:(?<=\|)|\A)\s*/")
_USUAL_RATE: Final = 23.976
_NO_RATE: Final = 5.0
_SYNC: Final = re.compile(r"<sync\b[^<>]*\bstart\s*=\s*[\"']?(\d{1,12})[^<>]*>", re.IGNORECASE)
_MARKUP: Final = re.compile(r"<!--.*?-->|<[^<>]*>", re.DOTALL)
_BREAK: Final = re.compile(r"<br\b[^<>]*>|</?p\b[^<>]*>", re.IGNORECASE)
_PARAGRAPH: Final = re.compile(r"(?=<p\b)", re.IGNORECASE)
_CLASS: Final = re.compile(r"<p\b[^<>]*\bclass\s*=\s*[\"']?([\w-]{1,40})", re.IGNORECASE)


def parse_sub(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:
    """Read MicroDVD's frames, MPL2's tenths of a second or SubViewer's times.

    MicroDVD may name its frame rate in the first line; where it does not, the film's usual one is
    taken, and told.

    Raises:
        InvalidInput: it is none of them.
    """
    log = log or ImportLog()
    lines = [line.strip() for line in decode_lines(raw, language, log).split("\n")]
    first = next((line for line in lines if line), "")
    if _FRAMES.match(first):
        rate = _rate(first)
        if rate is None:
            log.note("frame_rate", detail=str(_USUAL_RATE))
        each = rate or _USUAL_RATE
        return _lines(lines[rate is not None :], _FRAMES, lambda n: round(n * 1000 / each), log)
    if _TENTHS.match(first):
        return _lines(lines, _TENTHS, lambda n: n * 100, log)
    if any(map(SBV_TIMES.fullmatch, lines)):
        return parse_sbv(raw, language, log)
    raise InvalidInput(
        "not MicroDVD, MPL2 or SubViewer: no line like {25}{75}text",
        hint="export SRT or WebVTT; subtitles that are pictures (VobSub) cannot be read",
        code="captions_invalid",
    )


def _rate(first: str) -> float | None:
    found = _FRAMES.fullmatch(first)
    try:
        rate = float(found[3].replace(",", ".")) if found and int(found[1]) <= 1 else 0.0
    except ValueError:
        return None
    return rate if rate > _NO_RATE else None


def _lines(
    lines: list[str], pattern: re.Pattern[str], in_ms: Callable[[int], int], log: ImportLog
) -> list[TimedText]:
    cues = []
    for number, line in enumerate(lines, 1):
        found = pattern.fullmatch(line)
        if found is None:
            if line:
                log.note("lines_skipped", number)
            continue
        start = in_ms(int(found[1]))
        end = in_ms(int(found[2])) if found[2] else start
        text = _LOOKS.sub("", found[3]).replace("|", "\n")
        cues.append(TimedText(start, end, (Piece(text),), "", text))
    log.seen += len(cues)
    return cues


def parse_smi(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:
    """Read SAMI: each SYNC lasts until the next one; of several languages the first is read.

    Raises:
        InvalidInput: there is no SYNC with a start.
    """
    log = log or ImportLog()
    text = decode_lines(raw, language, log)
    marks = list(_SYNC.finditer(text))
    if not marks:
        raise InvalidInput(
            "not SAMI: no <SYNC Start=1000> is in it",
            hint="is it another format?",
            code="captions_invalid",
        )
    stops = [*(mark.start() for mark in marks[1:]), len(text)]
    blocks = [
        (int(mark[1]), text[mark.end() : stop]) for mark, stop in zip(marks, stops, strict=True)
    ]
    first = next((found[1] for _, block in blocks if (found := _CLASS.search(block))), None)
    blocks = [(start, said) for start, block in blocks for said in _of_class(block, first)]
    cues = []
    lasting_ms = 2 * round(TYPICAL_WORD_S * 1000) * len(blocks[-1][1].split()) if blocks else 0
    for (start, block), (end, _) in pairwise([*blocks, (blocks[-1][0] + lasting_ms, "")]):
        said = decode_references(_MARKUP.sub("", _BREAK.sub("\n", block)))
        said = "\n".join(line for line in said.replace("\xa0", " ").split("\n") if line.strip())
        if said:
            cues.append(TimedText(start, end, (Piece(said),), "", said))
    log.seen += len(cues)
    return cues


def _of_class(block: str, wanted: str | None) -> Iterator[str]:
    """Yield what a block says in the wanted language; each paragraph names its own."""
    parts = _PARAGRAPH.split(block)
    kept = [part for part in parts if (found := _CLASS.match(part)) is None or found[1] == wanted]
    if kept and (len(kept) == len(parts) or any(part.strip() for part in kept)):
        yield "".join(kept)
