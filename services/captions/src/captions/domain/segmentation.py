"""From words to cues: divided where it costs least, and each broken into lines that look even."""

from itertools import pairwise
from typing import Final

from captions.domain.cues import Captions, Cue, Line
from captions.domain.division import Division
from captions.domain.limits import CueLimits
from captions.domain.phrases import SENTENCE, PhraseBreaks
from captions.domain.room import Room
from captions.domain.speech import Lane, lanes, separator, shown_speakers
from captions.domain.standing import standing_times
from everyword_transcripts import Transcript

_NEVER: Final = float("inf")
_IMBALANCE: Final = 36


def break_into_cues(transcript: Transcript, limits: CueLimits) -> Captions:
    """Break a transcript into cues, in order of their starts."""
    named = shown_speakers(transcript)
    breaks = PhraseBreaks(transcript.language)
    space = separator(transcript)
    cues: list[Cue] = []
    spoken = lanes(transcript, limits)
    for lane in spoken:
        cues += _Breaker(lane, limits, breaks, space, named).cues(int(transcript.duration_s * 1000))
    if len(spoken) > 1:
        cues.sort(key=lambda cue: (cue.start_ms, cue.end_ms))
    return Captions(cues, space, named, limits.max_line_chars)


class _Breaker:
    """Breaks one lane into cues and lines."""

    def __init__(
        self,
        lane: Lane,
        limits: CueLimits,
        breaks: PhraseBreaks,
        space: str,
        named: frozenset[str],
    ) -> None:
        self._lane = lane
        self._limits = limits
        self._space = space
        self._room = Room(lane, limits, len(space), named)
        self._costs = breaks.costs(lane.words, lane.starts, lane.ends)
        for turn in self._room.turns:
            self._costs[turn] = SENTENCE

    def cues(self, duration_ms: int) -> list[Cue]:
        """Return the lane's cues."""
        lane = self._lane
        division = Division(lane, self._limits, self._room, self._costs)
        bounds = division.cheapest(duration_ms)
        times = standing_times(
            [lane.starts[first] for first, _ in bounds],
            [lane.ends[stop - 1] for _, stop in bounds],
            [self._room.columns(first, stop) for first, stop in bounds],
            self._limits,
            duration_ms,
        )
        return [
            Cue(start, end, self._lines(first, stop))
            for (first, stop), (start, end) in zip(bounds, times, strict=True)
        ]

    def _lines(self, first: int, stop: int) -> tuple[Line, ...]:
        _, breaks = self._wrap(first, stop, self._limits.max_lines)
        lane, bounds = self._lane, (first, *breaks, stop)
        return tuple(
            Line(
                self._space.join(lane.words[left:right]),
                lane.speakers[left],
                tuple(lane.words[left:right]),
                tuple(lane.starts[left:right]),
            )
            for left, right in pairwise(bounds)
        )

    def _wrap(self, first: int, stop: int, lines: int) -> tuple[float, tuple[int, ...]]:
        """Return the cost and places of the best line breaks: after phrases, of even length."""
        summed, reach = self._room.summed, self._room.line_reach[first]
        if stop <= reach:
            return (summed[stop] - summed[first]) ** 2 / _IMBALANCE, ()
        best: tuple[float, tuple[int, ...]] = (_NEVER, ())
        if lines > 1:
            for at in range(reach, first, -1):
                rest, breaks = self._wrap(at, stop, lines - 1)
                if rest == _NEVER:
                    break
                cost = rest + self._costs[at] + (summed[at] - summed[first]) ** 2 / _IMBALANCE
                if cost < best[0]:
                    best = cost, (at, *breaks)
        return best
