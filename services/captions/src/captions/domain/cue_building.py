"""From words to cues: divided where it costs least, and each broken into lines that look even."""

from itertools import pairwise
from typing import Final

from captions.domain.cue_segmentation import CueSegmentation
from captions.domain.cue_timing import cue_times
from captions.domain.cues import Captions, Cue, CueLine
from captions.domain.limits import CueLimits
from captions.domain.line_capacity import LineCapacity
from captions.domain.phrases import SENTENCE, PhraseBreaks
from captions.domain.tracks import Track, separator, shown_speakers, tracks
from everyword_transcripts import Transcript

_NEVER: Final = float("inf")
_IMBALANCE: Final = 36
_NONE: Final[tuple[int, ...]] = ()


def build_cues(transcript: Transcript, limits: CueLimits) -> Captions:
    """Break a transcript into cues, in order of their starts."""
    named = shown_speakers(transcript)
    breaks = PhraseBreaks(transcript.language)
    space = separator(transcript)
    cues: list[Cue] = []
    spoken = tracks(transcript, limits)
    for track in spoken:
        cues += _CueBuilder(track, limits, breaks, space, named).cues(
            int(transcript.duration_s * 1000)
        )
    if len(spoken) > 1:
        cues.sort(key=lambda cue: (cue.start_ms, cue.end_ms))
    return Captions(cues, space, named, limits.max_line_chars)


class _CueBuilder:
    """Breaks one track into cues and lines."""

    def __init__(
        self,
        track: Track,
        limits: CueLimits,
        breaks: PhraseBreaks,
        space: str,
        named: frozenset[str],
    ) -> None:
        self._track = track
        self._limits = limits
        self._space = space
        self._capacity = LineCapacity(track, limits, len(space), named)
        self._costs = breaks.costs(track.words, track.starts, track.ends)
        for turn in self._capacity.turns:
            self._costs[turn] = SENTENCE

    def cues(self, duration_ms: int) -> list[Cue]:
        """Return the track's cues."""
        track = self._track
        division = CueSegmentation(track, self._limits, self._capacity, self._costs)
        bounds = division.cheapest(duration_ms)
        times = cue_times(
            [track.starts[first] for first, _ in bounds],
            [track.ends[stop - 1] for _, stop in bounds],
            [self._capacity.columns(first, stop) for first, stop in bounds],
            self._limits,
            duration_ms,
        )
        return [
            Cue(start, end, self._lines(first, stop))
            for (first, stop), (start, end) in zip(bounds, times, strict=True)
        ]

    def _lines(self, first: int, stop: int) -> tuple[CueLine, ...]:
        _, breaks = self._wrap(first, stop, self._limits.max_lines)
        track, bounds = self._track, (first, *breaks, stop)
        return tuple(
            CueLine(
                self._space.join(track.words[left:right]),
                track.speakers[left],
                tuple(track.words[left:right]),
                tuple(track.starts[left:right]),
            )
            for left, right in pairwise(bounds)
        )

    def _wrap(self, first: int, stop: int, lines: int) -> tuple[float, tuple[int, ...]]:
        """Return the cost and places of the best line breaks: after phrases, of even length."""
        summed, reaches = self._capacity.summed, self._capacity.line_reach
        reach = reaches[first]
        if stop <= reach:
            return (summed[stop] - summed[first]) ** 2 / _IMBALANCE, ()
        best: tuple[float, tuple[int, ...]] = (_NEVER, ())
        if lines > 1:
            for at in range(reach, first, -1):
                if stop <= reaches[at]:
                    rest, breaks = (summed[stop] - summed[at]) ** 2 / _IMBALANCE, _NONE
                else:
                    rest, breaks = self._wrap(at, stop, lines - 1)
                if rest == _NEVER:
                    break
                cost = rest + self._costs[at] + (summed[at] - summed[first]) ** 2 / _IMBALANCE
                if cost < best[0]:
                    best = cost, (at, *breaks)
        return best
