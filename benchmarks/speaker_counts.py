"""How many speakers are found: recordings of one speaker each, and mixtures of them.

    python benchmarks/speaker_counts.py FOLDER [PAIRS]

FOLDER holds recordings in each of which one person speaks. They are taken as they are and through a
telephone's band with noise; alone, and as conversations of two to four with turns of 1 to 6 s, cut
where possible in pauses. The same halves show how alike one voice and two are. Needs the models:
everyword models fetch resemblyzer, and pyannote-segmentation
"""

import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt  # type: ignore[import-untyped]

from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.diarization.process import MODEL, SEGMENTATION_MODEL
from transcribe_gpu.diarization.segmentation import SpeakerSegmentation
from transcribe_gpu.diarization.segmented import diarize_segmented
from transcribe_gpu.diarization.voice_embedding import VoiceEncoder
from transcribe_gpu.domain import Diarization
from transcribe_gpu.models import SEGMENTATION, VOICES
from transcribe_gpu.standalone import model_library

RATE_HZ = 16_000
LONGEST_S = 40
TURN_S = (1.0, 6.0)
BAND_HZ = (300, 3400)
NOISE_DB = -25
LOUDNESS = 0.1
PAUSE = 800
"""Samples: 50 ms."""

Sound = NDArray[np.float32]
Likeness = list[tuple[bool, float]]


def main() -> None:
    """Print how often the number found was right, and how alike halves of recordings are."""
    library = model_library()
    voices = library.find(MODEL, model_format=VOICES)
    segments = library.find(SEGMENTATION_MODEL, model_format=SEGMENTATION)
    if voices is None or segments is None:
        print(f"no models here - everyword models fetch {MODEL}, {SEGMENTATION_MODEL}")
        return
    encoder = VoiceEncoder(voices.path / "pretrained.pt")
    segmentation = SpeakerSegmentation(segments.path / "pytorch_model.bin")

    def diarized(sound: Sound) -> Diarization:
        blocks = np.array_split(sound, max(1, sound.size // RATE_HZ))
        return diarize_segmented(blocks, segmentation, encoder)

    random = np.random.default_rng(5)
    recordings = {
        path.name: levelled(decoded(path)) for path in sorted(Path(sys.argv[1]).iterdir())
    }
    pairs = int(sys.argv[2]) if sys.argv[2:] else 12
    counts: Counter[tuple[int, str, int]] = Counter()
    for names in (*((name,) for name in recordings), *groups(list(recordings), pairs, random)):
        sound = conversation([recordings[name] for name in names], random)
        for line, heard in (("clean", sound), ("telephone", through_telephone(sound, random))):
            found = len(diarized(heard).voices)
            counts[len(names), line, found] += 1
            if found != len(names):
                print(f"{' + '.join(names)}, {line}: {found} found")
    for speakers, line in sorted({(speakers, line) for speakers, line, _ in counts}):
        told = {
            found: n for (s, where, found), n in counts.items() if (s, where) == (speakers, line)
        }
        few = sum(n for found, n in told.items() if found < speakers)
        right, of = told.get(speakers, 0), sum(told.values())
        print(f"{speakers} speakers, {line}: {right} of {of} right, {few} too few")
    tell_likeness(likeness(recordings, diarized))


def decoded(path: Path) -> Sound:
    """Return a recording's sound."""
    with path.open("rb") as source:
        return np.concatenate(list(PyAvAudio(source).blocks()))


def levelled(sound: Sound) -> Sound:
    """Bring the loud parts of all recordings to one level."""
    loud = sound[np.abs(sound) > np.abs(sound).max() / 10]
    return np.asarray(sound * (LOUDNESS / np.sqrt(np.mean(np.square(loud)))), np.float32)


def through_telephone(sound: Sound, random: np.random.Generator) -> Sound:
    """Cut off what a telephone does not carry, and add noise."""
    found = sosfilt(butter(6, BAND_HZ, "band", fs=RATE_HZ, output="sos"), sound)
    noise = np.sqrt(np.mean(np.square(found))) * 10 ** (NOISE_DB / 20)
    return np.asarray(found + noise * random.normal(0, 1, found.size), np.float32)


def groups(
    names: Sequence[str], pairs: int, random: np.random.Generator
) -> Iterator[tuple[str, ...]]:
    """Choose who speaks with whom."""
    for count, wanted in ((2, pairs), (3, pairs // 4), (4, pairs // 8)):
        every = list(itertools.combinations(names, count))
        chosen = random.choice(len(every), min(wanted, len(every)), replace=False)
        yield from (every[at] for at in chosen.tolist())


def conversation(sounds: Sequence[Sound], random: np.random.Generator) -> Sound:
    """Let recordings speak in turns; one alone is as it is."""
    if len(sounds) == 1:
        return sounds[0]
    places = [0] * len(sounds)
    turns: list[Sound] = []
    last = -1
    while sum(turn.size for turn in turns) < LONGEST_S * RATE_HZ:
        left = [n for n, sound in enumerate(sounds) if places[n] + RATE_HZ < sound.size]
        able = [n for n in left if n != last]
        if not able:
            break
        last = int(random.choice(able))
        end = places[last] + int(random.uniform(*TURN_S) * RATE_HZ)
        end = in_pause(sounds[last], end)
        turns += [
            sounds[last][places[last] : end],
            np.zeros(int(random.uniform(0, 0.4) * RATE_HZ), np.float32),
        ]
        places[last] = end
    return np.concatenate(turns).astype(np.float32)


def in_pause(sound: Sound, at: int) -> int:
    """Return a place within the next second where nobody speaks; `at` where there is none."""
    for begin in range(at, min(at + RATE_HZ, sound.size - PAUSE), PAUSE // 4):
        if np.sqrt(np.mean(np.square(sound[begin : begin + PAUSE]))) < LOUDNESS / 20:
            return begin
    return min(at, sound.size)


def likeness(recordings: dict[str, Sound], diarized: Callable[[Sound], Diarization]) -> Likeness:
    """Return for each two halves whether they are of one recording, and their voices' cosine."""
    halves: list[tuple[str, NDArray[np.float64]]] = []
    for name, sound in recordings.items():
        for half in np.array_split(sound, 2):
            found = diarized(half).voices
            if found:
                voice = max(found, key=lambda each: each.speech_s)
                halves.append((name, np.array(voice.embedding)))
    return [
        (one == other, float(a @ b)) for (one, a), (other, b) in itertools.combinations(halves, 2)
    ]


def tell_likeness(pairs: Likeness) -> None:
    """Print how alike halves of one recording and of two are."""
    same, other = (np.array([c for one, c in pairs if one is kind]) for kind in (True, False))
    print(f"halves of one recording: cosine {same.min():.2f} to {same.max():.2f}, "
          f"median {np.median(same):.2f}")  # fmt: skip
    print(f"of two: median {np.median(other):.2f}, 99 % under {np.quantile(other, 0.99):.2f}, "
          f"at most {other.max():.2f}")  # fmt: skip
    for limit in (0.75, 0.8, 0.85, 0.9):
        print(f"from {limit} on: {np.mean(same >= limit):.0%} of one recording's, "
              f"{np.mean(other >= limit):.1%} of two")  # fmt: skip


if __name__ == "__main__":
    main()
