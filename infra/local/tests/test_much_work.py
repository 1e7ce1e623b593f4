"""Much work is done in the processes that the server has; without them, in the command's own."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from everyword_local import composition as composing
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.publisher_processes import MANY
from everyword_local.settings import SettingsFile
from ingest.domain import NewEpisode
from ingest.ports import TranscriptFile
from support.stack import Everyword, write_transcript_file

PATIENCE_S = 120.0


@pytest.fixture
def composition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Composition]:
    monkeypatch.setattr(composing, "cores", lambda: 2)
    with Composition(DataFolder(tmp_path / "data"), SettingsFile(None)) as composition:
        yield composition


def worked_off(composition: Composition, file: Path) -> str:
    """Add a transcript, do all that is queued, and return the episode's state."""
    transcript = TranscriptFile(file.read_bytes(), file.name)
    added = composition.ingest.create(NewEpisode(title="one"), transcript=transcript)
    quiet = threading.Event()
    with composition.at_much_work():
        for _ in range(int(PATIENCE_S / 0.1)):
            if not any(depth.unfinished for depth in composition.bus.pending().values()):
                break
            quiet.wait(0.1)
    return composition.ingest.get(added.episode.episode_id).state


def test_a_dispatcher_that_cannot_be_kept_running_is_done_without(
    composition: Composition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_at_once = tmp_path / "python"
    ends_at_once.write_text("#!/bin/sh\nexit 1\n")
    ends_at_once.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(ends_at_once))
    file = write_transcript_file(tmp_path / "one.json", "words that are found")
    assert worked_off(composition, file) == "ready"


@pytest.mark.slow
def test_many_files_are_dispatched_by_a_process_of_its_own(tmp_path: Path) -> None:
    everyword = Everyword(tmp_path / "data")
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(MANY):
        write_transcript_file(folder / f"{number}.json", f"this is number{number} of them")
    added = everyword.json("add", "--transcript", str(folder), "--wait")
    assert [each["state"] for each in added["episodes"]] == ["ready"] * MANY
    logs = everyword.data / "logs"
    told = [log.stem for log in logs.glob("*.log") if "captions published" in log.read_text()]
    assert told
    assert ("command" in told) == (composing.cores() == 1)
