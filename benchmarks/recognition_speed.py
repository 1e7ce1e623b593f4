"""Processor time of recognition beside plain faster-whisper, on the same files, model and machine.

    python benchmarks/recognition_speed.py [AUDIO ...] [--model tiny.en] [--runs 3]

Plain faster-whisper transcribes each file by itself, sequentially and with its batched pipeline,
with its voice activity filter and word times, as this project has them. Ours is the same model
through windows, checks and second tries, one file after the other. Models are loaded beforehand.
The ways take turns, so that a busy machine is unfair to none; medians are printed. One thread
each: with more, processor time counts waiting.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

from faster_whisper import BatchedInferencePipeline, WhisperModel

from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.standalone import FileTranscriber, model_library

SAMPLES = Path(__file__).parents[1] / "infra/local/src/everyword_local/samples"
Work = Callable[[Path], int]


def main() -> None:
    """Print CPU seconds and words for each way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("audio", type=Path, nargs="*", default=sorted(SAMPLES.glob("*.opus")))
    parser.add_argument("--model", default="tiny.en")
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    found = model_library().find(chosen.model)
    if found is None:
        print(f"no model here - everyword models fetch {chosen.model}")
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
    spent: dict[str, list[float]] = {name: [] for name in ways}
    words: dict[str, int] = {}
    for _ in range(chosen.runs):
        for name, work in ways.items():
            seconds, words[name] = _measured(work, chosen.audio)
            spent[name].append(seconds)
    yardstick = statistics.median(spent["plain"])
    print(f"{len(chosen.audio)} files, {chosen.model}, median of {chosen.runs}")
    for name, runs in spent.items():
        middle = statistics.median(runs)
        print(f"{name:16}{middle:7.2f} CPU s  {middle / yardstick:5.2f} x  {words[name]:5} words")


OPTIONS = {"language": "en", "beam_size": 5, "word_timestamps": True}


def _measured(work: Work, files: Sequence[Path]) -> tuple[float, int]:
    began = time.process_time()
    words = sum(work(file) for file in files)
    return time.process_time() - began, words


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
