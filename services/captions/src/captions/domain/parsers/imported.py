"""From cues that were read: a transcript of estimated word times, or the same cues again."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from captions.domain.cues import Captions, Cue, Line
from captions.domain.parsers.timed_text import Piece, TimedText
from captions.domain.wording import clean_text
from everyword_transcripts import (
    Engine,
    Transcript,
    is_unspaced,
    join_words,
    read_transcript,
    split_words,
    spread,
)

# A name before a colon: one to four words that begin with capitals, or a diarizer's label.
_NAME: Final = "[^\\W\\d_a-z][\\w.'\u2019&-]*"
_SPEAKER: Final = rf"(?:{_NAME})(?: {_NAME}){{0,3}}|SPEAKER_\d+"
_PREFIX: Final = re.compile(rf"\s*({_SPEAKER}):(?:\s+|\Z)")
_LABEL: Final = re.compile(r"SPEAKER_\d+")
_BRIEF_MS: Final = 50
_ROLLING: Final = 3


class _CueWord(NamedTuple):
    """A word of a cue; `line` counts the cue's lines."""

    text: str
    start_ms: int
    end_ms: int
    speaker: str | None
    line: int
    estimated: bool


def transcript_of(cues: Sequence[TimedText], language: str) -> Transcript:
    """Return a transcript with a segment for each cue and speaker; word times are estimated.

    A word that has a timestamp of its own, as in karaoke, keeps it unmarked.
    """
    segments = []
    for _, heard in _heard(cues, language):
        for speaker, group in groupby(heard, lambda word: word.speaker):
            words = list(group)
            segments.append(
                {
                    "start": words[0].start_ms / 1000,
                    "end": words[-1].end_ms / 1000,
                    "speaker": speaker,
                    "words": [
                        {
                            "word": word.text,
                            "start": word.start_ms / 1000,
                            "end": word.end_ms / 1000,
                            "estimated": word.estimated,
                        }
                        for word in words
                    ],
                }
            )
    transcript = read_transcript({"language": language, "segments": segments})
    return imported(transcript)


def imported(transcript: Transcript) -> Transcript:
    """Mark a transcript as imported, and take its speakers' labels for their names."""
    return replace(
        transcript,
        engine=Engine("imported"),
        speakers=tuple(
            speaker
            if speaker.name or _LABEL.fullmatch(speaker.label)
            else replace(speaker, name=speaker.label)
            for speaker in transcript.speakers
        ),
    )


def looks_like_name(text: str) -> bool:
    """Tell whether a text before a colon is written like a person's name."""
    return re.fullmatch(_SPEAKER, text) is not None


def captions_of(cues: Sequence[TimedText], language: str) -> Captions:
    """Return the cues as they were, cleaned and in order, to be written in another format."""
    found: list[Cue] = []
    for (start, end), heard in _heard(cues, language):
        lines = [
            Line(
                join_words([word.text for word in words], language),
                words[0].speaker,
                tuple(word.text for word in words),
                tuple(word.start_ms for word in words),
            )
            for _, group in groupby(heard, lambda word: (word.line, word.speaker))
            for words in [list(group)]
        ]
        found.append(Cue(start, end, tuple(lines)))
    named = frozenset(
        line.speaker for cue in found for line in cue.lines if line.speaker is not None
    )
    widest = max((len(line.text) for cue in found for line in cue.lines), default=0)
    space = "" if is_unspaced(language) else " "
    return Captions(found, space, named, widest + max(map(len, named), default=0) + len(": "))


def _heard(
    cues: Sequence[TimedText], language: str
) -> Iterable[tuple[tuple[int, int], list[_CueWord]]]:
    """Yield each cue's times and words, in order of the starts; cues without words are skipped."""
    ordered = sorted(cues, key=lambda cue: cue.start_ms)
    texts = _without_repeats(ordered)
    for cue, lines in zip(ordered, _with_speakers(texts), strict=True):
        end = max(cue.end_ms, cue.start_ms + 1)
        words = _timed(lines, cue.start_ms, end, language)
        if words:
            yield (cue.start_ms, end), words


