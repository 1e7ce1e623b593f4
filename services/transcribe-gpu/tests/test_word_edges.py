"""Word times: what a model's attention is late, and silence that belongs to no word."""

import numpy as np
import pytest

from everyword_transcripts import WordPiece
from transcribe_gpu.adapters.attention_times import LATE_S, in_time
from transcribe_gpu.domain import HeardWord, Hypothesis, Utterance, Window, within_speech
from transcribe_gpu.domain.voice_activity import FRAME, FRAME_S


def window(*spans: tuple[float, float], seconds: float = 4.0) -> Window:
    """Return a window in which somebody speaks between these times."""
    frames = round(seconds / FRAME_S)
    speech = np.full(frames, 0.01, np.float32)
    for start, end in spans:
        speech[round(start / FRAME_S) : round(end / FRAME_S)] = 0.95
    return Window(
        0, np.zeros(frames * FRAME, np.float32), np.arange(frames), speech, 0.0, float("inf")
    )


def edges(word: tuple[float | None, float | None], *spans: tuple[float, float]) -> object:
    heard = Utterance(0.0, 4.0, (HeardWord("word", *word),), "en")
    (found,) = within_speech(Hypothesis((heard,), "en"), window(*spans)).words()
    return found.start, found.end


@pytest.mark.parametrize(
    ("word", "spans", "expected"),
    [
        ((0.0, 2.5), [(1.6, 2.56)], (1.56, 2.5)),
        ((1.6, 3.5), [(1.6, 2.56)], (1.6, 2.6)),
        ((0.5, 3.5), [(1.6, 2.56)], (1.56, 2.6)),
        ((1.55, 2.58), [(1.6, 2.56)], (1.55, 2.58)),
        ((1.0, 2.0), [], (1.0, 2.0)),
        ((None, 2.5), [(1.6, 2.56)], (None, 2.5)),
        ((0.5, 3.5), [(0.0, 1.6), (2.56, 4.0)], (0.5, 3.5)),
    ],
    ids=["pause before", "pause after", "both", "too short to tell", "no speech", "no start", "in"],
)
def test_silence_at_a_word_s_edge_is_no_part_of_it(
    word: tuple[float | None, float | None],
    spans: list[tuple[float, float]],
    expected: tuple[float | None, float | None],
) -> None:
    assert edges(word, *spans) == pytest.approx(expected)


def test_what_a_model_is_late_is_taken_off_within_the_window() -> None:
    pieces = [WordPiece(" a", 0.02, 0.5, 0.9), WordPiece(" b", 0.5, None, 0.9)]
    early, late = in_time(pieces, model="tiny.en", length_s=2.0)
    assert (early.start, late.start, late.end) == (0.0, 0.5 - LATE_S["tiny.en"], None)
    (last,) = in_time([WordPiece(" c", 1.9, 2.0, 0.9)], model="base", length_s=2.0)
    assert (last.start, last.end) == (1.9 - LATE_S["base"], 2.0)
    assert list(in_time(pieces, model="another", length_s=2.0)) == pieces
