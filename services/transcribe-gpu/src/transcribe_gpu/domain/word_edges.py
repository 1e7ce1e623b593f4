"""Words begin and end where somebody speaks: a recogniser gives a pause to the word beside it."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.domain.speech import HeardWord, Hypothesis
from transcribe_gpu.domain.voice_activity import FRAME_S
from transcribe_gpu.domain.windows import OFFSET, ONSET, Window

SHORTEST_S: Final = 0.1
"""A shorter silence at a word's edge is within what a detector of 32 ms frames can tell."""
_LEAD_S: Final = 0.04
"""Detectors find the onset of speech a frame late."""


def within_speech(hypothesis: Hypothesis, window: Window) -> Hypothesis:
    """Take the silence that the detector is sure of from the edges of words.

    A word without any speech in it keeps its times, and so does one without times.
    """
    utterances = tuple(
        replace(each, words=tuple(_within(word, window.speech) for word in each.words))
        for each in hypothesis.utterances
    )
    return replace(hypothesis, utterances=utterances)


def _within(word: HeardWord, speech: NDArray[np.float32]) -> HeardWord:
    if word.start is None or word.end is None or not speech.size:
        return word
    first = min(max(0, int(word.start / FRAME_S)), len(speech) - 1)
    last = min(max(first, int(word.end / FRAME_S)), len(speech) - 1)
    spoken = np.flatnonzero(speech[first : last + 1] >= ONSET)
    if not spoken.size:
        return word
    start, end = word.start, word.end
    onset_s, after_s = (first + int(spoken[0])) * FRAME_S, (first + int(spoken[-1]) + 1) * FRAME_S
    if speech[first] < OFFSET and onset_s - start >= SHORTEST_S:
        start = onset_s - _LEAD_S
    if speech[last] < OFFSET and end - after_s >= SHORTEST_S:
        end = after_s + _LEAD_S
    return HeardWord(word.text, start, end, word.score)
