"""From words to cues: the cheapest way to break them, by dynamic programming.

One pass over the likely breaks. Each step looks no further ahead than one cue can reach, so the
time is linear in the words, however they are grouped into segments.
"""

from bisect import bisect_left, bisect_right
from itertools import accumulate, pairwise
from typing import Final

from captions.domain.cues import Captions, Cue, Line
from captions.domain.limits import CueLimits
from captions.domain.phrases import CHUNK, CLAUSE, PLAIN, SENTENCE, PhraseBreaks
from captions.domain.speech import Lane, lanes, separator, shown_speakers
from captions.domain.standing import standing_times
from everyword_transcripts import Transcript

_NEVER: Final = float("inf")
# Costs are in the unit of `phrases`, where 26 is an ordinary break between two words.
_PER_CUE: Final = 14
_SPLIT_SENTENCE: Final = 8
_SHARED_CUE: Final = 40
_HELD_PAUSE_MS: Final = 700
_HELD_PAUSE_PER_S: Final = 25
_HURRIED: Final = 160
_LINE_BREAK_SHARE: Final = 0.8
_IMBALANCE: Final = 36
_NEAR: Final = 2


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


_Stop = tuple[int, int, int, int, int]
"""Where a cue may end: after how many words; their end; the start of the next one; the first word
from which the rest fits on one line; the cost."""


