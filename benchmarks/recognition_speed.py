"""Processor time of recognition beside plain faster-whisper, on the same files, model and machine.

    python benchmarks/recognition_speed.py [AUDIO ...] [--model tiny.en] [--runs 3]
                                           [--commands | --whisperx]

Plain faster-whisper transcribes each file by itself, sequentially and with its batched pipeline,
with its voice activity filter and word times, as this project has them. Ours is the same model
through windows, checks and second tries, one file after the other. Models are loaded beforehand.
With `--commands` only the first file, by commands that start, load the model and end: a plain
script, and `everyword transcribe` without and with telling who speaks. With `--whisperx` the first
file, then all of them in one command (four at least: the samples twice), by plain WhisperX in its
environment (`everyword engines install whisperx`), which times no words where it has no aligner,
and by ours, which does, on the same engine and on faster-whisper. The ways take turns, so
that a busy machine is unfair to none; medians are printed. One thread each: with more, processor
time counts waiting. Seconds by the clock are printed beside: ours decodes and finds speech for the
next windows on another thread while the engine recognises.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["OMP_NUM_THREADS"] = "1"

from faster_whisper import BatchedInferencePipeline, WhisperModel

from transcribe_gpu.adapters.environments import EngineEnvironments
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.standalone import FileTranscriber, model_library

SAMPLES = Path(__file__).parents[1] / "infra/local/src/everyword_local/samples"
QUEUED = 4
Work = Callable[[Path], int]


def main() -> None:
    """Print CPU seconds and words for each way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("audio", type=Path, nargs="*", default=sorted(SAMPLES.glob("*.opus")))
    parser.add_argument("--model", default="tiny.en")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--commands", action="store_true")
    parser.add_argument("--whisperx", action="store_true")
    chosen = parser.parse_args()
    found = model_library().find(chosen.model)
    if found is None:
        print(f"no model here - everyword models fetch {chosen.model}")
        return
    if chosen.commands:
        as_commands(chosen.audio[0], chosen.model, found.path, chosen.runs)
        return
    if chosen.whisperx:
        beside_whisperx(chosen.audio, chosen.model, found.path, chosen.runs)
        return
    inner = WhisperModel(str(found.path), device="cpu", compute_type="int8", cpu_threads=1)
    batched = BatchedInferencePipeline(inner)
    ours = FileTranscriber()
    ways: dict[str, Work] = {
        "plain": lambda file: _words(inner.transcribe(str(file), **OPTIONS, vad_filter=True)),
        "plain, batched": lambda file: _words(
            batched.transcribe(str(file), **OPTIONS, batch_size=4)
        ),
        "ours": lambda file: _ours(ours, file, chosen.model),
    }
    for work in ways.values():
        work(chosen.audio[0])  # loads what is loaded once
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    words: dict[str, int] = {}
    for _ in range(chosen.runs):
        for name, work in ways.items():
            *seconds, words[name] = _measured(work, chosen.audio)
            spent[name].append((seconds[0], seconds[1]))
    print(f"{len(chosen.audio)} files, {chosen.model}, median of {chosen.runs}")
    plain = _medians(spent["plain"])
    for name, runs in spent.items():
        cpu, clock = _medians(runs)
        print(
            f"{name:16}{cpu:7.2f} CPU s  {cpu / plain[0]:5.2f} x"
            f"{clock:8.2f} s  {clock / plain[1]:5.2f} x  {words[name]:5} words"
        )


PLAIN = """
import sys
from faster_whisper import WhisperModel
inner = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=1)
segments, _ = inner.transcribe(
    sys.argv[2], language="en", beam_size=5, word_timestamps=True, vad_filter=True
)
print(" ".join(segment.text for segment in segments))
"""


PLAIN_WHISPERX = """
import sys
import whisperx
from faster_whisper import decode_audio
pipeline = whisperx.load_model(
    sys.argv[1], "cpu", compute_type="int8", language="en", threads=1
)
for file in sys.argv[2:]:
    said = pipeline.transcribe(decode_audio(file), batch_size=4, language="en")
    print(" ".join(segment["text"] for segment in said["segments"]))
"""


def as_commands(file: Path, model: str, folder: Path, runs: int) -> None:
    """Print CPU seconds of whole commands, children and all, on one file."""
    with TemporaryDirectory() as out:
        ours = _transcribe("faster-whisper", model, [file], Path(out))
        ways = {
            "plain": [sys.executable, "-c", PLAIN, str(folder), str(file)],
            "ours": [*ours, "--speakers", "1"],
            "ours, speakers": ours,
        }
        _print_commands(f"{file.name} by commands, {model}", ways, runs)


def beside_whisperx(audio: Sequence[Path], model: str, folder: Path, runs: int) -> None:
    """Print CPU seconds of whole commands beside plain WhisperX's, on one file and on all."""
    python = EngineEnvironments().python("whisperx")
    if python is None:
        print("no WhisperX here - everyword engines install whisperx")
        return
    with TemporaryDirectory() as scratch:
        copies = [
            Path(shutil.copy(file, f"{scratch}/{turn}-{file.name}"))
            for turn in range(1 if len(audio) >= QUEUED else QUEUED // len(audio))
            for file in audio
        ]
        for files in (copies[:1], copies):
            ways = {
                "plain whisperx": [str(python), "-c", PLAIN_WHISPERX, str(folder), *map(str, files)]
            }
            for engine in ("whisperx", "faster-whisper"):
                ours = _transcribe(engine, model, files, Path(scratch) / "out")
                ways[f"ours, {engine}"] = [*ours, "--speakers", "1"]
            _print_commands(f"{len(files)} files by commands, {model}", ways, runs)


def _transcribe(engine: str, model: str, files: Sequence[Path], out: Path) -> list[str]:
    out.mkdir(exist_ok=True)
    return [
        str(Path(sys.executable).with_name("everyword")), "--quiet", "transcribe",
        *map(str, files), "--engine", engine, "--model", model, "--language", "en", "-o", str(out),
    ]  # fmt: skip


def _print_commands(title: str, ways: dict[str, list[str]], runs: int) -> None:
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, command in ways.items():
            before = os.times()
            subprocess.run(command, check=True, capture_output=True)
            after = os.times()
            took = after.children_user - before.children_user
            took += after.children_system - before.children_system
            spent[name].append(took)
    plain = statistics.median(next(iter(spent.values())))
    print(f"{title}, median of {runs}")
    for name, each in spent.items():
        middle = statistics.median(each)
        print(f"{name:22}{middle:7.2f} CPU s  {middle / plain:5.2f} x  {middle - plain:+6.2f} s")


OPTIONS = {"language": "en", "beam_size": 5, "word_timestamps": True}


def _measured(work: Work, files: Sequence[Path]) -> tuple[float, float, int]:
    cpu, clock = time.process_time(), time.monotonic()
    words = sum(work(file) for file in files)
    return time.process_time() - cpu, time.monotonic() - clock, words


def _medians(runs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    cpu, clock = zip(*runs, strict=True)
    return statistics.median(cpu), statistics.median(clock)


def _words(result: tuple[object, object]) -> int:
    return sum(len(segment.words or ()) for segment in result[0])  # type: ignore[attr-defined]


def _ours(transcriber: FileTranscriber, file: Path, model: str) -> int:
    settings = TranscribeSettings(
        engine="faster-whisper", model=model, language="en", diarization="off"
    )
    quiet = lambda *_: None  # noqa: E731
    return transcriber.transcribe(file, settings, report=quiet, announce=quiet).n_words()


if __name__ == "__main__":
    main()
