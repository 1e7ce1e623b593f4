"""A full disk, a folder that cannot be written, two servers on one folder: said, and mended."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.stack import Everyword, environment, write_transcript_file

pytestmark = pytest.mark.slow
LITTLE_KB = 96
LITTLE_DISK = ("bash", "-c", f'ulimit -f {LITTLE_KB}; exec "$@"', "bash")
"""No file may grow beyond this: to SQLite and to us, the disk is full."""
AS_A_USER = ("setpriv", "--bounding-set=-dac_override") if os.geteuid() == 0 else ()
"""Root may write into any folder; without this capability it may not."""


@pytest.fixture
def everyword(tmp_path: Path) -> Everyword:
    return Everyword(tmp_path / "data")


def run(
    everyword: Everyword, *arguments: str, under: Sequence[str] = ()
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "everyword_local", "--data", str(everyword.data)]
    return subprocess.run(
        [*under, *command, *arguments],
        capture_output=True, text=True, env=environment(), timeout=300, check=False,
    )  # fmt: skip


def add(
    everyword: Everyword, file: Path, *, under: Sequence[str] = ()
) -> "subprocess.CompletedProcess[str]":
    return run(everyword, "add", "--transcript", str(file), "--wait", under=under)


def test_a_full_disk_is_said_and_nothing_is_lost(everyword: Everyword, tmp_path: Path) -> None:
    first = write_transcript_file(tmp_path / "first.json", "the storm took the fog horn")
    assert add(everyword, first).returncode == 0
    large = write_transcript_file(tmp_path / "large.json", *["one more line of words"] * 2000)
    full = add(everyword, large, under=LITTLE_DISK)
    assert full.returncode not in {0, -25}, full.stdout
    assert "Traceback" not in full.stderr + full.stdout
    assert full.stderr.strip().splitlines()[-1].startswith("everyword: ")
    assert everyword.json("search", '"fog horn"')["hits"] == 1, "what was there is there"
    mended = add(everyword, large)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert everyword.json("search", '"more line"')["hits"] == 2000


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody may write into a folder and what is in it."""
    modes = {each: each.stat().st_mode for each in (folder, *folder.rglob("*"))}
    for each, mode in modes.items():
        each.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for each, mode in modes.items():
            each.chmod(mode)


@pytest.mark.skipif(
    bool(AS_A_USER) and shutil.which("setpriv") is None,
    reason="root may write into any folder, and has no setpriv to give that up",
)
@pytest.mark.parametrize("empty", [True, False])
def test_a_folder_that_cannot_be_written_is_said(
    empty: bool, everyword: Everyword, tmp_path: Path
) -> None:
    file = write_transcript_file(tmp_path / "first.json", "the storm took the fog horn")
    everyword.data.mkdir()
    if not empty:
        assert add(everyword, file).returncode == 0
    second = write_transcript_file(tmp_path / "second.json", "another storm")
    with read_only(everyword.data):
        add_to = ("add", "--wait", "--transcript", str(second))
        for command in (add_to, ("up", "--port", "0")):
            refused = run(everyword, *command, under=AS_A_USER)
            assert refused.returncode == 4, refused.stdout + refused.stderr
            assert str(everyword.data) in refused.stderr
            assert "Traceback" not in refused.stderr
    assert add(everyword, second).returncode == 0, "once it can be written it works"


def test_a_second_server_on_one_folder_is_refused(everyword: Everyword) -> None:
    with everyword.up() as (url, _):
        second = everyword.error("up", "--port", "0", code=4)
        assert url in second or str(everyword.data) in second, second
        assert everyword.json("status")["episodes"] == [], "the first one goes on"
