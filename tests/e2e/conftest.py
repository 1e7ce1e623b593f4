"""A fresh data folder for each test, and a small transcript to put in."""

from pathlib import Path

import pytest

from support.stack import Everyword, fresh, write_transcript_file


@pytest.fixture
def everyword(tmp_path: Path) -> Everyword:
    return fresh(tmp_path / "data")


@pytest.fixture
def transcript_file(tmp_path: Path) -> Path:
    return write_transcript_file(
        tmp_path / "talk.json",
        "the storm took the fog horn and nobody could sleep",
        "we never heard the fog horn again",
    )
