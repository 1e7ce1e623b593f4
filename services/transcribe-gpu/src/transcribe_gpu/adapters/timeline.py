"""Which of the times that a file gives its sound are to be believed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import av

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import InputContainer

GAP_S: Final = 0.1
"""Smaller jumps between packets' times are rounding; longer ones are holes, filled with silence."""
_STRAY_S: Final = 1.5
_STRAY_FRAMES: Final = 3


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """Decoded sound, when it is heard (seconds, if the file says), and what was lost before it."""

    frame: "AudioFrame"
    time_s: float | None
    lost: bool = False
    passed_over_s: float = 0.0

    @property
    def long_s(self) -> float:
        """How long it sounds."""
        return self.frame.samples / self.frame.sample_rate if self.frame.sample_rate else 0.0


@dataclass
class Line:
    """The times of a file, or of a part of it: its first, and that of what is heard next."""

    zero_s: float
    expected_s: float
    began_s: float

    @classmethod
    def of(cls, container: "InputContainer", *, began_s: float) -> "Line":
        """Return that of a part which is heard from `began_s` on."""
        zero_s = (container.start_time or 0) / av.time_base
        return cls(zero_s, zero_s, began_s)

    def shown_s(self, time_s: float) -> float:
        """Return when in the recording something is heard."""
        return time_s - self.zero_s + self.began_s


def settled(frames: Iterable[TimedFrame]) -> Iterator[TimedFrame]:
    """Yield frames; a few whose times stray from the others', and come back, are without a time.

    In a damaged file a packet's time may be anything.
    """
    held: list[TimedFrame] = []
    line_s: float | None = None
    for each in frames:
        time_s = each.time_s
        if line_s is None or time_s is None or abs(time_s - line_s) <= GAP_S:
            for one in held:
                yield replace(one, time_s=None)
            held = []
            yield each
        else:
            held.append(each)
            if sum(one.long_s for one in held) >= _STRAY_S and len(held) >= _STRAY_FRAMES:
                yield from held
                held = []
        start_s = line_s if held or time_s is None else time_s
        line_s = None if start_s is None else start_s + each.long_s
    strayed = len(held) < _STRAY_FRAMES and sum(one.long_s for one in held) < _STRAY_S
    yield from (replace(one, time_s=None) if strayed else one for one in held)
