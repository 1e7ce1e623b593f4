"""Measure importing transcripts of 10,000 words: through a server, by one command, and in one core.

    python benchmarks/imports.py [--transcripts 40]

The yardstick is the pipeline in one process on one thread, handler by handler: its transcripts a
CPU second. `up` has them posted one after the other and works them off in its processes; the
command reads the same files out of a folder, without a server. Seconds are those of the clock, so
two idle cores are needed; the CPU seconds of all processes stand beside them.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pipeline import last, settings_file, worked
from running import Stack, add, transcript, wait_until_idle

from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile
from ingest.domain import NewEpisode
from ingest.ports import TranscriptFile


def main() -> None:
    """Print all three."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--transcripts", type=int, default=40)
    count = parser.parse_args().transcripts
    draw = random.Random(6)
    bodies = [transcript(10_000, draw) for _ in range(count)]
    print(f"{count} transcripts of 10,000 words, 25 rules   a second   of one core   CPU s each")
    one = one_core(bodies[:10])
    line("one core, one after the other", one, one, 1 / one)
    with tempfile.TemporaryDirectory() as scratch:
        rules = settings_file(Path(scratch)).read_text()
    server, cpu_s = through_server(bodies, rules)
    line("through `up`", server, one, cpu_s)
    command, cpu_s = by_command(bodies, rules)
    line("one `add --wait`", command, one, cpu_s)
    print(f"one command reaches {command / server:.2f} of the server's rate   goal .9")


def line(name: str, rate: float, one: float, cpu_s: float) -> None:
    """Print a row."""
    print(f"{name:44} {rate:8.2f} {rate / one:13.2f} {cpu_s:12.2f}", flush=True)


def one_core(bodies: list[bytes]) -> float:
    """Return how many go through the pipeline in a CPU second of one thread."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = DataFolder(Path(scratch))
        settings = SettingsFile(settings_file(folder.root))
        with Composition(folder, settings) as composition:
            began = 0.0
            for number, body in enumerate([bodies[0], *bodies]):
                composition.ingest.create(
                    NewEpisode(title=f"hour {number}"),
                    transcript=TranscriptFile(body, "hour.json"),
                    idempotency_key=None,
                )
                event = last(composition, "TranscriptReady")
                for name in ("refine", "captions", "search"):
                    _, caused = worked(composition.handler(name), event)
                    composition.bus.append(caused)
                    if name == "refine":
                        (event,) = caused
                began = began or time.process_time()  # the first warms up
    return len(bodies) / (time.process_time() - began)


def through_server(bodies: list[bytes], rules: str) -> tuple[float, float]:
    """Return the transcripts a second through `up`, and the CPU seconds of each."""
    with Stack(rules) as stack, stack.api() as api:
        add(api, transcript(60, random.Random(0)), "the first warms up")
        wait_until_idle(api)
        began, cpu_began = time.monotonic(), stack.cpu_s()
        for number, body in enumerate(bodies):
            add(api, body, f"hour {number}")
        wait_until_idle(api)
        return (
            len(bodies) / (time.monotonic() - began),
            (stack.cpu_s() - cpu_began) / len(bodies),
        )


def by_command(bodies: list[bytes], rules: str) -> tuple[float, float]:
    """Return the transcripts a second of one command, and the CPU seconds of each."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "everyword.toml").write_text(rules)
        files = folder / "files"
        files.mkdir()
        for number, body in enumerate(bodies):
            (files / f"hour-{number:04}.json").write_bytes(body)
        program = [sys.executable, "-m", "everyword_local", "--quiet", "--data", f"{folder}/data"]
        began = time.monotonic()
        process = subprocess.Popen(
            [*program, "--config", f"{folder}/everyword.toml",
             "add", "--wait", "--transcript", str(files)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
        if status:
            raise SystemExit("the command failed")
        took_s = time.monotonic() - began
        return len(bodies) / took_s, (used.ru_utime + used.ru_stime) / len(bodies)


if __name__ == "__main__":
    main()
