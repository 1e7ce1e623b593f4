"""Windows: all speech is in them, in order, cut where nobody speaks, in bounded memory."""

import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from transcribe_gpu.domain import (
    HeardWord,
    Hypothesis,
    Utterance,
    Window,
    cut_windows,
    in_recording,
    joined,
)
from transcribe_gpu.domain.voice_activity import FRAME, FRAME_S
from transcribe_gpu.ports import Float32Array

RATE = 16_000


def loud_is_speech(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return (np.abs(samples.reshape(-1, FRAME)).max(axis=1) > 0.1).astype(np.float32)


def sound(*parts: tuple[float, float]) -> Float32Array:
    """Return (seconds, level) after each other; a sample tells where it stands."""
    return np.concatenate([np.full(round(s * RATE), level, np.float32) for s, level in parts])


def cut(samples: Float32Array, longest_s: float = 30.0, block: int = RATE) -> list[Window]:
    blocks = (samples[at : at + block] for at in range(0, samples.size, block))
    return list(cut_windows(blocks, loud_is_speech, longest_s=longest_s))


def test_silence_gives_no_window() -> None:
    assert cut(sound((50, 0.0))) == []
    assert cut(sound((0.2, 0.0))) == []


def test_a_pause_is_kept_and_a_long_one_after_little_speech_is_shortened() -> None:
    (window,) = cut(sound((3, 0), (1, 0.5), (0.5, 0), (0.5, 0.5), (20, 0), (2, 0.5), (4, 0)))
    assert window.start == pytest.approx(2.6, abs=0.05)
    assert window.samples.size / RATE == pytest.approx(0.4 + 2 + 0.8 + 2 + 0.4, abs=0.1)
    assert window.speech_s == pytest.approx(3.5, abs=0.1)
    # the last part's first second, on the window's clock and on the recording's
    start, end = window.span_in_recording(3.3, 3.8)
    assert (start, end) == (pytest.approx(25.1, abs=0.1), pytest.approx(25.6, abs=0.1))


def test_what_follows_a_long_pause_is_cut_as_it_would_be_alone() -> None:
    first, pause, second = sound((3.2, 0.5)), sound((2.56, 0.0)), sound((5.12, 0.5), (1, 0.0))
    before, after = cut(np.concatenate([first, pause, second]))
    (alone,) = cut(np.concatenate([pause, second]))
    assert np.array_equal(after.samples, alone.samples)
    assert before.keep_until == after.keep_from == pytest.approx(3.2 + 2.56 - 0.4, abs=0.05)
    assert before.end <= after.start


def test_windows_are_cut_in_the_longest_pause_of_the_later_half() -> None:
    parts = [(6.0, 0.5), (0.4, 0.0), (6.0, 0.5), (1.0, 0.0), (6.0, 0.5), (0.4, 0.0)] * 3
    windows = cut(sound(*parts), longest_s=16)
    assert len(windows) > 2
    assert windows[0].end == pytest.approx(12.9, abs=0.1)
    assert all(window.samples.size <= 16 * RATE for window in windows)


def test_block_size_changes_nothing() -> None:
    samples = sound(*[(2.3, 0.5), (0.7, 0.0)] * 30)
    one, other = cut(samples), cut(samples, block=777)
    assert [w.start for w in one] == [w.start for w in other]
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(one, other, strict=True))


@given(
    st.lists(st.tuples(st.integers(1, 80), st.integers(0, 60)), min_size=1, max_size=25),
    st.sampled_from([10.0, 30.0]),
)
def test_every_frame_of_speech_is_in_a_window_once_but_for_overlaps(
    parts: list[tuple[int, int]], longest_s: float
) -> None:
    """Parts are (tenths of seconds of speech, of silence)."""
    samples = sound(*[p for s, q in parts for p in ((s / 10 + 0.2, 0.5), (q / 10, 0.0))])
    windows = cut(samples, longest_s=longest_s)
    speech = np.flatnonzero(loud_is_speech(np.pad(samples, (0, -samples.size % FRAME))))
    held = [set(window.places.tolist()) for window in windows]
    assert set(speech.tolist()) <= set().union(*held)
    assert all(window.samples.size <= longest_s * RATE + FRAME for window in windows)
    for window, following in pairwise(windows):
        assert window.index + 1 == following.index
        assert window.keep_until == following.keep_from
        assert np.all(np.diff(window.places) > 0)


def test_speech_without_a_pause_overlaps_and_its_words_are_heard_once() -> None:
    windows = cut(sound((100, 0.5)))
    assert len(windows) in (4, 5)
    words = [(f"w{n}", n * 0.5, n * 0.5 + 0.4) for n in range(200)]
    heard = []
    for window in windows:
        first, last = window.start, window.end
        inside = [w for w in words if first <= w[1] and w[2] <= last]
        told = tuple(HeardWord(t, a - first, b - first, 0.9) for t, a, b in inside)
        hypothesis = Hypothesis((Utterance(0.0, last - first, told, "en"),), "en")
        heard.append(in_recording(hypothesis, window))
    result = [word for utterance in joined(heard) for word in utterance.words]
    assert [word.text for word in result] == [text for text, _, _ in words]
    for word, (_, start, _) in zip(result, words, strict=True):
        assert word.start == pytest.approx(start)


def test_a_word_that_both_sides_of_a_seam_have_stays_once() -> None:
    def heard(*words: tuple[str, float, float]) -> Hypothesis:
        told = tuple(HeardWord(*word) for word in words)
        return Hypothesis((Utterance(told[0].start or 0, 99, told, "en"),), "en")

    left = heard(("by", 9.0, 9.2), ("comparison", 9.3, 10.1))
    right = heard(("Comparison,", 9.4, 10.0), ("it", 10.2, 10.3))
    texts = [word.text for u in joined([left, right]) for word in u.words]
    assert texts == ["by", "comparison", "it"]


def test_windows_of_an_hour_hold_no_more_than_some() -> None:
    def blocks() -> Iterator[Float32Array]:
        for second in range(3600):
            yield np.full(RATE, 0.5 if second % 9 else 0.0, np.float32)

    tracemalloc.start()
    seconds = sum(w.speech_s for w in cut_windows(blocks(), loud_is_speech, longest_s=30))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds == pytest.approx(3200, abs=10)
    assert peak < 4 * 30 * RATE * 4


def test_a_place_is_32_ms() -> None:
    assert FRAME_S == 0.032
