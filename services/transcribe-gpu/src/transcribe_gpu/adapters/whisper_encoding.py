"""What a CTranslate2 Whisper's encoder makes of windows: as short as they are on a processor.

Whisper was trained on 30 s, silence where there is less; a window of 10 s takes a third of the
positions and, attention being quadratic, a quarter of the time. With a few seconds of silence
behind the speech the text is as good: 922 English words of 16 public recordings, tiny.en, 109
errors instead of 117; 1,234 words in five languages, base, 161 instead of 153. Without it (1 s)
157 and 196, for then the decoder runs on. Only the models this was measured with are given less
than 30 s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

SMALL_MODELS: Final = frozenset({"tiny.en", "base"})
_FRAMES: Final = 3000
_FEWEST: Final = 1500
_SILENCE: Final = 300
_STEP: Final = 500
"""In frames of 10 ms; few different lengths, so that windows can be decoded together."""


@dataclass(frozen=True, slots=True)
class EncodedWindows:
    """Windows of one language and one length of context, at `places` of those encoded.

    `output` is the encoder's, (n, context, width). `alone` are the same, each by itself, where
    they were encoded so. `frames` is how many frames of each are sound. `detected` is each one's
    likeliest language and its probability; ("", 0.0) by a model of one language.
    """

    places: Sequence[int]
    language: str
    output: Any
    alone: Sequence[Any]
    frames: Sequence[int]
    lengths_s: Sequence[float]
    detected: Sequence[tuple[str, float]]

    def pieces(self) -> Iterator[tuple[Any, int, int]]:
        """Yield the encoder's outputs as they were made, and which windows each is of."""
        if self.alone:
            yield from ((each, place, place + 1) for place, each in enumerate(self.alone))
        else:
            yield self.output, 0, len(self.places)


def encode_each(
    network: "WhisperModel", windows: Sequence[Float32Array], *, language: str | None, model: str
) -> list[EncodedWindows]:
    """Encode windows one by one, and group those that can be decoded at once.

    On a processor this is faster than all at once: what is computed stays in the cache. What is
    found in a window does not depend on the others. Without `language` each has the one detected.
    """
    import ctranslate2  # noqa: PLC0415

    groups: dict[tuple[str, int], list[EncodedWindows]] = {}
    for place, window in enumerate(windows):
        one = encode_at_once(network, [window], language=language, model=model, first=place)
        groups.setdefault((one.language, one.output.shape[1]), []).append(one)
    return [
        EncodedWindows(
            [each.places[0] for each in alike],
            written,
            ctranslate2.StorageView.from_array(
                np.concatenate([np.asarray(each.output) for each in alike])
            ),
            [each.output for each in alike],
            [each.frames[0] for each in alike],
            [each.lengths_s[0] for each in alike],
            [each.detected[0] for each in alike],
        )
        for (written, _), alike in groups.items()
    ]


def encode_at_once(
    network: "WhisperModel",
    windows: Sequence[Float32Array],
    *,
    language: str | None,
    model: str,
    first: int = 0,
) -> EncodedWindows:
    """Encode windows of one language; without `language` that of the first."""
    from faster_whisper.audio import pad_or_trim  # noqa: PLC0415

    features = [network.feature_extractor(window)[..., :-1] for window in windows]
    context = max(_context(each.shape[-1], model) for each in features)
    if network.model.device != "cpu":
        context = _FRAMES
    output = network.encode(np.stack([pad_or_trim(each, context) for each in features]))
    detected = [("", 0.0)] * len(windows)
    if network.model.is_multilingual:
        found = network.model.detect_language(output)
        detected = [(each[0][0][2:-2], float(each[0][1])) for each in found]
    return EncodedWindows(
        range(first, first + len(windows)),
        language or detected[0][0],
        output,
        (),
        [min(each.shape[-1], context) for each in features],
        [window.size / SAMPLE_RATE_HZ for window in windows],
        detected,
    )


def _context(frames: int, model: str) -> int:
    """Return how many frames a window of so many is padded to."""
    if model not in SMALL_MODELS:
        return _FRAMES
    return min(_FRAMES, max(_FEWEST, -(-(frames + _SILENCE) // _STEP) * _STEP))
