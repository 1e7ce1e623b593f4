"""How well and how fast speech is recognised, against the shipped samples whose truth is known.

    python benchmarks/recognition.py [--model NAME|FOLDER] [--json]

PocketSphinx always; faster-whisper where its model is on this machine. WER counts every
substitution, deletion and insertion, after case and punctuation are dropped and nothing else
("foghorn" heard as "fog horn" is two errors). The start error is that of correctly recognised
words. RTF is processing time over the recording's length, loading included.
"""

import argparse
import json
import re
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jiwer

from everyword_transcripts import Transcript
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.standalone import engines_here, transcribe_file

SAMPLES = Path(__file__).parents[1] / "infra/local/src/everyword_local/samples"


@dataclass(frozen=True)
class Score:
    """One engine on one sample."""

    sample: str
    engine: str
    model: str
    words: int
    wer: float
    start_median_ms: float | None
    start_p90_ms: float | None
    speaker_right: float | None
    rtf: float


@dataclass(frozen=True)
class Heard:
    """A word reduced to what is compared: letters and digits, its start, its channel."""

    text: str
    start: float
    channel: int | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code: 1 where there are no samples."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="", help="a faster-whisper model or its folder")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    truths = sorted(SAMPLES.glob("*.json"))
    if not truths:
        print(f"no samples with truth in {SAMPLES}", file=sys.stderr)
        return 1
    engines = [("pocketsphinx", "")]
    if any(found.ok for name, found in engines_here() if name == "faster-whisper"):
        engines.append(("faster-whisper", options.model))
    scores = [measured(truth, engine, model) for engine, model in engines for truth in truths]
    if options.json:
        print(json.dumps([asdict(score) for score in scores], indent=1))
    else:
        print_table(scores)
    return 0


def measured(truth_file: Path, engine: str, model: str) -> Score:
    """Recognise one sample and compare it with its truth."""
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    settings = TranscribeSettings(engine=engine, model=model, channels=truth["channels"])
    began = time.perf_counter()
    transcript = transcribe_file(
        truth_file.with_name(truth["audio"]), settings, report=_quiet, announce=lambda _: None
    )
    spent = time.perf_counter() - began
    reference, heard = reference_words(truth), heard_words(transcript)
    alignment = jiwer.process_words(
        [" ".join(word.text for word in reference)], [" ".join(word.text for word in heard)]
    )
    pairs = [
        (reference[chunk.ref_start_idx + at], heard[chunk.hyp_start_idx + at])
        for chunk in alignment.alignments[0]
        if chunk.type == "equal"
        for at in range(chunk.ref_end_idx - chunk.ref_start_idx)
    ]
    errors_ms = [abs(said.start - found.start) * 1000 for said, found in pairs]
    told_apart = [
        said.channel == found.channel for said, found in pairs if said.channel is not None
    ]
    return Score(
        sample=truth_file.stem,
        engine=transcript.engine.name,
        model=transcript.engine.model,
        words=len(reference),
        wer=round(alignment.wer, 3),
        start_median_ms=round(statistics.median(errors_ms), 1) if errors_ms else None,
        start_p90_ms=round(statistics.quantiles(errors_ms, n=10)[-1], 1) if errors_ms else None,
        speaker_right=round(statistics.mean(told_apart), 3) if told_apart else None,
        rtf=round(spent / truth["duration_s"], 3),
    )


def reference_words(truth: dict[str, Any]) -> list[Heard]:
    """Return the script's words, in the order of their sentences."""
    return [
        Heard(text, word["start"], sentence["channel"])
        for sentence in sorted(truth["sentences"], key=lambda sentence: sentence["start"])
        for word in sentence["words"]
        if (text := plain(word["word"]))
    ]


def heard_words(transcript: Transcript) -> list[Heard]:
    """Return the transcript's words, in its own order."""
    return [
        Heard(text, word.start, None if word.speaker is None else int(word.speaker[-2:]))
        for word in transcript.words()
        if (text := plain(word.word))
    ]


def plain(word: str) -> str:
    """Drop case and punctuation."""
    return re.sub(r"[^\w']", "", word.casefold().replace("\u2019", "'"))


def print_table(scores: Sequence[Score]) -> None:
    """Print one line per engine and sample."""
    print(
        f"{'sample':<10} {'engine':<15} {'model':<14} {'words':>5} {'WER':>6} "
        f"{'start median':>13} {'p90':>8} {'speaker':>8} {'RTF':>6}"
    )
    for s in scores:
        print(
            f"{s.sample:<10} {s.engine:<15} {s.model[:14]:<14} {s.words:>5} {s.wer:>6.3f} "
            f"{_ms(s.start_median_ms):>13} {_ms(s.start_p90_ms):>8} "
            f"{'' if s.speaker_right is None else f'{s.speaker_right:.1%}':>8} {s.rtf:>6.3f}"
        )


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} ms"


def _quiet(_stage: str, _fraction: float, _eta_s: float | None) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
