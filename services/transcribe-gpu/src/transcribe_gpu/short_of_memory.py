"""An engine on a GPU whose memory may run out in mid-job."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from transcribe_gpu.broken_gpu import broken_gpu, is_broken_gpu
from transcribe_gpu.domain import Hypothesis
from transcribe_gpu.ports import Float32Array, SpeechEngine

FLAG: Final = "fallback:out_of_memory"
_SIGNS: Final = ("out of memory", "cuda_error_out_of_memory", "failed to allocate", "alloc_failed")


class HalvingEngine:
    """Halves the batch while memory runs out, then goes on with another engine.

    What the other engine heard is flagged. A GPU that is gone raises BrokenHost.
    (`transcribe_gpu.ports.SpeechEngine`)
    """

    def __init__(self, engine: SpeechEngine, fall_back: Callable[[], SpeechEngine]) -> None:
        self._engine = engine
        self._fall_back = fall_back
        self._fell_back = False
        self.name = engine.name
        self.model = engine.model
        self.device = engine.device
        self.longest_window_s = engine.longest_window_s
        self.batch = engine.batch

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> Sequence[Hypothesis]:
        """Recognise windows, fewer at a time where memory is short."""
        try:
            found = self._engine.recognise(windows, language=language, attempt=attempt)
        except (RuntimeError, OSError, MemoryError) as error:
            if is_broken_gpu(error):
                raise broken_gpu(error) from error
            if self._fell_back or not _is_shortage(error):
                raise
        else:
            return [_flagged(each) for each in found] if self._fell_back else found
        half = len(windows) // 2
        if half == 0:
            self._engine = self._fall_back()
            self._fell_back = True
            return self.recognise(windows, language=language, attempt=attempt)
        self.batch = min(self.batch, max(1, half))
        first = self.recognise(windows[:half], language=language, attempt=attempt)
        return [*first, *self.recognise(windows[half:], language=language, attempt=attempt)]


def _is_shortage(error: BaseException) -> bool:
    said = str(error).lower()
    return isinstance(error, MemoryError) or any(sign in said for sign in _SIGNS)


def _flagged(hypothesis: Hypothesis) -> Hypothesis:
    utterances = tuple(replace(each, flags=(*each.flags, FLAG)) for each in hypothesis.utterances)
    return replace(hypothesis, utterances=utterances)
