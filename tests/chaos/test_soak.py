"""Under mixed load the stack's memory and file handles stay flat; a minute here, more by hand."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.stack import environment

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "soak.py"
MINUTES = os.environ.get("EVERYWORD_SOAK_MINUTES", "1")
MOST_GROWTH = 1.25
MOST_MORE_HANDLES = 40
"""Connections of the moment come and go; a leak of a minute's requests is hundreds."""


@pytest.mark.slow
def test_memory_and_handles_stay_flat() -> None:
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), "--minutes", MINUTES],
        capture_output=True, text=True, check=False, env=environment(),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["failed"] == []
    assert found["unwell"] == []
    assert found["end"]["rss_mib"] < found["middle"]["rss_mib"] * MOST_GROWTH, found
    assert found["end"]["handles"] < found["middle"]["handles"] + MOST_MORE_HANDLES, found
