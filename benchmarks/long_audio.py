"""Memory of long recordings: peak resident memory of a process that recognises one.

    python benchmarks/long_audio.py [--hours 10] [--speech FOLDER] [--minutes 23] [--model tiny.en]

First a generated recording (tones for words, one a second) of ten minutes and of so many hours
through an engine that costs next to nothing, so that what is measured is decoding, voice activity,
windows, joining and the transcript. Then, where its model is here, real speech joined from the
recordings of a folder (without one the two shipped samples) to so many minutes, beside the same
program on its first minute. Each run is a process of its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import wave
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from everyword_transcripts.truth import AUDIO
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import EnergyVoiceActivity
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.standalone import model_library, transcribe_file
from transcribe_gpu.testing_tones import TONES, ToneSource, tones

SAMPLES = Path(__file__).parents[1] / "infra/local/src/everyword_local/samples"
MIB = 2**20


def main() -> None:
    """Print a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--speech", type=Path, default=SAMPLES)
    parser.add_argument("--minutes", type=float, default=23.0)
    parser.add_argument("--model", default="tiny.en")
    parser.add_argument("--child", nargs=2, metavar=("KIND", "FILE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        _child(*chosen.child, chosen.model)
        return
    with tempfile.TemporaryDirectory() as folder:
        short = measured("tones", generated(Path(folder, "short.wav"), 1 / 6))
        print(f"generated, 10 minutes: {short}")
        whole = measured("tones", generated(Path(folder, "long.wav"), chosen.hours))
        print(f"generated, {chosen.hours:g} hours:   {whole}")
        if model_library().find(chosen.model) is None:
            print(f"real speech: no model here - everyword models fetch {chosen.model}")
            return
        for minutes in (1.0, chosen.minutes):
            file = joined(Path(folder, "speech.wav"), chosen.speech, minutes)
            said = measured("speech", file, "--model", chosen.model)
            print(f"{chosen.model}, {minutes:g} minutes of speech: {said}")


def measured(kind: str, file: Path, *more: str) -> str:
    """Recognise a file in a process of its own; say its words, memory and time."""
    command = [sys.executable, __file__, "--child", kind, str(file), *more]
    said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    file.unlink()
    return f"{said['words']:,} words, peak {said['peak_mib']:.0f} MiB, {said['cpu_s']:.0f} CPU s"


def _child(kind: str, name: str, model: str) -> None:
    words = (_tones if kind == "tones" else _speech)(Path(name), model)
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "words": words,
        "peak_mib": used.ru_maxrss * 1024 / MIB,
        "cpu_s": used.ru_utime + used.ru_stime,
    }
    print(json.dumps(told))


def _tones(file: Path, _: str) -> int:
    recogniser = Recogniser(EngineSelector([ToneSource()]), EnergyVoiceActivity())
    with file.open("rb") as source:
        done = recogniser.run(PyAvAudio(source), TONES, report=_quiet, announce=_quiet)
    return done.transcript.n_words()


def _speech(file: Path, model: str) -> int:
    settings = TranscribeSettings(
        engine="faster-whisper", model=model, language="en", diarization="off"
    )
    return transcribe_file(file, settings, report=_quiet, announce=_quiet).n_words()


def generated(file: Path, hours: float) -> Path:
    """Write a WAV of tones, a word a second, a phrase of three and then a pause."""
    phrases = [tones([n, n + 1, n + 2], pause_s=1.8) for n in range(0, 120, 3)]
    minutes = np.concatenate(phrases)
    times = max(1, round(hours * 3600 * SAMPLE_RATE_HZ / minutes.size))
    return _written(file, (minutes for _ in range(times)))


def joined(file: Path, folder: Path, minutes: float) -> Path:
    """Write a WAV of a folder's recordings, one after the other, over and over, of one length."""
    names = sorted(each for each in folder.iterdir() if each.suffix.lower() in AUDIO)

    def blocks() -> Iterator[Float32Array]:
        left = round(minutes * 60 * SAMPLE_RATE_HZ)
        while left > 0:
            for name in names:
                with name.open("rb") as source:
                    for block in PyAvAudio(source).blocks():
                        yield block[: max(0, left)]
                        left -= block.size

    return _written(file, blocks())


def _written(file: Path, blocks: Iterable[Float32Array]) -> Path:
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE_HZ)
        for block in blocks:
            out.writeframes((block * 32767).astype("<i2").tobytes())
    return file


_quiet: Callable[..., None] = lambda *_: None  # noqa: E731


if __name__ == "__main__":
    main()
