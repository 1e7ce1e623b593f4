"""Measure what one machine bears: a long event log, many imports, uploads and searches at once.

    python benchmarks/scale.py [--full]

A log of 20,000 events (100,000 with `--full`) is appended to and read; 100 transcripts (5,000) of
1,000 words are imported through `everyword up`; then 50 uploads of 1 MB and 300 searches come at
once. Rates beside those of the first tenth show whether anything slows down as it grows, and the
CPU seconds of each process where the ceiling is.
"""

import argparse
import io
import itertools
import random
import statistics
import tempfile
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
from running import Stack, add, transcript, wait_until_idle

from everyword_events import EpisodeRemoved, Event, new_run_id
from everyword_events.sqlite.bus import SqliteBus
from everyword_local.composition import CONTRACTS

UPLOADS, SEARCHES = 50, 300
BATCH = 50


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="5,000 transcripts, 100,000 events")
    full = parser.parse_args().full
    long_log(100_000 if full else 20_000)
    archive(5_000 if full else 100)


def long_log(events: int) -> None:
    """Print how fast a log is appended to and read, at its start and at its end."""
    with tempfile.TemporaryDirectory() as scratch, SqliteBus(Path(scratch) / "b", CONTRACTS) as bus:
        took: list[float] = []
        for number in range(0, events, BATCH):
            batch = [
                Event.first(
                    "ingest",
                    EpisodeRemoved(reason="scale"),
                    episode_id=f"episode-{number + at}",
                    run_id=new_run_id(),
                )
                for at in range(BATCH)
            ]
            began = time.monotonic()
            bus.append(batch)
            took.append(time.monotonic() - began)
        tenth = len(took) // 10
        first, final = (BATCH / statistics.median(part) for part in (took[:tenth], took[-tenth:]))
        began = time.monotonic()
        read = sum(1 for _ in bus.scan())
        scanned = read / (time.monotonic() - began)
        size = (Path(scratch) / "b").stat().st_size / events
    grown = final / first
    print(
        f"log of {events:,} events: appended {first:,.0f} a second at first, {final:,.0f} at"
        f" the end ({grown:.2f} x); read {scanned:,.0f} a second; {size:,.0f} bytes each"
    )


def archive(transcripts: int) -> None:
    """Print how an archive grows, and what it bears at once."""
    draw = random.Random(8)
    with Stack("[search]\nsearches_per_s = 0\n", worker=False) as stack, stack.api() as api:
        marks = [time.monotonic()]
        for part in range(10):
            for number in range(transcripts // 10):
                add(api, transcript(1_000, draw), f"part {part} number {number}")
            wait_until_idle(api)
            marks.append(time.monotonic())
        rates = [transcripts / 10 / (after - at) for at, after in itertools.pairwise(marks)]
        grown = rates[-1] / rates[0]
        print(
            f"{transcripts:,} transcripts imported: {rates[0]:.1f} a second at first,"
            f" {rates[-1]:.1f} at the end ({grown:.2f} x)",
            flush=True,
        )
        report(stack, api)
        at_once(stack.url)
        report(stack, api)


def noise(seed: int) -> bytes:
    """Return half a minute of noise as a WAV file of 1 MB."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(random.Random(seed).randbytes(1_000_000))
    return file.getvalue()


def at_once(url: str) -> None:
    """Print how long uploads and searches take that come all at once."""

    def upload(number: int) -> float:
        began = time.monotonic()
        audio = noise(number)
        with httpx.Client(timeout=300) as client:
            about = {"title": f"tape {number}", "filename": "tape.wav", "bytes": len(audio)}
            made = client.post(f"{url}/v1/episodes", json=about)
            made.raise_for_status()
            put = made.json()["upload"]
            client.put(put["url"], content=audio, headers=put.get("headers", {})).raise_for_status()
        return time.monotonic() - began

    def search(number: int) -> float:
        began = time.monotonic()
        httpx.get(f"{url}/v1/search", params={"q": f"w{number}"}, timeout=300).raise_for_status()
        return time.monotonic() - began

    with ThreadPoolExecutor(UPLOADS + 100) as pool:
        began = time.monotonic()
        uploads = [pool.submit(upload, number) for number in range(UPLOADS)]
        searches = [pool.submit(search, number) for number in range(SEARCHES)]
        for name, some in (("uploads of 1 MB", uploads), ("searches", searches)):
            took = sorted(each.result() for each in some)
            print(f"{len(took)} {name} at once: median {took[len(took) // 2]:.2f} s,"
                  f" p95 {took[-len(took) // 20]:.2f} s")  # fmt: skip
        print(f"  all of them in {time.monotonic() - began:.1f} s")


def report(stack: Stack, api: httpx.Client) -> None:
    """Print what a search takes now, and what each process has used."""
    took: list[float] = []
    for number in range(40):
        began = time.monotonic()
        api.get("/v1/search", params={"q": f"w{number}"}).raise_for_status()
        took.append(time.monotonic() - began)
    print(f"  a search: median {1000 * statistics.median(took):.0f} ms")
    for process in stack.processes():
        with suppress(psutil.Error), process.oneshot():  # one that has just ended says nothing
            command = process.cmdline()
            role = command[-1] if "roles" in " ".join(command) else "http"
            name = next((each for each in ("dispatcher", "worker") if each in command), role)
            print(f"  {name:10} {sum(process.cpu_times()[:2]):6.1f} CPU s"
                  f" {process.memory_info().rss / 2**20:6.0f} MiB", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
