"""Plain caption files: YouTube's SBV, Whisper's TSV, Audacity's labels, LRC, Kaldi's CTM."""

import re
from typing import Final, NamedTuple

from captions.domain.parsers.clock import parse_short_clock
from captions.domain.parsers.decoding import decode_lines
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.timed_text import Piece, TimedText
from everyword_events import InvalidInput
from everyword_transcripts.timing import TYPICAL_WORD_S

_CLOCK: Final = r"\d{1,4}:\d{1,2}:\d{1,2}(?:\.\d{1,3})?"
SBV_TIMES: Final = re.compile(rf"\s*({_CLOCK}),({_CLOCK})\s*")
_NUMBER: Final = r"\d{1,9}(?:[.,]\d{1,9})?"
TABBED: Final = re.compile(rf"({_NUMBER})\t({_NUMBER})\t(.*)")
TSV_HEAD: Final = re.compile(r"start\tend\t(?:speaker\t)?text", re.IGNORECASE)
LRC_TAG: Final = re.compile(
    r"\[(?:ti|ar|al|au|by|re|ve|la|tool|offset|length|#) ?:(.*)\]", re.IGNORECASE
)
CTM: Final = re.compile(
    rf"\S+ (?:\S+) ({_NUMBER}) ({_NUMBER}) (\S*[^\W\d_]\S*)(?: (?:NA|-?{_NUMBER}))?(?: \S+){{0,2}}"
)
_PAUSE_MS: Final = 1000
_TYPICAL_MS: Final = round(TYPICAL_WORD_S * 1000)
_MOST_WORDS: Final = 12
_LRC_TIME: Final = re.compile(r"\[(\d{1,4}:\d{1,2}(?:[.:]\d{1,3})?)\]")
_LRC_WORD: Final = re.compile(r"<\d{1,4}:\d{1,2}(?:[.:]\d{1,3})?>")
_OFFSET: Final = re.compile(r"\[offset ?: ?([+-]?\d{1,7})\]", re.IGNORECASE)


