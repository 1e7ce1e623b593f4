"""Measure the memory of `everyword up`: idle, and the HTTP process after 200 searches.

    python benchmarks/memory.py [--transcripts 40] [--processes 0]

RSS counts what processes share once for each; PSS shares it out among them. The yardstick of the
same run is a bare Python that waits. Transcripts of 10,000 words are imported before the searches.
"""

import argparse
import random
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

import psutil
from running import Stack, add, transcript, wait_until_idle

MIB = 1024 * 1024
SEARCHES = 200
SETTLE_S = 3.0
LONGEST_LOOKS = 40


def main() -> None:
    """Start, measure, search, measure again."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--transcripts", type=int, default=40)
    parser.add_argument("--processes", type=int, default=0, help="[server] search_processes")
    options = parser.parse_args()
    bare = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with Stack(f"[server]\nsearch_processes = {options.processes}\n") as stack, stack.api() as api:
        settle(stack)
        report("a bare Python", [psutil.Process(bare.pid)])
        report("idle", stack.processes(), each=True)
        draw = random.Random(5)
        for number in range(options.transcripts):
            add(api, transcript(10_000, draw), f"hour {number}")
        wait_until_idle(api)
        for number in range(SEARCHES):
            api.get("/v1/search", params={"q": f"w{number}"}).raise_for_status()
        settle(stack)
        report(f"after {SEARCHES} searches", stack.processes(), each=True)
    bare.communicate(b"\n")


def settle(stack: Stack) -> None:
    """Wait until the processes take as much as a while before: what starts takes more and more."""
    before = -MIB
    for _ in range(LONGEST_LOOKS):
        time.sleep(SETTLE_S)
        now = sum(process.memory_info().rss for process in stack.processes())
        if abs(now - before) < MIB:
            return
        before = now


def report(name: str, processes: list[psutil.Process], *, each: bool = False) -> None:
    """Print the sum, and each process if `each`."""
    found: list[tuple[Any, str]] = []
    for process in processes:
        with suppress(psutil.Error), process.oneshot():  # one that has just ended holds nothing
            found.append((process.memory_full_info(), " ".join(process.cmdline()[1:4])[-40:]))
    rss, pss = (sum(getattr(size, kind) for size, _ in found) / MIB for kind in ("rss", "pss"))
    print(f"{name:24} {rss:6.0f} MiB RSS {pss:6.0f} MiB PSS in {len(found)} processes")
    for size, role in found if each else ():
        print(f"  {size.rss / MIB:6.0f} {size.pss / MIB:6.0f}  {role}", flush=True)


if __name__ == "__main__":
    main()
