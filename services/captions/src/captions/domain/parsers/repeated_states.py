"""Captions that show one line several times while it is spoken, read once.

Three kinds are known. Highlighted captions show a line again for each word, with that word in other
formatting: its cue gives the word's time. Growing captions show a line again with more words each
time. Rolling captions carry lines over from cue to cue, below while spoken and above afterwards.
A refrain is none of these: the same words again, or a few that begin alike.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from re import finditer
from typing import Final, NamedTuple

from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.rolled_lines import without_repeated_ends
from captions.domain.parsers.timed_text import Piece, TimedText

_NEXT_MS: Final = 1000
"""A line is shown again at once: within this, or later where its highlight has moved on."""
_PAUSE_MS: Final = 20_000
_BRIEF_MS: Final = 50
_QUICKEST: Final = 40.0
"""Characters a second that nobody can say: what is shown so briefly was not said again."""
_PLAIN_SHARE: Final = 0.1
_RUN: Final = 2
"""So many steps after each other that grow or roll are no chance."""
_FEW_WORDS: Final = 2
"""Steps of no more words than these may be a refrain ("La", "La la") or a word said twice."""


def read_once(cues: Sequence[TimedText], log: ImportLog) -> list[TimedText]:
    """Return cues, in order of their starts, in which each line is spoken once; note the others."""
    shown = _without_highlights(_without_doubles(cues))
    joined = len(cues) - len(shown)
    spoken, carried = _without_carried(shown)
    spoken, rolled = without_repeated_ends(spoken)
    if joined + carried + rolled:
        log.note("states_joined", count=joined + carried + rolled)
    return spoken


def _without_doubles(cues: Sequence[TimedText]) -> list[TimedText]:
    """Leave out what stands twice at one time, as outlines and shadows do."""
    seen: set[tuple[int, int, str, str]] = set()
    kept: list[TimedText] = []
    for cue in cues:
        voice = cue.pieces[0].voice if cue.pieces else None
        key = (cue.start_ms, cue.end_ms, voice or "", " ".join(cue.text.split()))
        if key not in seen:
            kept.append(cue)
            seen.add(key)
    return kept


# Highlighted captions


class _Shown(NamedTuple):
    """A cue, its words, and which of them stand in other formatting than the rest of the file."""

    cue: TimedText
    words: tuple[str, ...]
    marked: frozenset[int]


def _without_highlights(cues: list[TimedText]) -> list[TimedText]:
    usual = _usual_style(cues)
    if usual is None:
        return cues
    runs = list(_same_text([_shown(cue, usual) for cue in cues]))
    if not any(_moves(run) for run in runs):
        return cues
    joined: list[TimedText] = []
    for run in runs:
        joined += [_joined(part) for part in _passes(run)]
    return joined


def _usual_style(cues: Sequence[TimedText]) -> str | None:
    """Return the formatting of what is not highlighted; None where all text has the same.

    That is none at all, as long as a good part of the text has none; else that of most of it.
    """
    counts: Counter[str] = Counter()
    for cue in cues:
        for piece in cue.pieces:
            counts[piece.style] += len(piece.text.strip())
    if len(counts) <= 1:
        return None
    return "" if counts[""] > _PLAIN_SHARE * counts.total() else counts.most_common(1)[0][0]


def _shown(cue: TimedText, usual: str) -> _Shown:
    words: list[str] = []
    marked: set[int] = set()
    styles = [piece.style != usual for piece in cue.pieces for _ in piece.text]
    for at, found in enumerate(finditer(r"\S+", cue.text)):
        words.append(found[0])
        if any(styles[found.start() : found.end()]):
            marked.add(at)
    return _Shown(cue, tuple(words), frozenset(marked))


def _same_text(shown: Sequence[_Shown]) -> Iterator[list[_Shown]]:
    for _, run in groupby(shown, lambda one: one.words):
        yield list(run)


def _moves(run: Sequence[_Shown]) -> bool:
    """Tell whether a part of a repeated line is marked, and another part later."""
    marks = [one.marked for one in run if 0 < len(one.marked) < len(one.words)]
    return any(min(a) < max(b) and a != b for a, b in pairwise(marks))


def _passes(run: list[_Shown]) -> Iterator[list[_Shown]]:
    """Cut a run of the same line where it is spoken again: the mark goes back, or time passes."""
    part: list[_Shown] = []
    latest = -1
    for one in run:
        new = one.marked - part[-1].marked if part and part[-1].marked < one.marked else one.marked
        first = min(new, default=latest + 1)
        if part:
            gap = one.cue.start_ms - part[-1].cue.end_ms
            most = _PAUSE_MS if one.marked and first > latest else _NEXT_MS
            if (one.marked and first <= latest) or gap > most:
                yield part
                part, latest = [], -1
        part.append(one)
        latest = max(latest, max(new, default=-1))
    if part:
        yield part


def _joined(part: list[_Shown]) -> TimedText:
    """Return one cue of a line's states; each marked word has the time of its state."""
    first, last = part[0].cue, part[-1].cue
    if len(part) == 1:
        return first
    times: dict[int, tuple[int, int]] = {}
    before: frozenset[int] = frozenset()
    for one in part:
        new = sorted(one.marked - before if before < one.marked else one.marked)
        before = one.marked
        new = [at for at in new if at not in times]
        span = one.cue.end_ms - one.cue.start_ms
        for place, at in enumerate(new):
            left = one.cue.start_ms + span * place // len(new)
            times[at] = left, one.cue.start_ms + span * (place + 1) // len(new)
    pieces: list[Piece] = []
    owners = [piece for piece in first.pieces for _ in piece.text]
    stop = 0
    for at, found in enumerate(finditer(r"\s*\S+", first.text)):
        begins, until = times.get(at, (None, None))
        voice = owners[found.end() - 1].voice
        pieces.append(Piece(found[0], voice, begins, until_ms=until))
        stop = found.end()
    pieces.append(Piece(first.text[stop:]))
    end = max(one.cue.end_ms for one in part)
    return TimedText(first.start_ms, max(end, last.end_ms), tuple(pieces), first.identifier)


