"""How far a job is: told seldom, never backwards, and readable by another process."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from everyword_events import Interrupted, InvalidInput
from transcribe_gpu.adapters.progress_file import STALE, FileProgress, ProgressFolder
from transcribe_gpu.progress import ProgressMeter


class Told:
    def __init__(self) -> None:
        self.lines: list[tuple[str, float, float | None]] = []

    def __call__(self, stage: str, fraction: float, eta_s: float | None) -> None:
        self.lines.append((stage, fraction, eta_s))


def test_progress_is_told_a_few_times_a_second_with_the_time_left() -> None:
    now, told = [0.0], Told()
    meter = ProgressMeter("transcribe", 100, told, clock=lambda: now[0])
    for step in range(1001):
        now[0] = step * 0.01
        meter.reached(step / 10)
    assert 25 <= len(told.lines) <= 35
    fractions = [fraction for _, fraction, _ in told.lines]
    assert fractions == sorted(fractions)
    assert told.lines[0] == ("transcribe", 0.0, None)
    _, fraction, eta_s = told.lines[-1]
    assert eta_s == pytest.approx(10 * (1 - fraction), abs=0.2)


def test_progress_never_goes_back_nor_beyond_the_end() -> None:
    now, told = [0.0], Told()
    meter = ProgressMeter("transcribe", 10, told, clock=lambda: now[0])
    for reached in (5, 3, 12):
        now[0] += 1
        meter.reached(reached)
    assert [fraction for _, fraction, _ in told.lines] == [0.5, 0.5, 1.0]


def test_without_a_known_length_nothing_is_told_but_the_check_is_made() -> None:
    told = Told()

    def stop() -> None:
        raise Interrupted("stopping")

    meter = ProgressMeter("transcribe", None, told, check=stop)
    with pytest.raises(Interrupted):
        meter.reached(1)
    assert told.lines == []


def test_progress_is_written_read_and_cleared(tmp_path: Path) -> None:
    folder = ProgressFolder(tmp_path / "progress")
    assert folder.read("ep-1", "run-1") is None
    folder.report(episode_id="ep-1", run_id="run-1", stage="transcribe", fraction=0.25, eta_s=12.5)
    assert ProgressFolder(tmp_path / "progress").read("ep-1", "run-1") == FileProgress(
        "transcribe", 0.25, 12.5
    )
    assert folder.read("ep-1", "run-2") is None
    assert [path.name for path in (tmp_path / "progress").iterdir()] == ["ep-1.json"]
    form = json.loads((tmp_path / "progress" / "ep-1.json").read_text())
    assert set(form) == {"run_id", "stage", "fraction", "eta_s", "updated_at"}
    folder.clear(episode_id="ep-1")
    folder.clear(episode_id="ep-1")
    assert folder.read("ep-1", "run-1") is None


def test_what_a_killed_worker_left_is_not_believed_for_ever(tmp_path: Path) -> None:
    then = datetime(2026, 1, 1, tzinfo=UTC)
    ProgressFolder(tmp_path, now=lambda: then).report(
        episode_id="ep-1", run_id="r", stage="transcribe", fraction=0.5, eta_s=None
    )
    soon, late = then + timedelta(minutes=1), then + STALE
    assert ProgressFolder(tmp_path, now=lambda: soon).read("ep-1", "r") is not None
    assert ProgressFolder(tmp_path, now=lambda: late).read("ep-1", "r") is None


@pytest.mark.parametrize("raw", ["", "{", "[]", "{}", '{"run_id": "r", "updated_at": "then"}'])
def test_a_file_that_makes_no_sense_is_no_progress(tmp_path: Path, raw: str) -> None:
    (tmp_path / "ep-1.json").write_text(raw)
    assert ProgressFolder(tmp_path).read("ep-1", "r") is None


def test_a_folder_that_cannot_be_written_costs_no_job(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = ProgressFolder(tmp_path / "file" / "progress")
    folder.report(episode_id="ep-1", run_id="r", stage="transcribe", fraction=0.5, eta_s=None)
    folder.clear(episode_id="ep-1")


def test_an_id_that_is_a_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        ProgressFolder(tmp_path).report(
            episode_id="../up", run_id="r", stage="transcribe", fraction=0.5, eta_s=None
        )
