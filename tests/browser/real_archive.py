"""Sample episodes in a real archive, with their true words; a site beside it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser.canned_archive import SAMPLES, sample

from everyword_transcripts import write_transcript
from support.stack import Everyword


def add_sample(everyword: Everyword, tmp_path: Path, name: str, *, show: str = "") -> str:
    """Add a sample episode with its true words; returns its id. Each show has one of its own."""
    episode = sample(name)
    truth = tmp_path / f"{name}.json"
    truth.write_bytes(write_transcript(episode.transcript))
    added = everyword.json(
        "add",
        "--transcript",
        str(truth),
        str(SAMPLES / f"{name}.opus"),
        "--title",
        episode.info.title,
        "--show",
        show or episode.info.show,
        "--wait",
    )
    assert added["state"] == "ready"
    found: str = added["episode_id"]
    return found


@contextmanager
def static_files(folder: Path) -> Iterator[str]:
    """Serve a folder as anybody would, with Python's own server; yields its address."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://[^/]+/", server.stdout.readline())
            assert found is not None
            yield found[0]
        finally:
            server.terminate()
