"""From cues that were read: a transcript of estimated word times, or the same cues again."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, NamedTuple

from captions.domain.cues import Captions, Cue, CueLine
from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.repeated_states import line_text, lines_of, read_once
from captions.domain.parsers.single_words import gathered
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
from everyword_transcripts.timing import TYPICAL_WORD_S

# A name before a colon: one to four words that begin with capitals, or a diarizer's label.
_NAME: Final = "[^\\W\\d_a-z][\\w.'\u2019&-]*"
_SPEAKER: Final = rf"(?:{_NAME})(?: {_NAME}){{0,3}}(?: \d{{1,3}})?|[Ss]peaker[ _]?\d+|SPEAKER_\d+"
_DIARIZED: Final = r"(?:SPEAKER|[Ss]peaker)[ _]?\d{1,3}"
_PREFIX: Final = re.compile(
    rf"\s*(?:>>+\s*)?(?:[\[(]({_DIARIZED})[\])]\s*(?!:)"
    rf"|(?:\[({_SPEAKER})\]|\(({_SPEAKER})\)|({_SPEAKER})(?: \([^()]{{1,20}}\))?):(?:\s+|\Z))"
)
_IN_BRACKETS: Final = re.compile(rf"\s*[\[(](?:({_DIARIZED})|[Ss]peaker \?)[\])]:?\s*")
_LABEL: Final = re.compile(r"(?:SPEAKER_|spk_)\d+")
_TYPICAL_MS: Final = round(TYPICAL_WORD_S * 1000)


class _CueWord(NamedTuple):
    """A word of a cue; `line` counts the cue's lines."""

    text: str
    start_ms: int
    end_ms: int
    speaker: str | None
    line: int
    estimated: bool


def transcript_of(
    cues: Sequence[TimedText], language: str, log: ImportLog | None = None
) -> Transcript:
    """Return a transcript with a segment for each cue and speaker; word times are estimated.

    A word that has a timestamp of its own, as in karaoke, keeps it unmarked.
    """
    segments = []
    for _, heard in _heard(gathered(cues), language, log or ImportLog()):
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


def with_colon(text: str) -> str:
    """Write a diarizer's label in brackets before a line (`[SPEAKER_00] So`) as other names are."""
    found = _IN_BRACKETS.match(text)
    if found is None:
        return text
    return f"{found[1]}: {text[found.end() :]}" if found[1] else text[found.end() :]


def looks_like_name(text: str) -> bool:
    """Tell whether a text before a colon is written like a person's name."""
    return re.fullmatch(_SPEAKER, text) is not None


def captions_of(cues: Sequence[TimedText], language: str, log: ImportLog | None = None) -> Captions:
    """Return the cues as they were, cleaned and in order, to be written in another format."""
    found: list[Cue] = []
    for (start, end), heard in _heard(cues, language, log or ImportLog()):
        lines = [
            CueLine(
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
    cues: Sequence[TimedText], language: str, log: ImportLog
) -> Iterable[tuple[tuple[int, int], list[_CueWord]]]:
    """Yield each cue's times and words, in order of the starts; cues without words are skipped."""
    ordered = read_once(sorted(cues, key=lambda cue: cue.start_ms), log)
    spoken = _with_speakers([lines_of(cue.pieces) for cue in ordered])
    following = [*(cue.start_ms for cue in ordered[1:]), None][: len(ordered)]
    voices = [{piece.voice for line in lines for piece in line} for lines in spoken]
    said_until = 0
    for number, (cue, lines, after) in enumerate(zip(ordered, spoken, following, strict=True)):
        end = cue.end_ms
        if end <= cue.start_ms and lines:
            log.note("times_reversed")
            end = _estimated_end(cue, after)
        alone = number + 1 == len(ordered) or voices[number].isdisjoint(voices[number + 1])
        start = max(cue.start_ms, min(said_until, end - 1))
        stop = (
            end
            if alone or after is None or after >= end
            else _until(start, min(end, _end_of(ordered[number + 1])), after)
        )
        words = _timed(lines, start, stop, language)
        said_until = 0 if alone else stop
        if words:
            yield (cue.start_ms, end), words


def _end_of(cue: TimedText) -> int:
    return max(cue.end_ms, cue.start_ms + 1)


def _until(start: int, end: int, after: int) -> int:
    """Return until when a caption is said that is still shown when the same voice says the next.

    Of two that begin together each has half of the time.
    """
    return after if after > start else start + max(1, (end - start) // 2)


def _estimated_end(cue: TimedText, after: int | None) -> int:
    """Return where a cue without an end of its own is said, before the next one begins."""
    end = cue.start_ms + _TYPICAL_MS * max(1, len(cue.text.split()))
    return max(cue.start_ms + 1, end if after is None else min(end, after))


def _with_speakers(cues: list[list[list[Piece]]]) -> list[list[list[Piece]]]:
    """Take `Name: ` at the start of lines for the speaker from there on, in files without voices.

    Believed when the first words of the file are so introduced, or several lines are.
    """
    if any(piece.voice for cue in cues for line in cue for piece in line):
        return cues
    heads = [[_PREFIX.match(line_text(line)) for line in cue] for cue in cues]
    names = Counter(found[found.lastindex or 0] for cue in heads for found in cue if found)
    first = next((cue for cue in heads if cue), [None])[0]
    if first is None and sum(names.values()) <= 1:
        return cues
    speaker: str | None = None
    read: list[list[list[Piece]]] = []
    for cue, heads_of_cue in zip(cues, heads, strict=True):
        lines = []
        for line, found in zip(cue, heads_of_cue, strict=True):
            if found:
                speaker = found[found.lastindex or 0]
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
    stamped: dict[int, tuple[int, int | None]] = {}
    latest = start - 1
    for number, line in enumerate(lines):
        text = "".join(piece.text for piece in line)
        owners = [piece for piece in line for _ in piece.text]
        for found in re.finditer(r"\S+", text):
            piece = owners[found.start()]
            parts = split_words(clean_text(found[0]), language)
            if piece.at_ms is not None and latest < piece.at_ms < end and parts:
                until = piece.until_ms if len(parts) == 1 else None
                stamped[len(words)] = piece.at_ms, until
                latest = piece.at_ms
            voice = clean_text(piece.voice or "") or None
            words.extend((part, voice, number) for part in parts)
    return _share_out(words, stamped, start, end)


def _share_out(
    words: list[tuple[str, str | None, int]],
    stamped: dict[int, tuple[int, int | None]],
    start: int,
    end: int,
) -> list[_CueWord]:
    """Give words that have no stamp a share of the time up to the next one that has."""
    begins = sorted({0, *stamped})
    heard: list[_CueWord] = []
    for first, stop in zip(begins, [*begins[1:], len(words)], strict=True):
        left, until = stamped.get(first, (start, None))
        right = stamped[stop][0] if stop in stamped else end
        group = words[first:stop]
        if until is not None:
            until = min(until, right)
            text, speaker, line = group[0]
            heard.append(_CueWord(text, left, until, speaker, line, estimated=False))
            group, left = group[1:], until
        spans = spread([text for text, _, _ in group], left, right)
        sure = first in stamped and len(group) == 1 and until is None
        heard += [
            _CueWord(text, int(a), int(b), speaker, line, not sure)
            for (text, speaker, line), (a, b) in zip(group, spans, strict=True)
        ]
    return heard
