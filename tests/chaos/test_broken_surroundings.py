"""A full disk, a folder that cannot be written, two servers on one folder: said, and mended."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.stack import Everyword, environment, write_transcript_file

pytestmark = pytest.mark.slow
LITTLE_KB = 96
"""No file may grow beyond this: to SQLite and to us, the disk is full."""


@pytest.fixture
def everyword(tmp_path: Path) -> Everyword:
    return Everyword(tmp_path / "data")


def add(everyword: Everyword, file: Path, *, limit: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "everyword_local", "--data", str(everyword.data)]
    command += ["add", "--transcript", str(file), "--wait"]
    script = f'{limit}exec "$@"'
    return subprocess.run(
        ["bash", "-c", script, "bash", *command],
        capture_output=True, text=True, env=environment(), timeout=300, check=False,
    )  # fmt: skip


def test_a_full_disk_is_said_and_nothing_is_lost(everyword: Everyword, tmp_path: Path) -> None:
    first = write_transcript_file(tmp_path / "first.json", "the storm took the fog horn")
    assert add(everyword, first).returncode == 0
    large = write_transcript_file(tmp_path / "large.json", *["one more line of words"] * 2000)
    full = add(everyword, large, limit=f"ulimit -f {LITTLE_KB}; ")
    assert full.returncode not in {0, -25}, full.stdout
    assert "Traceback" not in full.stderr + full.stdout
    assert full.stderr.strip().splitlines()[-1].startswith("everyword: ")
    assert everyword.json("search", '"fog horn"')["hits"] == 1, "what was there is there"
    mended = add(everyword, large)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert everyword.json("search", '"more line"')["hits"] == 2000


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into any folder")
def test_a_folder_that_cannot_be_written_is_said(everyword: Everyword, tmp_path: Path) -> None:
    file = write_transcript_file(tmp_path / "first.json", "the storm took the fog horn")
    everyword.data.mkdir()
    everyword.data.chmod(0o500)
    try:
        refused = add(everyword, file)
    finally:
        everyword.data.chmod(0o700)
    assert refused.returncode == 4, refused.stderr
    assert str(everyword.data) in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_second_server_on_one_folder_is_refused(everyword: Everyword) -> None:
    with everyword.up() as (url, _):
        second = everyword.error("up", "--port", "0", code=4)
        assert url in second or str(everyword.data) in second, second
        assert everyword.json("status")["episodes"] == [], "the first one goes on"
