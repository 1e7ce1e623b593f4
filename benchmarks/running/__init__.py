"""`everyword up` in a folder of its own, for benchmarks that measure it from outside."""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil

from everyword_transcripts import Segment, Transcript, Word, write_transcript

VOCABULARY = 6_000


class Stack:
    """A server on a free port; `pid` is its first process's."""

    def __init__(self, settings: str = "", *, worker: bool = True) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        (folder / "everyword.toml").write_text(settings)
        program = [sys.executable, "-m", "everyword_local", "--config", f"{folder}/everyword.toml"]
        self._process = subprocess.Popen(
            [
                *program,
                "--data",
                f"{folder}/data",
                "up",
                "--port",
                "0",
                *(() if worker else ("--no-worker",)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        said = (word for line in self._process.stdout for word in line.split() if "://" in word)
        self.url = next(said).rstrip(".,")
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def api(self) -> httpx.Client:
        """Return a client."""
        return httpx.Client(base_url=self.url, timeout=120)

    def processes(self) -> list[psutil.Process]:
        """Return the first process and all its descendants."""
        first = psutil.Process(self.pid)
        return [first, *first.children(recursive=True)]

    def cpu_s(self) -> float:
        """Return the CPU seconds that all processes took so far, those that have ended too."""
        return sum(sum(each.cpu_times()[:4]) for each in self.processes())


def transcript(words: int, draw: random.Random) -> bytes:
    """Return `generated` words as the file that an archive takes."""
    return write_transcript(generated(words, draw))


def generated(words: int, draw: random.Random) -> Transcript:
    """Return a transcript of about 170 words a minute, words drawn by Zipf's law."""
    weights = [1 / rank for rank in range(1, VOCABULARY + 1)]
    drawn = draw.choices(range(VOCABULARY), weights, k=words)
    said = [
        Word(f"w{number}" + ("." if index % 14 == 13 else ""), index * 0.35, index * 0.35 + 0.3)
        for index, number in enumerate(drawn)
    ]
    segments = [
        Segment.of(said[at : at + 14], speaker=f"SPEAKER_0{at // 140 % 2}", language="en")
        for at in range(0, words, 14)
    ]
    return Transcript("en", words * 0.35 + 1, tuple(segments))


def add(api: httpx.Client, body: bytes, title: str) -> str:
    """Add a transcript; return the episode's id."""
    reply = api.post(
        "/v1/transcripts",
        files={"file": (f"{title}.json", body, "application/json")},
        data={"title": title},
    )
    reply.raise_for_status()
    return str(reply.json()["episode_id"])


def wait_until_idle(api: httpx.Client) -> None:
    """Wait until nothing is queued or in hand."""
    while api.get("/v1/health").json()["pending"]:
        time.sleep(0.2)
