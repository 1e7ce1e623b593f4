"""What a caption may be: the limits of a cue, and the two named sets of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CueLimits:
    """How large, how fast and how long a cue may be.

    `max_cps` counts columns a second (a wide East Asian character takes two). `max_shift_ms` is
    how far a cue that would pass too quickly may move from its words, into silence before it or
    into time the next cue can spare.
    """

    max_line_chars: int = 42
    max_lines: int = 2
    max_cps: float = 20.0
    min_ms: int = 1000
    max_ms: int = 7000
    close_gaps_under_ms: int = 500
    max_shift_ms: int = 500
    cue_per_speaker: bool = False

    def reading_ms(self, columns: int) -> float:
        """Return how long `columns` of text must stand to be read."""
        return columns * 1000.0 / self.max_cps

    def all_reading_ms(self, columns: Sequence[int]) -> list[float]:
        """Return `reading_ms` of each."""
        cps = self.max_cps
        return [column * 1000.0 / cps for column in columns]


PROFILES: Final = {
    # Netflix's English timed-text rules, with a longer minimum: a web player is watched closely.
    "web": CueLimits(),
    # Podcasting 2.0's SRT rules: narrow cards, a new one for each speaker.
    "podcast-srt": CueLimits(max_line_chars=32, cue_per_speaker=True),
}