def _lines(pieces: tuple[Piece, ...]) -> list[list[Piece]]:
    """Split a cue's pieces at its line breaks; ruby is left out."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece.ruby:
            continue
        first, *others = piece.text.split("\n")
        lines[-1].append(piece._replace(text=first))
        lines.extend([piece._replace(text=other)] for other in others)
    return [line for line in lines if any(piece.text.strip() for piece in line)]


def _text(line: list[Piece]) -> str:
    return " ".join("".join(piece.text for piece in line).split())


def _without_repeats(cues: Sequence[TimedText]) -> list[list[list[Piece]]]:
    """Return the cues' lines, less those that rolling captions carry over from cue to cue.

    Some sites show each line twice: below while it is spoken, then above the next one, with cues
    of some hundredths of a second between.
    """
    lines = [_lines(cue.pieces) for cue in cues]
    texts = [[_text(line) for line in cue] for cue in lines]
    carried = [0]
    for at, (before, after) in enumerate(pairwise(texts), start=1):
        brief = cues[at].end_ms - cues[at].start_ms <= _BRIEF_MS
        most = min(len(before), len(after)) if brief else min(len(before), len(after) - 1)
        sizes = (n for n in range(most, 0, -1) if before[-n:] == after[:n])
        carried.append(next(sizes, 0))
    rolling = sum(n > 0 for n in carried)
    if rolling < _ROLLING or rolling * 2 < len(cues):
        return lines
    return [cue[n:] for cue, n in zip(lines, carried, strict=True)]


def _with_speakers(cues: list[list[list[Piece]]]) -> list[list[list[Piece]]]:
    """Take `Name: ` at the start of lines for the speaker from there on, in files without voices.

    Believed when the first words of the file are so introduced, or several lines are.
    """
    if any(piece.voice for cue in cues for line in cue for piece in line):
        return cues
    heads = [[_PREFIX.match(_text(line)) for line in cue] for cue in cues]
    names = Counter(found[1] for cue in heads for found in cue if found)
    first = next((cue for cue in heads if cue), [None])[0]
    if first is None and sum(names.values()) <= 1:
        return cues
    speaker: str | None = None
    read: list[list[list[Piece]]] = []
    for cue, heads_of_cue in zip(cues, heads, strict=True):
        lines = []
        for line, found in zip(cue, heads_of_cue, strict=True):
            if found:
                speaker = found[1]
            lines.append(_voiced(line, speaker, drop=len(found[0].strip()) if found else 0))
        read.append(lines)
    return read


def _voiced(line: list[Piece], speaker: str | None, *, drop: int) -> list[Piece]:
    """Give a line its speaker, and drop the name's characters from its head."""
    read: list[Piece] = []
    for piece in line:
        text = piece.text.lstrip() if drop and not read else piece.text
        read.append(piece._replace(text=text[drop:], voice=speaker))
        drop = max(0, drop - len(text))
    return read


def _timed(lines: list[list[Piece]], start: int, end: int, language: str) -> list[_CueWord]:
    """Split lines into words; each has its own stamp or a share of the time around it."""
    words: list[tuple[str, str | None, int]] = []
    stamped: dict[int, int] = {}
    latest = start - 1
    for number, line in enumerate(lines):
        text = "".join(piece.text for piece in line)
        owners = [piece for piece in line for _ in piece.text]
        for found in re.finditer(r"\S+", text):
            piece = owners[found.start()]
            for part in split_words(clean_text(found[0]), language):
                if piece.at_ms is not None and latest < piece.at_ms < end:
                    stamped[len(words)] = latest = piece.at_ms
                words.append((part, clean_text(piece.voice or "") or None, number))
    return _share_out(words, stamped, start, end)


def _share_out(
    words: list[tuple[str, str | None, int]], stamped: dict[int, int], start: int, end: int
) -> list[_CueWord]:
    begins = sorted({0, *stamped})
    heard: list[_CueWord] = []
    for first, stop in zip(begins, [*begins[1:], len(words)], strict=True):
        group = words[first:stop]
        left = stamped.get(first, start)
        right = stamped.get(stop, end)
        spans = spread([text for text, _, _ in group], left, right)
        sure = first in stamped and len(group) == 1
        heard += [
            _CueWord(text, int(a), int(b), speaker, line, not sure)
            for (text, speaker, line), (a, b) in zip(group, spans, strict=True)
        ]
    return heard
