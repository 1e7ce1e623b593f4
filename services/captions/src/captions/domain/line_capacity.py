"""How much of a track fits on a line and into a cue."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from captions.domain.limits import CueLimits
from captions.domain.tracks import Track


class LineCapacity:
    """A track's words as columns, and how far a line and a cue reach from each word.

    `summed` are the columns of all words before each word, each with the `gap` after it. `turns`
    are the words with which another speaker begins.
    """

    def __init__(self, track: Track, limits: CueLimits, gap: int, named: frozenset[str]) -> None:
        speakers = track.speakers
        self.gap = gap
        self.turns = [at for at in range(1, len(speakers)) if speakers[at] != speakers[at - 1]]
        self.summed = list(accumulate((width + gap for width in track.widths), initial=0))
        self._limits = limits
        self._stretches = list(zip((0, *self.turns), (*self.turns, len(speakers)), strict=True))
        self._names = {
            at: len(name) + len(": ")
            for at, _ in self._stretches
            if (name := speakers[at]) is not None and name in named
        }
        self.line_reach, self.cue_reach = self._reaches()

    def columns(self, first: int, stop: int) -> int:
        """Return how wide the words `first..stop` are on one line."""
        return self.summed[stop] - self.summed[first] - self.gap

    def last_lines(self) -> list[int]:
        """Find, for each stop, the first word from which the words before it fit on one line."""
        summed, most = self.summed, self._limits.max_line_chars + self.gap
        first = 0
        found: list[int] = []
        for total in summed:
            while summed[first] < total - most:
                first += 1
            found.append(first)
        return found

    def _reaches(self) -> tuple[list[int], list[int]]:
        """Find, for each word, where the longest line and the longest cue it can begin must stop.

        A line never runs on into another speaker's words. The first line of a turn keeps room
        for the name, as SRT shows it; a name too long to share a line costs the cue a whole one.
        """
        line: list[int] = []
        long_named: list[int] = []
        for begin, end in self._stretches:
            line += self._line_stops(begin, end)
            if begin in self._names:
                shared = self._named_stop(begin, end)
                if shared > begin:
                    line[begin] = shared
                else:
                    long_named.append(begin)
        cue, shorter, last = line, line, len(line)
        for _ in range(self._limits.max_lines - 1):
            shorter = cue
            cue = [line[stop] if stop < last else last for stop in cue]
        for first in long_named:
            cue[first] = shorter[first]
        if self._limits.cue_per_speaker:
            cue = [
                min(cue[first], end)
                for begin, end in self._stretches
                for first in range(begin, end)
            ]
        return line, cue

    def _line_stops(self, begin: int, end: int) -> Sequence[int]:
        """Return where a line stops that begins with each word of a turn; one word always fits."""
        summed, most = self.summed, self._limits.max_line_chars + self.gap
        stop = begin
        found: list[int] = []
        for first in range(begin, end):
            room = summed[first] + most
            if stop == first:
                stop += 1
            while stop < end and summed[stop + 1] <= room:
                stop += 1
            found.append(stop)
        return found

    def _named_stop(self, begin: int, end: int) -> int:
        """Return where a line stops that begins with the speaker's name; `begin` if at once."""
        room = self.summed[begin] + self._limits.max_line_chars + self.gap - self._names[begin]
        return bisect_right(self.summed, room, begin, end + 1) - 1
