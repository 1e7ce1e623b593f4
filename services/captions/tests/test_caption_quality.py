"""The quality measure itself, and what our captions reach."""

from dataclasses import replace
from typing import Any

import pytest

from captions.domain.cue_building import build_cues
from captions.domain.cues import Captions, Cue, CueLine
from captions.domain.limits import PROFILES
from captions.domain.quality import measure

WEB = PROFILES["web"]
SPEECH = (
    "When I was a child, the sea was the only road there was. My father would look at the sky in"
    " the morning and decide, before anybody else was awake, whether the boat could go. If it"
    " could, we had letters and flour and sometimes an orange; if it could not, we had potatoes,"
    " and we told each other stories. I remember one winter in particular, because the ice came"
    " early and the supply ship turned around within sight of the island. Nobody spoke about it"
    " for days. You could hear the clock on the wall, and the wind, and nothing else at all."
)


def cue(start: int, end: int, *texts: str) -> Cue:
    return Cue(
        start,
        end,
        tuple(
            CueLine(text, "A", tuple(text.split()), (start,) * len(text.split())) for text in texts
        ),
    )


def test_each_limit_is_measured() -> None:
    captions = Captions(
        [
            cue(0, 1000, "Twenty one letters go"),
            cue(1000, 1900, "Short."),
            cue(2000, 9001, "Long."),
            cue(10_000, 15_000, "x" * 43),
            cue(16_000, 18_000, "One", "two", "three."),
            cue(20_000, 22_000, "All is well."),
        ],
        " ",
        frozenset(),
        42,
    )
    quality = measure(captions, WEB, "en")
    assert quality.cues == 6
    assert quality.within_speed == pytest.approx(5 / 6)
    assert quality.within_duration == pytest.approx(4 / 6)
    assert quality.within_size == pytest.approx(4 / 6)
    assert quality.within_all == pytest.approx(1 / 6)


def test_breaks_are_judged_by_the_words_around_them() -> None:
    captions = Captions(
        [cue(0, 1500, "We saw the", "keeper,"), cue(1500, 3000, "who waved", "at us")],
        " ",
        frozenset(),
        42,
    )
    quality = measure(captions, WEB, "en")
    assert quality.breaks == 3
    assert quality.at_phrase == pytest.approx(2 / 3)
    assert quality.inside_phrase == pytest.approx(1 / 3)
    assert measure(Captions([], " ", frozenset(), 42), WEB, "en").within_all == 1.0


@pytest.mark.parametrize("profile", list(PROFILES))
@pytest.mark.parametrize("word_s", [0.29, 0.32, 0.38, 0.45])
def test_ours_are_readable_and_break_at_phrases(spoken: Any, profile: str, word_s: float) -> None:
    limits = PROFILES[profile]
    talk = spoken(*[("A", SPEECH), ("B", "And then what happened?")] * 10, word_s=word_s)
    quality = measure(build_cues(talk, limits), limits, "en")
    assert quality.within_all >= 0.995
    assert quality.at_phrase >= 0.85
    assert quality.inside_phrase <= 0.07


def test_speech_too_quick_to_read_borrows_time_from_its_neighbours(spoken: Any) -> None:
    talk = spoken((None, SPEECH), word_s=0.27)
    still = replace(WEB, max_shift_ms=0)
    borrowed = measure(build_cues(talk, WEB), WEB, "en").within_speed
    assert borrowed > measure(build_cues(talk, still), still, "en").within_speed
