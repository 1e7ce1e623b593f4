"""Files that were written a word, or a recogniser's token, to a caption: `-ml 1` and its like."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median
from typing import Final

from captions.domain.parsers.timed_text import Piece, TimedText
from captions.domain.phrases import ends_sentence
from everyword_transcripts import WordPiece, begin_with_spaces, join_pieces

_FEWEST: Final = 8
_MOST_OTHERS: Final = 0.2
_LONGEST_MS: Final = 800
"""Captions that last longer in the middle are lines of a countdown or a song, not its words."""
_PAUSE_MS: Final = 1000
_MOST_WORDS: Final = 30
_SPACED: Final = "\u0e00"
"""Letters below it are of scripts that write spaces between words."""


def words_of(pieces: Sequence[WordPiece]) -> list[WordPiece]:
    """Join tokens to words: where the file keeps their spaces, one without goes on the word before.

    Where it keeps none, each is a word, and signs stay with their neighbours.
    """
    if begin_with_spaces([piece.text for piece in pieces]):
        return join_pieces(pieces)
    return join_pieces([piece._replace(text=_apart(piece.text)) for piece in pieces])


def _apart(text: str) -> str:
    return f" {text}" if text[:1] < _SPACED else text


def gathered(cues: Sequence[TimedText]) -> list[TimedText]:
    """Return captions of single words as lines that last until a pause or a sentence's end.

    Each word keeps the time of its caption. Captions of several words, or few, or long ones, come
    back as they are.
    """
    said = [cue for cue in cues if cue.text.strip()]
    single = [cue for cue in said if _is_single(cue)]
    if len(single) < _FEWEST or len(said) - len(single) > _MOST_OTHERS * len(said):
        return list(cues)
    if median(cue.end_ms - cue.start_ms for cue in single) > _LONGEST_MS:
        return list(cues)
    lines: list[TimedText] = []
    for alone, group in groupby(said, _is_single):
        run = list(group)
        lines += _lines(run) if alone else run
    return lines


def _is_single(cue: TimedText) -> bool:
    return len(cue.text.split()) == 1


def _lines(cues: list[TimedText]) -> Iterator[TimedText]:
    """Cut single words into lines, each a caption whose words have their own times."""
    for voice, run in groupby(cues, lambda cue: cue.pieces[0].voice):
        pieces = [WordPiece(cue.text, cue.start_ms, cue.end_ms) for cue in run]
        line: list[WordPiece] = []
        for word in words_of(pieces):
            if line and _ends(line, word):
                yield _line(line, voice)
                line = []
            line.append(word)
        if line:
            yield _line(line, voice)


def _ends(line: Sequence[WordPiece], word: WordPiece) -> bool:
    pause = (word.start or 0) - (line[-1].end or 0)
    return pause > _PAUSE_MS or len(line) >= _MOST_WORDS or ends_sentence(line[-1].text)


def _line(words: Sequence[WordPiece], voice: str | None) -> TimedText:
    pieces = [
        Piece(f"{word.text} ", voice, at_ms=int(word.start or 0), until_ms=int(word.end or 0))
        for word in words
    ]
    text = " ".join(word.text for word in words)
    return TimedText(pieces[0].at_ms or 0, pieces[-1].until_ms or 0, tuple(pieces), "", text)