# Growing and rolling captions


class _Step(NamedTuple):
    """How a cue goes on from the one before it: lines carried over, and the last one's more text.

    `grown` are the characters by which the last carried line has grown, `torn` whether that is in
    the middle of a word; `new` counts new lines.
    """

    carried: int
    grown: int
    new: int
    torn: bool = False

    @property
    def adds(self) -> bool:
        return self.grown > 0 or self.new > 0


_FRESH: Final = _Step(0, 0, 0)


def _without_carried(cues: list[TimedText]) -> tuple[list[TimedText], int]:
    """Return what each cue adds to those before it, and how many cues carried something over."""
    lines = [lines_of(cue.pieces) for cue in cues]
    texts = [[_voiced_text(line) for line in cue] for cue in lines]
    steps = [
        _step(texts[at - 1], texts[at], cues[at].start_ms - cues[at - 1].end_ms)
        for at in range(1, len(cues))
    ]
    if not any(step.carried for step in steps):
        return cues, 0
    believed = _believed(cues, texts, steps)
    joined: list[TimedText] = []
    for at, cue in enumerate(cues):
        step = steps[at - 1] if at and believed[at - 1] else _FRESH
        if not step.carried or not joined:
            joined.append(cue)
            continue
        _carry_on(joined, cue, lines[at], step)
    return joined, sum(believed)


def _step(before: list[str], after: list[str], gap_ms: int) -> _Step:
    if gap_ms > _NEXT_MS or not before:
        return _FRESH
    for carried in range(min(len(before), len(after)), 0, -1):
        *whole, last = before[-carried:]
        if whole == after[: carried - 1] and after[carried - 1].startswith(last):
            more = after[carried - 1][len(last) :]
            torn = (last[-1:] + more[:1]).isalnum() and (last[-1:] + more[:1]).isascii()
            return _Step(carried, len(more), len(after) - carried, torn and more != "")
    return _FRESH


