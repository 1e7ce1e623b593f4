"""How good captions are: what a viewer can read in time, and where the lines end."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from captions.domain.cues import Captions
from captions.domain.limits import CueLimits
from captions.domain.phrases import BOUND, CHUNK, PhraseBreaks
from captions.domain.wording import columns


@dataclass(frozen=True, slots=True)
class CaptionQuality:
    """Shares, 0..1, of cues within each limit, and of the breaks between words within a turn.

    A break is at a phrase when punctuation stands before it or a small word opens the next phrase;
    it is inside one when it parts a word from what it leans on ("the / keeper").
    """

    cues: int
    within_speed: float
    within_size: float
    within_duration: float
    within_all: float
    breaks: int
    at_phrase: float
    inside_phrase: float


def measure(captions: Captions, limits: CueLimits, language: str) -> CaptionQuality:
    """Measure cues against limits, and their breaks against the language's phrases."""
    speed, size, duration = [], [], []
    for cue in captions.cues:
        stands = cue.end_ms - cue.start_ms
        widths = [columns(line.text) for line in cue.lines]
        spaces = len(captions.separator) * (len(widths) - 1)
        speed.append(limits.reading_ms(sum(widths) + spaces) <= stands + 1)
        size.append(max(widths) <= limits.max_line_chars and len(widths) <= limits.max_lines)
        duration.append(limits.min_ms <= stands <= limits.max_ms)
    phrases = PhraseBreaks(language)
    costs = [phrases.between(before, after) for before, after in _breaks(captions)]
    every = [all(held) for held in zip(speed, size, duration, strict=True)]
    return CaptionQuality(
        len(every),
        _share(speed),
        _share(size),
        _share(duration),
        _share(every),
        len(costs),
        _share([cost <= CHUNK for cost in costs]),
        _share([cost >= BOUND for cost in costs]),
    )


def _breaks(captions: Captions) -> Iterator[tuple[str, str]]:
    """Yield the words around each line or cue break within one speaker's turn."""
    lines = [line for cue in captions.cues for line in cue.lines]
    for before, after in pairwise(lines):
        if before.speaker == after.speaker:
            yield before.words[-1], after.words[0]


def _share(held: list[bool]) -> float:
    return sum(held) / len(held) if held else 1.0
