"""Speech that a recogniser passed over, found by voice activity and heard again by itself.

Whisper stops early where a recording sounds as if it ended: between two programmes, at a long
pause after a closing sentence. What follows in the window would be lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.domain.speech import HeardWord, Hypothesis, Utterance
from transcribe_gpu.domain.voice_activity import FRAME, FRAME_S
from transcribe_gpu.domain.windows import ONSET, Window

SHORTEST_S: Final = 0.5
"""Less speech than this between two words is their own, timed a little too narrow."""
_NEAR: Final = round(0.3 / FRAME_S)
_BRIDGE: Final = round(0.6 / FRAME_S)
_PADDING: Final = round(0.2 / FRAME_S)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a window to hear again; `first` is where it begins, in the window's frames."""

    window: Window
    first: int

    @property
    def offset_s(self) -> float:
        """Where it begins on the whole window's clock."""
        return self.first * FRAME_S


def unheard(hypothesis: Hypothesis, window: Window, *, shortest_s: float = SHORTEST_S) -> list[Gap]:
    """Return the stretches of sure speech without a word, as windows of their own."""
    words = hypothesis.words()
    if any(word.start is None or word.end is None for word in words):
        return []  # no telling where the others are
    free = wordless(words, len(window.speech))
    gaps = []
    for first, last in _runs(free & (window.speech >= ONSET), _BRIDGE):
        sure = np.count_nonzero(window.speech[first:last] >= ONSET) * FRAME_S
        if sure >= shortest_s:
            begin, end = max(0, first - _PADDING), min(len(free), last + _PADDING)
            gaps.append(Gap(_part(window, begin, end), begin))
    return gaps


def filled(hypothesis: Hypothesis, gap: Gap, heard: Hypothesis) -> Hypothesis:
    """Put what was heard in a gap among the words around it."""
    shift = gap.offset_s
    words = hypothesis.words()
    free = wordless(words, gap.first + len(gap.window.speech), near=0)
    found = [
        HeardWord(word.text, word.start + shift, word.end + shift, word.score)
        for word in heard.words()
        if word.start is not None
        and word.end is not None
        and _free_at(free, (word.start + word.end) / 2 + shift)
    ]
    if not found:
        return hypothesis
    together = sorted([*words, *found], key=lambda word: word.start or 0.0)
    flags = tuple(flag for u in hypothesis.utterances for flag in u.flags)
    phones = tuple(s for u in hypothesis.utterances for s in u.phones)
    whole = Utterance(
        min(word.start or 0.0 for word in together),
        max(word.end or 0.0 for word in together),
        tuple(together),
        hypothesis.language,
        flags,
        phones,
    )
    return replace(hypothesis, utterances=(whole,))


def wordless(words: Sequence[HeardWord], frames: int, *, near: int = _NEAR) -> NDArray[np.bool_]:
    """Tell of each frame whether no timed word lies within `near` frames of it."""
    free = np.ones(frames, np.bool_)
    for word in words:
        if word.start is not None and word.end is not None:
            first = max(0, int(word.start / FRAME_S) - near)
            free[first : int(word.end / FRAME_S) + 1 + near] = False
    return free


def _free_at(free: NDArray[np.bool_], time_s: float) -> bool:
    place = int(time_s / FRAME_S)
    return place >= len(free) or bool(free[place])


def _part(window: Window, first: int, last: int) -> Window:
    return replace(
        window,
        samples=window.samples[first * FRAME : last * FRAME],
        places=window.places[first:last],
        speech=window.speech[first:last],
    )


def _runs(flags: NDArray[np.bool_], bridge: int) -> list[tuple[int, int]]:
    """Return (first, after last) of each stretch of True, holes of up to `bridge` closed."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    runs: list[tuple[int, int]] = []
    for first, last in edges.reshape(-1, 2).tolist():
        if runs and first - runs[-1][1] <= bridge:
            runs[-1] = (runs[-1][0], last)
        else:
            runs.append((first, last))
    return runs