class _Breaker:
    """One lane's tables - widths summed, costs of breaks, reach from each word - and the search."""

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
        self._gap = len(space)
        speakers = lane.speakers
        self._turns = [at for at in range(1, len(speakers)) if speakers[at] != speakers[at - 1]]
        self._names = {
            at: len(name) + len(": ")
            for at in (0, *self._turns)
            if (name := speakers[at]) is not None and name in named
        }
        self._costs = breaks.costs(lane.words, lane.starts, lane.ends)
        for turn in self._turns:
            self._costs[turn] = SENTENCE
        self._summed = list(accumulate((width + self._gap for width in lane.widths), initial=0))
        self._line_reach, self._cue_reach = self._reaches()

    def cues(self, duration_ms: int) -> list[Cue]:
        """Return the lane's cues."""
        lane, bounds = self._lane, self._cheapest(duration_ms)
        times = standing_times(
            [lane.starts[first] for first, _ in bounds],
            [lane.ends[stop - 1] for _, stop in bounds],
            [self._summed[stop] - self._summed[first] - self._gap for first, stop in bounds],
            self._limits,
            duration_ms,
        )
        return [
            Cue(start, end, self._lines(first, stop))
            for (first, stop), (start, end) in zip(bounds, times, strict=True)
        ]

    def _reaches(self) -> tuple[list[int], list[int]]:
        """Find, for each word, where the longest line and the longest cue it can begin must stop.

        A line never runs on into another speaker's words. The first line of a turn keeps room
        for the name, as SRT shows it; a name too long to share a line costs the cue a whole one.
        """
        limits, summed, names = self._limits, self._summed, self._names
        line: list[int] = []
        long_named: list[int] = []
        for begin, end in self._stretches():
            for first in range(begin, end):
                room = summed[first] + limits.max_line_chars + self._gap
                line.append(max(first + 1, bisect_right(summed, room, first, end + 1) - 1))
            if begin in names:
                shared = (
                    bisect_right(
                        summed,
                        summed[begin] + limits.max_line_chars + self._gap - names[begin],
                        begin,
                        end + 1,
                    )
                    - 1
                )
                if shared > begin:
                    line[begin] = shared
                else:
                    long_named.append(begin)
        cue, shorter, last = line, line, len(line)
        for _ in range(limits.max_lines - 1):
            shorter = cue
            cue = [line[stop] if stop < last else last for stop in cue]
        for first in long_named:
            cue[first] = shorter[first]
        if limits.cue_per_speaker:
            cue = [
                min(cue[first], end)
                for begin, end in self._stretches()
                for first in range(begin, end)
            ]
        return line, cue

    def _stretches(self) -> list[tuple[int, int]]:
        """Return (first, stop) of each turn."""
        return list(zip((0, *self._turns), (*self._turns, len(self._lane.words)), strict=True))

    def _cheapest(self, duration_ms: int) -> list[tuple[int, int]]:
        """Return (first, stop) words of each cue in the cheapest division of the lane."""
        starts, costs, inner = self._lane.starts, self._costs, self._inner_costs()
        line_reach, cue_reach, limits = self._line_reach, self._cue_reach, self._limits
        shortest, longest, count = limits.min_ms, limits.max_ms, len(starts)
        nexts = [*starts, max(duration_ms, self._lane.ends[-1])]
        reading = [limits.reading_ms(columns) for columns in self._summed]
        gap = limits.reading_ms(self._gap)
        likely, passed = self._likely_breaks()
        choices = self._stops(likely, inner, nexts)
        best = [_NEVER] * (count + 1)
        best[0] = 0.0
        came = [0] * (count + 1)
        for first in range(count):
            base = best[first] + _PER_CUE - inner[first]
            if base == _NEVER:
                continue
            begins, half, read = starts[first], line_reach[first], reading[first] + gap
            latest = begins + longest
            reachable = choices[passed[first] : passed[cue_reach[first]]]
            if not reachable or reachable[0][1] > latest:
                reachable = self._stops([self._furthest(first)], inner, nexts)
            for stop, ends, following, low, cost in reachable:
                if ends > latest and stop > first + 1:
                    break
                total = base + cost
                need = reading[stop] - read
                need = max(need, shortest)
                if following - begins < need:
                    total += _HURRIED * (need - following + begins) / need
                if stop > half:
                    line = costs[low if low > first else first + 1 : half + 1]
                    total += min(line, default=0) * _LINE_BREAK_SHARE
                if total < best[stop]:
                    best[stop] = total
                    came[stop] = first
        bounds = []
        stop = count
        while stop:
            bounds.append((came[stop], stop))
            stop = came[stop]
        return bounds[::-1]

    def _stops(self, stops: list[int], inner: list[int], nexts: list[int]) -> list[_Stop]:
        """Return what ending a cue at each of `stops` means."""
        lane, summed, costs = self._lane, self._summed, self._costs
        tail = self._limits.max_line_chars + self._gap
        return list(
            zip(
                stops,
                [lane.ends[stop - 1] for stop in stops],
                [nexts[stop] for stop in stops],
                [bisect_left(summed, summed[stop] - tail) for stop in stops],
                [costs[stop] + inner[stop - 1] for stop in stops],
                strict=True,
            )
        )

    def _furthest(self, first: int) -> int:
        """Return the longest cue's stop where no likely break is in reach."""
        latest = self._lane.starts[first] + self._limits.max_ms
        stop = first + 1
        while stop < self._cue_reach[first] and self._lane.ends[stop] <= latest:
            stop += 1
        return stop

    def _inner_costs(self) -> list[int]:
        """Return sums: what the breaks up to each word cost when a cue runs on across them."""
        starts, ends = self._lane.starts, self._lane.ends
        inner = [_SPLIT_SENTENCE if cost == SENTENCE else 0 for cost in self._costs]
        for at in range(1, len(starts)):
            if (pause := starts[at] - ends[at - 1]) > _HELD_PAUSE_MS:
                inner[at] += _HELD_PAUSE_PER_S * pause // 1000
        for turn in self._turns:
            inner[turn] += _SHARED_CUE
        inner[0] = 0
        return list(accumulate(inner))

    def _likely_breaks(self) -> tuple[list[int], list[int]]:
        """Return the breaks worth trying, and how many of them lie at or before each word.

        Breaks inside a phrase are left out, and ordinary ones beside a sentence's or clause's end.
        """
        costs, last = self._costs, len(self._lane.words)
        likely: list[int] = []
        passed = [0]
        for at in range(1, last + 1):
            cost = costs[at]
            if cost < CHUNK or (
                cost <= PLAIN and min(costs[max(1, at - _NEAR) : at + _NEAR + 1]) > CLAUSE
            ):
                likely.append(at)
            passed.append(len(likely))
        return likely, passed

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
        summed, reach = self._summed, self._line_reach[first]
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