def _believed(
    cues: Sequence[TimedText], texts: Sequence[list[str]], steps: Sequence[_Step]
) -> list[bool]:
    """Tell which steps are the same speech shown again, and which a refrain or chance.

    Steps that add to what is carried are believed where several follow each other or most of the
    file goes so; the same text again where that is so around it; and whatever nobody could say.
    """
    adding = [
        step.carried > 0 and step.adds and not step.torn and len({*texts[at], *texts[at + 1]}) > 1
        for at, step in enumerate(steps)
    ]
    unsayable = [_unsayable(cue, said) for cue, said in zip(cues[1:], texts[1:], strict=True)]
    spoken = sum(s.adds or not (s.carried and u) for s, u in zip(steps, unsayable, strict=True))
    usual = sum(adding) * 2 > spoken
    runs = [run for run in _runs(steps) if any(adding[at] for at in run)]
    words = [_words([text for at in (*run, run[-1] + 1) for text in texts[at]]) for run in runs]
    many = usual and sum(adding) > _RUN and len(set().union(*words)) > _FEW_WORDS
    believed = [False] * len(steps)
    for run, said in zip(runs, words, strict=True):
        several = usual or sum(adding[at] for at in run) >= _RUN
        if several and (many or len(said) > _FEW_WORDS):
            for at in run:
                believed[at] = adding[at] or not steps[at].adds
    return [
        belief or (step.carried > 0 and briefly)
        for belief, step, briefly in zip(believed, steps, unsayable, strict=True)
    ]


def _runs(steps: Sequence[_Step]) -> Iterator[range]:
    """Yield the ranges of steps that carry something over, one after the other."""
    first = 0
    for at, step in enumerate((*steps, _FRESH)):
        if not step.carried:
            if at > first:
                yield range(first, at)
            first = at + 1


def _words(texts: Sequence[str]) -> set[str]:
    return {word for text in texts for word in text.partition("\0")[2].casefold().split()}


def _unsayable(cue: TimedText, texts: list[str]) -> bool:
    lasts = cue.end_ms - cue.start_ms
    return lasts <= _BRIEF_MS or sum(map(len, texts)) * 1000 > _QUICKEST * lasts


def _carry_on(
    joined: list[TimedText], cue: TimedText, lines: list[list[Piece]], step: _Step
) -> None:
    """Add to the last cue what a line has grown by, and the new lines as a cue of their own."""
    last = joined[-1]
    if step.grown:
        more = _tail(lines[step.carried - 1], step.grown)
        stamped = [piece if piece.at_ms else piece._replace(at_ms=cue.start_ms) for piece in more]
        joined[-1] = last = last._replace(pieces=(*last.pieces, *stamped), raw="")
    if not step.new:
        joined[-1] = last._replace(end_ms=max(last.end_ms, cue.end_ms))
        return
    pieces = [piece for line in lines[step.carried :] for piece in (*line, Piece("\n"))]
    joined.append(cue._replace(pieces=tuple(pieces), raw=""))


def _tail(line: list[Piece], count: int) -> list[Piece]:
    """Return a line's last pieces, so that `count` characters of its text are in them."""
    text = "".join(piece.text for piece in line).rstrip()
    drop = len(text) - count
    tail: list[Piece] = []
    for piece in line:
        tail.append(piece._replace(text=piece.text[drop:] if drop > 0 else piece.text))
        drop -= len(piece.text)
    return [piece for piece in tail if piece.text]


def lines_of(pieces: tuple[Piece, ...]) -> list[list[Piece]]:
    """Split a cue's pieces at its line breaks; ruby is left out, and so are blank lines."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece.ruby:
            continue
        first, *others = piece.text.split("\n")
        lines[-1].append(piece._replace(text=first))
        lines.extend([piece._replace(text=other)] for other in others)
    return [line for line in lines if any(piece.text.strip() for piece in line)]


def _voiced_text(line: list[Piece]) -> str:
    """Return a line's text with who says it: another's same words are not shown again."""
    voice = next((piece.voice for piece in line if piece.text.strip()), None)
    return f"{voice or ''}\0{line_text(line)}"


def line_text(line: list[Piece]) -> str:
    """Return a line's text, its white space single."""
    return " ".join("".join(piece.text for piece in line).split())
