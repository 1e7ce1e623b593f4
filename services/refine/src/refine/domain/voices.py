"""Whose voices are heard: an episode's voices beside those that people have named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from typing import Final

from everyword_transcripts import Voiceprint

LEAST_S: Final = 5.0
"""Who was heard for less is not known again: see docs/benchmarks.md."""
LEAD: Final = 0.03
"""So much nearer must the nearest person be than any other: else nobody is named."""


@dataclass(frozen=True)
class SpeakerMatch:
    """A voice of this episode that sounds like a known person; `confidence` in 0..1."""

    label: str
    name: str
    confidence: float


def matches(
    heard: Mapping[str, Voiceprint], known: Mapping[str, Sequence[Voiceprint]]
) -> list[SpeakerMatch]:
    """Return for each label the person whose voice is nearest, if no other's is as near.

    The confidence is the cosine of the label's voice and the person's mean voice.
    """
    found = []
    for label, voice in heard.items():
        if voice.speech_s < LEAST_S:
            continue
        near = sorted(
            ((likeness, name) for name, each in known.items()
             if (likeness := _likeness(voice, each)) is not None),
            reverse=True,
        )  # fmt: skip
        if near and (len(near) == 1 or near[0][0] - near[1][0] >= LEAD):
            likeness, name = near[0]
            found.append(SpeakerMatch(label, name, round(min(1.0, max(0.0, likeness)), 3)))
    return found


def _likeness(voice: Voiceprint, samples: Sequence[Voiceprint]) -> float | None:
    """Return the cosine with the mean of the samples that can be compared, by their lengths."""
    own = [
        each
        for each in samples
        if each.model == voice.model and len(each.embedding) == len(voice.embedding)
    ]
    if not own:
        return None
    mean = [
        fsum(value * each.speech_s for value, each in zip(values, own, strict=True))
        for values in zip(*(each.embedding for each in own), strict=True)
    ]
    length = sqrt(fsum(value * value for value in mean))
    length *= sqrt(fsum(value * value for value in voice.embedding))
    dot = fsum(a * b for a, b in zip(mean, voice.embedding, strict=True))
    return dot / length if length else None
