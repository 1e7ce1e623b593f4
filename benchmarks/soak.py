"""A mixed load for a while: do memory and file handles of the stack's processes stay flat?

    python benchmarks/soak.py --minutes 30

Transcripts come in, are searched, corrected by replays and removed, from several clients at once.
The first third warms up; the medians of the second and the last third are compared.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

WORDS = ("storm", "took", "fog", "horn", "nobody", "could", "sleep", "lighthouse", "keeper")
SAMPLE_S = 2.0
CLIENTS = 3
MOST_EPISODES = 60
MOST_ERRORS = 5
MIB = 2**20
COMES_AND_GOES = "captions"
SETTINGS = "[search]\ntime_budget_s = 60\n"
"""How long a search takes is measured elsewhere."""


@dataclass
class Sample:
    """What all processes of the stack hold together."""

    rss_mib: float
    handles: int
    threads: int


@dataclass
class Load:
    """What clients do, and what went wrong."""

    url: str
    over: threading.Event = field(default_factory=threading.Event)
    done: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def client(self, seed: int) -> None:
        """Ask for one thing after the other."""
        draw = random.Random(seed)
        ids: list[str] = []
        with httpx.Client(base_url=self.url, timeout=60) as http:
            while not self.over.is_set():
                what = draw.choice(["add", "search", "search", "search", "read", "replay"])
                try:
                    self._do(http, what, ids, draw)
                except httpx.HTTPError as error:
                    self.failed.append(f"{what}: {error!r}")
                self.done[what] = self.done.get(what, 0) + 1
                time.sleep(0.05)

    def _do(self, http: httpx.Client, what: str, ids: list[str], draw: random.Random) -> None:
        if what == "add":
            body = {"title": "A day", "show": "Isles", "transcript": transcript(draw)}
            ids.append(_ok(http.post("/v1/episodes", json=body))["episode_id"])
            if len(ids) > MOST_EPISODES // CLIENTS:
                _ok(http.delete(f"/v1/episodes/{ids.pop(0)}"))
        elif what == "search":
            _ok(http.get("/v1/search", params={"q": " ".join(draw.sample(WORDS, 2))}))
        elif ids and what == "read":
            http.get(f"/v1/episodes/{draw.choice(ids)}/transcript.vtt")
        elif ids:
            asked = {"from": "TranscriptReady", "reason": "soak"}
            _ok(http.post(f"/v1/episodes/{draw.choice(ids)}/replays", json=asked))


def transcript(draw: random.Random) -> dict[str, Any]:
    """Return a transcript of a few minutes."""
    segments = []
    for number in range(60):
        said = [draw.choice(WORDS) for _ in range(8)]
        at = number * 4.0
        words = [
            {"word": w, "start": at + n * 0.4, "end": at + n * 0.4 + 0.3}
            for n, w in enumerate(said)
        ]
        text = " ".join(said)
        segments.append({"start": at, "end": at + 3.2, "text": text, "words": words})
    return {"language": "en", "segments": segments}


def sampled(server: psutil.Process) -> Sample:
    """Return what the server and its children hold now."""
    held = list(filter(None, map(held_by, [server, *server.children(recursive=True)])))
    return Sample(
        rss_mib=sum(each.rss_mib for each in held),
        handles=sum(each.handles for each in held),
        threads=sum(each.threads for each in held),
    )


def held_by(process: psutil.Process) -> Sample | None:
    """Return what a process holds; None for one that just ended, or comes and goes with the load.

    The second process for captions starts while many episodes wait: no third of the time compares
    with another where it was there for one only.
    """
    try:
        with process.oneshot():
            if COMES_AND_GOES in process.cmdline():
                return None
            rss_mib = process.memory_info().rss / MIB
            return Sample(rss_mib, process.num_fds(), process.num_threads())
    except psutil.NoSuchProcess:  # a zombie, too
        return None


def soak(minutes: float, data: Path) -> dict[str, Any]:
    """Run the stack under load; return medians of the second and the last third."""
    command = [sys.executable, "-m", "everyword_local", "--data", str(data), "--json"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EVERYWORD_")}
    data.mkdir()
    (data / "everyword.toml").write_text(SETTINGS)
    with subprocess.Popen(
        [*command, "up", "--port", "0"], stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        try:
            assert server.stdout is not None
            load = Load(json.loads(server.stdout.readline())["url"])
            found = _under(load, psutil.Process(server.pid), minutes)
        finally:
            server.terminate()
    return {**found, "errors": errors_in(data), "unwell": unwell([*command, "doctor"])}


def unwell(doctor: list[str]) -> list[Any]:
    """Return what `everyword doctor` finds wrong afterwards, with the index among others."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EVERYWORD_")}
    told = subprocess.run(doctor, capture_output=True, text=True, check=False, env=environment)
    return [
        each for each in json.loads(told.stdout)["findings"] if each["needed"] and not each["ok"]
    ]


def errors_in(data: Path) -> list[Any]:
    """Return the last errors in the stack's logs, with their tracebacks."""
    logs = "".join(each.read_text() for each in sorted((data / "logs").glob("*.log*")))
    lines = [json.loads(line) for line in logs.splitlines() if '"level": "error"' in line]
    return lines[-MOST_ERRORS:]


def _under(load: Load, server: psutil.Process, minutes: float) -> dict[str, Any]:
    clients = [threading.Thread(target=load.client, args=(seed,)) for seed in range(CLIENTS)]
    for client in clients:
        client.start()
    samples = []
    end = time.monotonic() + minutes * 60
    try:
        while time.monotonic() < end:
            time.sleep(SAMPLE_S)
            samples.append(sampled(server))
    finally:
        load.over.set()
        for client in clients:
            client.join()
    third = len(samples) // 3
    return {
        "minutes": minutes,
        "requests": sum(load.done.values()),
        "failed": load.failed[:MOST_ERRORS],
        "middle": _medians(samples[third : 2 * third]),
        "end": _medians(samples[2 * third :]),
    }


def _medians(samples: list[Sample]) -> dict[str, float]:
    return {
        name: round(statistics.median(getattr(each, name) for each in samples), 1)
        for name in ("rss_mib", "handles", "threads")
    }


def _ok(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="everyword-soak-") as folder:
        found = soak(chosen.minutes, Path(folder) / "data")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
