"""Checking a file of events line by line."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from everyword_events import EpisodeRemoved
from everyword_events.check import check_lines
from everyword_events.testing import SAMPLE_DATA, ready, sample_event


def test_every_event_of_the_catalogue_is_good_in_both_forms() -> None:
    events = [sample_event(type(data)) for data in SAMPLE_DATA]
    lines = [event.to_json() for event in events]
    assert [line.event for line in check_lines(lines)] == events
    assert all(line.problem is None for line in check_lines(lines))


def test_bad_lines_are_named_and_the_others_still_read(tmp_path: Path) -> None:
    event = ready()
    good = event.to_json().encode()
    path = tmp_path / "events.jsonl"
    path.write_bytes(
        b"\n".join([good, b"", b"{", b"\xff\xfe", good.replace(b"TranscriptReady", b"T"), b"  "])
        + b"\r\n"
        + good
    )
    with path.open("rb") as lines:
        checked = list(check_lines(lines))
    assert [line.number for line in checked] == [1, 3, 4, 5, 7]
    assert [line.problem.code if line.problem else None for line in checked] == [
        None,
        "event_not_json",
        "event_not_json",
        "event_unknown",
        None,
    ]
    assert checked[0].event == checked[-1].event == event
    assert checked[1].event is None


def test_a_file_of_any_length_is_checked_in_little_memory() -> None:
    line = sample_event(EpisodeRemoved).to_json()

    def lines() -> Iterator[str]:
        for _ in range(20_000):
            yield line

    tracemalloc.start()
    assert sum(checked.event is not None for checked in check_lines(lines())) == 20_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000
