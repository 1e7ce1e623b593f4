"""How long a track is, by the times of its packets."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

LINK_S: Final = 1.0
"""Times that jump further begin anew, or behind a hole; no codec reorders audio so far."""
LONGEST_GAP_S: Final = 3600.0
"""Nobody leaves out more; the clock was set."""
_STRAY_S: Final = 1.5
_STRAYS: Final = 3
_MANY: Final = 100


@dataclass
class PacketTimes:
    """Follows a track's packets; in a damaged file a few may have any time, and are not believed.

    All but `base` is in the track's time base.
    """

    base: Fraction
    first: int | None = None
    end: int = 0
    links: int = 0
    """What the links of a chain before this one held: Ogg files joined end to end (RFC 3533)."""
    _strays: list[tuple[int, int]] = field(default_factory=list)

    def take(self, pts: int, length: int) -> None:
        """Follow one more packet."""
        if self.first is None or self._near(pts, self.end):
            self._strays = []
            self._follow(pts, length)
            return
        if self._strays and not self._near(pts, sum(self._strays[-1])):
            self._strays = []
        self._strays.append((pts, length))
        count, long_s = len(self._strays), self._strays_s
        if (count >= _STRAYS and long_s >= _STRAY_S) or count >= _MANY:
            self._believe()

    def settle(self) -> None:
        """Take what was held back at the end of the track."""
        if len(self._strays) >= _STRAYS or self._strays_s >= _STRAY_S:
            self._believe()
        self.end += sum(length for _, length in self._strays)
        self._strays = []

    @property
    def _strays_s(self) -> float:
        return float(sum(length for _, length in self._strays) * self.base)

    def _near(self, one: int, other: int) -> bool:
        return abs(float((one - other) * self.base)) <= LINK_S

    def _believe(self) -> None:
        jump_s = float((self._strays[0][0] - self.end) * self.base)
        if not 0 <= jump_s <= LONGEST_GAP_S:
            self.links += self.end - (self.first or 0)
            self.first, self.end = None, 0
        for pts, length in self._strays:
            self._follow(pts, length)
        self._strays = []

    def _follow(self, pts: int, length: int) -> None:
        self.first = pts if self.first is None else min(self.first, pts)
        self.end = max(self.end, pts + length)
