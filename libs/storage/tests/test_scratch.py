"""Files for a while: room first, and nothing left behind by a crash."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from everyword_events import TransientFailure
from everyword_storage import must_have_room, scratch_file, sweep_scratch

LEAVES_ONE = """
import os, sys
from pathlib import Path
from everyword_storage import scratch_file
with scratch_file(folder=Path(sys.argv[1])) as file:
    file.write(b"what somebody said")
    file.flush()
    os._exit(9)
"""


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_holds_is_not(
    tmp_path: Path,
) -> None:
    subprocess.run([sys.executable, "-c", LEAVES_ONE, str(tmp_path)], check=False)
    (left,) = tmp_path.iterdir()
    assert sweep_scratch(folder=tmp_path) == 0, "so young a file may be about to be locked"
    with scratch_file(folder=tmp_path) as held:
        assert sweep_scratch(folder=tmp_path, older_than_s=0) == 1
        assert not left.exists()
        assert Path(str(held.name)).exists()
    assert list(tmp_path.iterdir()) == []


def test_others_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert sweep_scratch(folder=tmp_path, older_than_s=0) == 0
    assert (tmp_path / "notes.txt").exists()


def test_a_recording_that_does_not_fit_is_said_before_it_is_fetched(tmp_path: Path) -> None:
    must_have_room(1, folder=tmp_path)
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    with pytest.raises(TransientFailure, match=r"needs \d+ MB and \d+ MB are free") as refused:
        must_have_room(2 * free + (1 << 30), folder=tmp_path)
    assert refused.value.code == "disk_full"
    assert "TMPDIR" in refused.value.hint
