"""Bounded windows of a stream, cut where it is quiet, for engines that want whole arrays."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array

_STEP: Final = SAMPLE_RATE_HZ // 50
"""20 ms."""
_SMOOTH: Final = 15
"""0.3 s, in steps: longer than the closure of a consonant, shorter than most pauses."""


def windows(
    blocks: Iterable[Float32Array], *, longest_s: float, search_s: float
) -> Iterator[tuple[float, Float32Array]]:
    """Yield (start in seconds, samples): float32, (n_samples,), 16 kHz, at most `longest_s`.

    Each cut is the middle of the quietest 0.3 s in a window's last `search_s`.
    """
    longest = round(longest_s * SAMPLE_RATE_HZ)
    waiting: list[Float32Array] = []
    size = done = 0
    for block in blocks:
        waiting.append(block)
        size += block.size
        while size >= longest:
            whole = np.concatenate(waiting)
            cut = quietest(whole[:longest], search_s)
            yield done / SAMPLE_RATE_HZ, whole[:cut]
            done += cut
            waiting = [whole[cut:].copy()]
            size -= cut
    if size:
        yield done / SAMPLE_RATE_HZ, np.concatenate(waiting)


def quietest(samples: Float32Array, search_s: float) -> int:
    """Return the index in the middle of the quietest 0.3 s of the last `search_s`."""
    first = max(0, samples.size - round(search_s * SAMPLE_RATE_HZ))
    tail = samples[first:]
    steps = tail[: tail.size // _STEP * _STEP].reshape(-1, _STEP)
    if len(steps) < _SMOOTH:
        return int(samples.size)
    power = np.einsum("ij,ij->i", steps, steps)
    smooth = np.convolve(power, np.ones(_SMOOTH), mode="valid")
    return max(1, first + (int(np.argmin(smooth)) + _SMOOTH // 2) * _STEP)
