"""Word error rate and others, by edit distance; who speaks, by frames.

Words are compared without case and punctuation; numbers as they are written.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import quantiles
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from everyword_transcripts import Word
from everyword_transcripts.truth import TrueTurn, TrueWord

FRAME_S: Final = 0.01
SILENT_S: Final = 0.5
"""A word this far from every true word is invented."""
_PERCENT: Final = 100
_P95: Final = 94


def plain(text: str) -> str:
    """Return a word without case, accents composed, and signs but apostrophes within."""
    folded = unicodedata.normalize("NFC", text).casefold().replace("\u2019", "'")
    return "".join(c for c in folded if c.isalnum() or c == "'").strip("'")


def plain_words(texts: Iterable[str]) -> list[str]:
    """Return the words that are left of texts; a hyphen parts two."""
    return [word for text in texts for piece in text.split("-") if (word := plain(piece))]


def word_errors(truth: Sequence[str], heard: Sequence[str]) -> int:
    """Count substitutions, deletions and insertions."""
    return int(Levenshtein.distance(truth, heard))


def character_errors(truth: Sequence[str], heard: Sequence[str]) -> int:
    """Count wrong characters, spaces aside."""
    return int(Levenshtein.distance("".join(truth), "".join(heard)))


def permuted_errors(truth: Sequence[TrueWord], heard: Sequence[Word]) -> int | None:
    """Count word errors speaker by speaker, under the best naming of those heard (cpWER).

    None where the truth names no speakers.
    """
    true_speech = _by_speaker((word.speaker, word.text) for word in truth)
    if not true_speech or None in true_speech:
        return None
    heard_speech = _by_speaker((word.speaker, word.word) for word in heard)
    size = max(len(true_speech), len(heard_speech))
    said = [*true_speech.values(), *[[] for _ in range(size - len(true_speech))]]
    found = [*heard_speech.values(), *[[] for _ in range(size - len(heard_speech))]]
    cost = np.array([[word_errors(a, b) for b in found] for a in said])
    rows, columns = linear_sum_assignment(cost)
    return int(cost[rows, columns].sum())


def diarization_errors(truth: Sequence[TrueTurn], heard: Sequence[TrueTurn]) -> tuple[float, float]:
    """Return (seconds missed, invented or given to the wrong speaker; seconds spoken), no collar.

    A second in which two speak counts twice.
    """
    end = max([turn.end for turn in (*truth, *heard)], default=0.0)
    said, found = _frames(truth, end), _frames(heard, end)
    together = said.astype(np.int64) @ found.T.astype(np.int64)
    rows, columns = linear_sum_assignment(-together)
    right = int(together[rows, columns].sum())
    spoken, told = said.sum(axis=0), found.sum(axis=0)
    wrong = int(np.maximum(spoken, told).sum()) - right
    return wrong * FRAME_S, int(spoken.sum()) * FRAME_S


def start_errors(truth: Sequence[TrueWord], heard: Sequence[Word]) -> list[float]:
    """Return how far each correctly heard word starts from where it is said, in seconds."""
    said = [(plain(word.text), word.start) for word in truth]
    found = [(plain(word.word), word.start) for word in heard]
    errors = []
    for step in Levenshtein.opcodes([w for w, _ in said], [w for w, _ in found]):
        if step.tag != "equal":
            continue
        for offset in range(step.src_end - step.src_start):
            start = said[step.src_start + offset][1]
            if start is not None:
                errors.append(abs(found[step.dest_start + offset][1] - start))
    return errors


def invented(
    speech: Sequence[tuple[float, float]], heard: Sequence[Word], duration_s: float
) -> tuple[int, float]:
    """Return (words heard where nobody speaks, seconds in which nobody speaks).

    `speech`: when somebody does; where that is not known, both are 0.
    """
    if not speech:
        return 0, 0.0
    silent = np.ones(max(1, round(duration_s / FRAME_S)), bool)
    for start, end in speech:
        silent[max(0, round((start - SILENT_S) / FRAME_S)) : round((end + SILENT_S) / FRAME_S)] = (
            False
        )
    middles = [round((word.start + word.end) / 2 / FRAME_S) for word in heard]
    count = sum(bool(silent[at]) for at in middles if at < silent.size)
    return count, float(silent.sum()) * FRAME_S


def p95(values: Sequence[float]) -> float:
    """Return the value that one in twenty exceeds."""
    return quantiles(values, n=_PERCENT)[_P95] if len(values) > 1 else max(values, default=0.0)


def _by_speaker(said: Iterable[tuple[str | None, str]]) -> dict[str | None, list[str]]:
    speech: defaultdict[str | None, list[str]] = defaultdict(list)
    for speaker, text in said:
        speech[speaker] += plain_words([text])
    return dict(speech)


def _frames(turns: Sequence[TrueTurn], end: float) -> NDArray[np.bool_]:
    """Return who speaks in which frame: bool, (n_speakers, n_frames)."""
    names = list(dict.fromkeys(turn.speaker for turn in turns)) or [""]
    frames = np.zeros((len(names), max(1, round(end / FRAME_S))), bool)
    for turn in turns:
        first, last = round(turn.start / FRAME_S), round(turn.end / FRAME_S)
        frames[names.index(turn.speaker), first:last] = True
    return frames
