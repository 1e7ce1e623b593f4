"""Measure what commands cost: CPU beside a bare Python's, and what `add --wait` waits at its end.

    python benchmarks/commands.py [--runs 7]

CPU seconds of whole processes, children included, medians of alternating runs; the yardstick is
`python -c pass`. `add --wait` takes a transcript in without a server; from the line that
says `ready` until the process has ended is its end. A transcript of 10,000 words is
posted to a server; the yardstick is ingest's own work for it, in one process without HTTP.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from running import Stack, add, transcript, wait_until_idle

from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile
from ingest.domain import NewEpisode
from ingest.ports import TranscriptFile

GOALS = {"--version": 8, "search": 14, "status": 14, "captions": 22, "refine": 29}


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch, Stack() as stack:
        folder = Path(scratch)
        (folder / "hour.json").write_bytes(transcript(60, random.Random(1)))
        with stack.api() as api:
            add(api, (folder / "hour.json").read_bytes(), "an hour")
            wait_until_idle(api)
        starts(folder, stack.url, runs)
        end_of_add(folder, runs)
        post(stack, runs)


def starts(folder: Path, url: str, runs: int) -> None:
    """Print the CPU of commands beside a bare Python's."""
    everyword = [sys.executable, "-m", "everyword_local"]
    file = str(folder / "hour.json")
    commands = {
        "--version": [*everyword, "--version"],
        "search": [*everyword, "--api", url, "search", "w1"],
        "status": [*everyword, "--api", url, "status"],
        "captions": [*everyword, "captions", file, "-o", str(folder / "out.vtt")],
        "refine": [*everyword, "refine", file, "-o", str(folder / "refined.json")],
    }
    bare = [sys.executable, "-c", "pass"]
    took: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            took[name].append(process_cpu_s(command) / min(process_cpu_s(bare) for _ in range(3)))
    print(f"command    x `python -c pass` (CPU, median of {runs})   goal")
    for name, ratios in took.items():
        print(f"{name:10} {statistics.median(ratios):6.1f} {'':32} {GOALS[name]:4}", flush=True)


def process_cpu_s(command: Sequence[str]) -> float:
    """Return the CPU seconds of a process."""
    out = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=out)
    _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    return used.ru_utime + used.ru_stime


def end_of_add(folder: Path, runs: int) -> None:
    """Print how long `add --wait` lasts after its work is done."""
    ends: list[float] = []
    for run in range(runs):
        data = folder / f"data-{run}"
        command = [sys.executable, "-m", "everyword_local", "--data", str(data), "add", "--wait"]
        adding = subprocess.Popen(
            [*command, "--transcript", str(folder / "hour.json")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert adding.stderr is not None
        ready = next(time.monotonic() for line in adding.stderr if "ready" in line)
        adding.wait()
        ends.append(time.monotonic() - ready)
    print(f"`add --wait` after `ready`: {1000 * statistics.median(ends):.0f} ms (median)   goal 50")


def post(stack: Stack, runs: int) -> None:
    """Print the CPU of a posted transcript in the HTTP process beside ingest's own work."""
    draw = random.Random(4)
    server = stack.processes()[0]
    posted: list[float] = []
    own: list[float] = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        Composition(DataFolder(Path(scratch)), SettingsFile(None)) as composition,
        stack.api() as api,
    ):
        for run in range(runs + 2):
            body = transcript(10_000, draw)
            began = sum(server.cpu_times()[:2])
            for again in range(5):
                add(api, body[:-1] + b" " * again + body[-1:], f"posted {run} {again}")
            posted.append((sum(server.cpu_times()[:2]) - began) / 5)
            began = time.process_time()
            for again in range(5):
                composition.ingest.create(
                    NewEpisode(title=f"own {run} {again}"),
                    transcript=TranscriptFile(body[:-1] + b" " * again + body[-1:], "hour.json"),
                    idempotency_key=None,
                )
            own.append((time.process_time() - began) / 5)
            wait_until_idle(api)
    one, two = statistics.median(posted[2:]), statistics.median(own[2:])
    print(f"POST of 10,000 words: {1000 * one:.0f} ms CPU, ingest alone {1000 * two:.0f} ms: "
          f"{one / two:.2f} x   goal 1.3")  # fmt: skip


if __name__ == "__main__":
    main()
