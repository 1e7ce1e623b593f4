"""CPU of one transcript through 25 rules, normalization, VTT, SRT and JSON, warm, beside node's.

    python benchmarks/refine_and_captions.py [WORDS ...]

Made words in segments of a dozen, and 10,000 in one segment; 17 literal and 8 regular rules, of
which a few match. Times are CPU milliseconds, the best of several rounds, with the JSON between the
steps. The yardstick is refine_and_captions.mjs on the same file: a node implementation of the same
passes, a cue a segment, no lines broken. "whole process" is `everyword refine` and `captions` as
commands, and the yardstick as a command that goes round once.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random

from captions.config import CaptionsSettings
from captions.standalone import render_files
from everyword_transcripts import Segment, Transcript, Word, read_transcript, write_transcript
from refine.config import RefineSettings
from refine.standalone import refine_transcript

ROUNDS = 5
WORDS = (  # noqa: SIM905 - a list of words reads best so
    "the a of and to in we they went kept light house sea storm island winter boat keeper night"
    " morning years remember father children stories harbour ice talked about because never always"
).split()
LITERALS = [{"from": f"{a} {b}", "to": f"{a.title()} {b}"} for a, b in pairwise(WORDS[8:26])]
PATTERNS = [
    (r"(\d+) per cent", r"\1%"),
    (r"\bice(s)?\b", r"Ice\1"),
    (r"\bnever always\b", "never"),
    (r"harbou?r light", "harbour light"),
    (r"\b(\w+) \1 \1\b", r"\1"),
    (r"colou?r", "colour"),
    (r"\bkeepers? house\b", "keeper's house"),
    (r"island[,.]? winter", "island winter"),
]


def transcript(n_words: int, *, in_one: bool = False) -> Transcript:
    """Return a transcript of so many words, a segment for each dozen or so."""
    random = Random(7)
    segments: list[Segment] = []
    at, left = 0.0, n_words
    while left > 0:
        words = []
        for _ in range(left if in_one else min(left, random.randint(6, 18))):
            lasting = random.choice((0.2, 0.3, 0.45))
            words.append(
                Word(random.choice(WORDS), round(at, 3), round(at + lasting, 3), 0.9, "S0")
            )
            at += lasting + random.choice((0.0, 0.05, 0.2))
        last = words[-1]
        words[-1] = last.with_text(f"{last.word}.")
        left -= len(words)
        at += random.choice((0.1, 0.6))
        segments.append(Segment.of(words, speaker="S0", language="en"))
    return Transcript("en", at + 1, tuple(segments))


def best_ms(work: Callable[[], object]) -> float:
    """Return the CPU milliseconds of the quickest of several rounds."""
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times) * 1000


def process_ms(*command: str) -> float:
    """Return the CPU milliseconds of a process."""
    out = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=out)
    _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    return 1000 * (used.ru_utime + used.ru_stime)


def main() -> None:
    """Print a row for each size."""
    sizes = [int(size) for size in sys.argv[1:]] or [10_000, 100_000]
    rules = [*LITERALS, *({"kind": "regex", "from": a, "to": b} for a, b in PATTERNS)]
    settings = RefineSettings.model_validate({"replacements": rules})
    node = shutil.which("node")
    if node is None:
        print("node is not there: no yardstick")
    print(
        f"{'CPU ms':26} {'read+refine+write':>18} {'read+captions':>14} {'whole':>8} {'node':>8}"
        f" {'ratio':>6}  goal"
    )
    inputs = [(f"{size:,} words", transcript(size), 2.0) for size in sizes]
    inputs.append(("10,000 words, one segment", transcript(10_000, in_one=True), 0.1))
    with tempfile.TemporaryDirectory() as scratch:
        for name, made, goal in inputs:
            row(name, write_transcript(made), settings, rules, node, Path(scratch), goal)
        whole_process(write_transcript(inputs[0][1]), rules, node, Path(scratch))


def row(  # noqa: PLR0917
    name: str,
    raw: bytes,
    settings: RefineSettings,
    rules: list[dict[str, str]],
    node: str | None,
    folder: Path,
    goal: float,
) -> None:
    """Print a transcript's row."""
    captions = CaptionsSettings()
    refined = write_transcript(refine_transcript(read_transcript(raw), settings)[0])

    def refine() -> bytes:
        return write_transcript(refine_transcript(read_transcript(raw), settings)[0])

    def write() -> object:
        forms = ["vtt", "srt", "json"]
        return render_files(read_transcript(refined), forms, captions, stem="x")

    first, second = best_ms(refine), best_ms(write)
    beside = ""
    if node is not None:
        given = subprocess.run(
            yardstick(node, raw, rules, folder, ROUNDS), check=True, capture_output=True
        )
        theirs = float(given.stdout)
        beside = f"{theirs:>8.0f} {(first + second) / theirs:>6.2f}"
    print(
        f"{name:26} {first:>18.0f} {second:>14.0f} {first + second:>8.0f} {beside:15}  {goal:g}",
        flush=True,
    )


def yardstick(
    node: str, raw: bytes, rules: list[dict[str, str]], folder: Path, rounds: int
) -> tuple[str, ...]:
    """Return the command that goes round so often in node."""
    script = Path(__file__).with_suffix(".mjs")
    (folder / "node.json").write_bytes(raw)
    (folder / "rules.json").write_text(json.dumps(rules))
    return (node, str(script), f"{folder}/node.json", f"{folder}/rules.json", str(rounds))


def whole_process(raw: bytes, rules: list[dict[str, str]], node: str | None, folder: Path) -> None:
    """Print what the two commands cost as processes."""
    (folder / "in.json").write_bytes(raw)
    lines = [
        f"[[refine.replacements]]\nkind = {json.dumps(rule.get('kind', 'literal'))}\n"
        f"from = {json.dumps(rule['from'])}\nto = {json.dumps(rule['to'])}\n"
        for rule in rules
    ]
    (folder / "everyword.toml").write_text("".join(lines))
    ours = (sys.executable, "-m", "everyword_local", "--config", f"{folder}/everyword.toml")
    out = f"{folder}/refined.json"
    (folder / "out").mkdir()
    steps = [
        (*ours, "refine", f"{folder}/in.json", "-o", out),
        (*ours, "captions", out, "--format", "vtt,srt,json", "-o", f"{folder}/out"),
    ]
    took = sum(min(process_ms(*step) for _ in range(3)) for step in steps)
    if node is None:
        print(f"whole process: {took:.0f}")
        return
    command = yardstick(node, raw, rules, folder, 1)
    theirs = min(process_ms(*command) for _ in range(3))
    print(f"whole process: {took:.0f}, node {theirs:.0f}: {took / theirs:.2f} x   goal 3")


if __name__ == "__main__":
    main()
