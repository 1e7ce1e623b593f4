"""The diarization process: sound on its standard input, turns and voices on its output.

A process of its own, so that one that runs out of memory or time costs the speakers, not the
transcript. Sound is int16, 16 kHz mono; the answer is one JSON document.
"""

import argparse
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from everyword_events import EverywordError
from transcribe_gpu.diarization.segmentation import SpeakerSegmentation
from transcribe_gpu.diarization.segmented import diarize_segmented
from transcribe_gpu.diarization.voice_embedding import VoiceEncoder
from transcribe_gpu.diarization.voices import diarize
from transcribe_gpu.domain import Diarization

_SECOND: Final = 2 * 16_000


def main() -> int:
    """Diarize the standard input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--segmentation", type=Path)
    parser.add_argument("--speakers", type=int, default=0)
    parser.add_argument("--expected-s", type=float, default=0.0)
    parser.add_argument("--memory-bytes", type=int, required=True)
    chosen = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (chosen.memory_bytes, chosen.memory_bytes))
    os.nice(5)
    try:
        found = _diarized(chosen)
    except EverywordError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    except MemoryError:
        sys.stderr.write("out of memory\n")
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(found))
    return 0


def _diarized(chosen: argparse.Namespace) -> Diarization:
    encoder = VoiceEncoder(chosen.weights)
    wish = {"speakers": chosen.speakers, "expected_s": chosen.expected_s}
    if chosen.segmentation is not None:
        segmentation = SpeakerSegmentation(chosen.segmentation)
        return diarize_segmented(_blocks(), segmentation, encoder, **wish)
    from transcribe_gpu.adapters.silero import voice_activity  # noqa: PLC0415 - where used

    return diarize(_blocks(), voice_activity().stream(), encoder, **wish)


def _blocks() -> Iterator[NDArray[np.float32]]:
    while raw := sys.stdin.buffer.read(_SECOND):
        yield np.multiply(
            np.frombuffer(raw[: len(raw) // 2 * 2], "<i2"), 1 / 32768, dtype=np.float32
        )


if __name__ == "__main__":
    sys.exit(main())
