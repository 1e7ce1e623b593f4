"""Signs that a recogniser invented text, looped or missed speech; the words themselves stay."""

from collections.abc import Sequence
from typing import Final

from transcribe_gpu.domain.loudness import Loudness
from transcribe_gpu.domain.speech import HeardWord

SILENCE_RMS: Final = 0.001
"""60 dB below full scale: no microphone hears speech as softly as this."""
LOOP_TIMES: Final = 5
"""People say "no no no no"; five times the same phrase in a row is a decoder that hangs."""
LOOP_WORDS: Final = 8
MISSED_S: Final = 30.0


def find_loops(words: Sequence[str], *, times: int = LOOP_TIMES, longest: int = LOOP_WORDS) -> int:
    """Count places where a phrase of up to `longest` words follows itself `times` times or more."""
    texts = [word.casefold().strip(".,!?;:") for word in words]
    loops = 0
    at = 0
    while at < len(texts):
        length = _loop_at(texts, at, times, longest)
        loops += length > 0
        at += max(1, length)
    return loops


def _loop_at(texts: Sequence[str], at: int, times: int, longest: int) -> int:
    """Return how many words from `at` are one repeated phrase; 0 for none."""
    for size in range(1, longest + 1):
        stop = at + size
        while stop + size <= len(texts) and texts[stop : stop + size] == texts[at : at + size]:
            stop += size
        if stop - at >= times * size:
            return stop - at
    return 0


def count_over_silence(words: Sequence[HeardWord], loudness: Loudness) -> int:
    """Count timed words where the recording is silent."""
    return sum(
        1
        for word in words
        if word.start is not None
        and loudness.between(word.start, word.start if word.end is None else word.end) < SILENCE_RMS
    )


def missed_speech_s(words: Sequence[HeardWord], loudness: Loudness, duration_s: float) -> float:
    """Sum long wordless stretches (seconds) that are about as loud as the words: music, or a miss.

    "About as loud" is a quarter (-12 dB) of the median word.
    """
    timed = [(w.start, w.start if w.end is None else w.end) for w in words if w.start is not None]
    if not timed:
        return 0.0
    levels = sorted(loudness.between(start, end) for start, end in timed)
    threshold = max(SILENCE_RMS, levels[len(levels) // 2] / 4)
    gaps: list[tuple[float, float]] = []
    clock = 0.0
    for start, end in sorted(timed):
        gaps.append((clock, start))
        clock = max(clock, end)
    gaps.append((clock, duration_s))
    return loudness.loud_stretches(threshold, MISSED_S, gaps)