def parse_sbv(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:
    """Read SBV: a line of two times with a comma between, lines of text, a blank line.

    Raises:
        InvalidInput: there is no such line of times.
    """
    log = log or ImportLog()
    lines = decode_lines(raw, language, log).split("\n")
    marks = [(at, found) for at, line in enumerate(lines) if (found := SBV_TIMES.fullmatch(line))]
    if not marks:
        raise _nothing("SBV", "0:00:01.000,0:00:02.500")
    log.seen += len(marks)
    cues = []
    for (at, found), stop in zip(marks, [*(at for at, _ in marks[1:]), len(lines)], strict=True):
        start, end = parse_short_clock(found[1]), parse_short_clock(found[2])
        text = "\n".join(line for line in lines[at + 1 : stop] if line.strip())
        if start is None or end is None:
            log.note("blocks_skipped", at + 1)
            continue
        cues.append(TimedText(start, end, (Piece(text.replace("[br]", "\n")),), "", text))
    return cues


def parse_tabbed(
    raw: bytes, language: str = "und", log: ImportLog | None = None
) -> list[TimedText]:
    """Read lines of start, end and text with tabs between.

    Whisper's own have a head and whole milliseconds, Audacity's labels have seconds.

    Raises:
        InvalidInput: there is no such line.
    """
    log = log or ImportLog()
    lines = decode_lines(raw, language, log).split("\n")
    head = next((line for line in lines if line.strip()), "")
    unit_ms = 1 if TSV_HEAD.fullmatch(head.strip()) else 1000
    speakers = "speaker" in head.lower() and unit_ms == 1
    cues = []
    for at, line in enumerate(lines, 1):
        found = TABBED.fullmatch(line)
        if found is None:
            # Audacity puts the frequencies of a label on a line of their own.
            if line.strip() and line is not head and not line.startswith("\\"):
                log.note("lines_skipped", at)
            continue
        voice, _, text = found[3].partition("\t") if speakers else ("", "", found[3])
        start, end = (round(float(one.replace(",", ".")) * unit_ms) for one in found.groups()[:2])
        cues.append(TimedText(start, end, (Piece(text, voice or None),), "", text))
    if not cues:
        raise _nothing("labels with tabs between", "1.000000 2.500000 text")
    log.seen += len(cues)
    return cues


def parse_lrc(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:
    """Read LRC: `[01:02.30] text`; a line of several times is said at each, tags are not spoken.

    A line lasts until the next, or as long as it takes to say; words may have times of their own
    (`<01:02.30>word`), and those of a line said again are as far from its beginning.

    Raises:
        InvalidInput: no line has a time.
    """
    log = log or ImportLog()
    text = decode_lines(raw, language, log)
    offset = _OFFSET.search(text)
    earlier_ms = int(offset[1]) if offset else 0
    said: list[_Line] = []
    for at, line in enumerate(text.split("\n"), 1):
        rest = line.strip()
        times = []
        while found := _LRC_TIME.match(rest):
            times.append(parse_short_clock(_dotted(found[1])))
            rest = rest[found.end() :].lstrip()
        if rest and not times and not LRC_TAG.fullmatch(rest):
            log.note("lines_skipped", at)
        begins = [ms for ms in times if ms is not None]
        pieces = _lrc_pieces(rest, begins[0]) if begins else []
        said += [_Line(max(0, ms - earlier_ms), pieces) for ms in begins]
    if not said:
        raise _nothing("LRC", "[01:02.30] text")
    said.sort(key=lambda one: one.start_ms)
    log.seen += len(said)
    starts = [*(one.start_ms for one in said[1:]), None]
    lines = [one.cue(after) for one, after in zip(said, starts, strict=True)]
    return [cue for cue in lines if cue.text.strip()]


class _Line(NamedTuple):
    """A line of LRC: when it begins, and its pieces with the time from there, if they have one."""

    start_ms: int
    pieces: list[tuple[str, int | None]]

    def cue(self, after: int | None) -> TimedText:
        """Return the line as a caption that ends where the next begins, or is said by then."""
        count = sum(len(text.split()) for text, _ in self.pieces)
        latest = max((ms for _, ms in self.pieces if ms is not None), default=0)
        end = self.start_ms + max(count * _TYPICAL_MS, latest + _TYPICAL_MS)
        end = end if after is None or after <= self.start_ms else min(end, after)
        pieces = [
            Piece(text, None, None if ms is None else self.start_ms + ms)
            for text, ms in self.pieces
        ]
        return TimedText(self.start_ms, end, tuple(pieces))


def _lrc_pieces(text: str, begins: int) -> list[tuple[str, int | None]]:
    """Cut a line at the times inside it; each is told from the line's beginning."""
    pieces: list[tuple[str, int | None]] = []
    ms: int | None = None
    at = 0
    for found in _LRC_WORD.finditer(text):
        pieces.append((text[at : found.start()], ms))
        clock = parse_short_clock(_dotted(found[0][1:-1]))
        ms = None if clock is None else max(0, clock - begins)
        at = found.end()
    return [
        (f"{' '.join(said.split())} ", ms)
        for said, ms in [*pieces, (text[at:], ms)]
        if said.strip()
    ]


def parse_ctm(raw: bytes, language: str = "und", log: ImportLog | None = None) -> list[TimedText]:
    """Read CTM, a line for each word: recording, channel, start, duration, word, confidence.

    A caption is what is said without a pause, up to a dozen words.

    Raises:
        InvalidInput: there is no such line.
    """
    log = log or ImportLog()
    runs: list[list[Piece]] = []
    for at, line in enumerate(decode_lines(raw, language, log).split("\n"), 1):
        found = CTM.fullmatch(line.strip())
        if found is None:
            if line.strip() and not line.startswith(";;"):
                log.note("lines_skipped", at)
            continue
        start = round(float(found[1]) * 1000)
        word = Piece(f"{found[3]} ", None, start, until_ms=start + round(float(found[2]) * 1000))
        last = runs[-1][-1].until_ms if runs else None
        if last is None or start - last > _PAUSE_MS or len(runs[-1]) >= _MOST_WORDS:
            runs.append([])
        runs[-1].append(word)
    if not runs:
        raise _nothing("CTM", "talk 1 0.10 0.35 word")
    log.seen += len(runs)
    return [TimedText(run[0].at_ms or 0, run[-1].until_ms or 0, tuple(run)) for run in runs]


def _dotted(clock: str) -> str:
    """Return `1:02.30` for `1:02:30`, as some write hundredths."""
    parts = clock.split(":")
    return f"{parts[0]}:{parts[1]}.{parts[2]}" if len(parts) > 2 else clock  # noqa: PLR2004


def _nothing(form: str, line: str) -> InvalidInput:
    return InvalidInput(
        f"not {form}: no line like {line}", hint="is it another format?", code="captions_invalid"
    )
