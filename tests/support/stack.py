"""The command as a person runs it: a process of its own, a data folder, exit codes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from support import forking
from support.clips import three_seconds

TIMEOUT_S = 240
BOTH = 2
"""The dispatcher, and what recognises, which begins with the first recording."""


@dataclass(frozen=True)
class Everyword:
    """Runs the command on one data folder."""

    data: Path

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Run it, check its exit code, return its stdout."""
        done = self.run(*arguments)
        assert done.returncode == code, f"exit {done.returncode}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run it with --json and return the document."""
        return json.loads(self(*arguments, "--json", code=code))

    def error(self, *arguments: str, code: int) -> str:
        """Run it, expect this exit code, return what it says on stderr's last line."""
        done = self.run(*arguments)
        assert done.returncode == code, f"exit {done.returncode}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stderr.strip().splitlines()[-1]

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return forking.run(
            ["--data", str(self.data), *arguments],
            folder=self.data.parent,
            variables=environment(),
            timeout_s=TIMEOUT_S,
        )

    def at_full_strength(self, server: forking.Forked) -> list[psutil.Process]:
        """Give a running stack a recording; return its processes once one recognises."""
        recording = self.data.parent / "talk.wav"
        recording.write_bytes(three_seconds(1))
        self("add", str(recording))
        ends_at = time.monotonic() + TIMEOUT_S
        while len(children := psutil.Process(server.pid).children(recursive=True)) < BOTH:
            assert time.monotonic() < ends_at, "no process begins to recognise"
            time.sleep(0.1)
        return children

    @contextmanager
    def up(self, *arguments: str, **variables: str) -> Iterator[tuple[str, forking.Forked]]:
        """Run the stack on a free port; yields its address and its process."""
        reading, writing = os.pipe()
        with os.fdopen(reading) as said:
            server = forking.Forked(
                ["--data", str(self.data), "--json", "up", "--port", "0", *arguments],
                folder=self.data.parent,
                variables={**environment(), **variables},
                out=writing,
                err=sys.__stderr__.fileno(),
            )
            os.close(writing)
            try:
                yield json.loads(said.readline())["url"], server
            finally:
                server.send_signal(signal.SIGTERM)
                try:
                    server.wait(TIMEOUT_S)
                finally:
                    server.kill()


def fresh(folder: Path) -> Everyword:
    """Make an empty data folder, whose engine needs no download.

    Who speaks is not told: by default it is once its model is on the machine, which another test
    may fetch at any moment.
    """
    folder.mkdir()
    (folder / "everyword.toml").write_text(
        '[transcribe]\nengine = "pocketsphinx"\ndiarization = "off"\n'
    )
    return Everyword(folder)


def environment() -> dict[str, str]:
    """The environment without anything of Everyword's own, and no hub to ask."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("EVERYWORD_")}
    return {**kept, "HF_HUB_OFFLINE": "1"}


def write_transcript_file(path: Path, *sentences: str) -> Path:
    """A transcript with a word every 0.4 s, in WhisperX's form."""
    segments: list[dict[str, Any]] = []
    at = 0.0
    for number, sentence in enumerate(sentences):
        words = []
        for word in sentence.split():
            words.append({"word": word, "start": round(at, 2), "end": round(at + 0.3, 2)})
            at += 0.4
        speaker = f"SPEAKER_0{number % 2}"
        segments.append(
            {
                "start": words[0]["start"],
                "end": words[-1]["end"],
                "text": sentence,
                "speaker": speaker,
                "words": words,
            }
        )
    path.write_text(json.dumps({"language": "en", "segments": segments}))
    return path
