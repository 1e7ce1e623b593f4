"""What is printed: times for reading, tables that keep their ids whole."""

import contextlib
import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_events import Misconfigured
from everyword_local.commands.files import must_take
from everyword_local.output import Output, clock, cut_word
from everyword_local.table import Table, cells_of


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0:00.0"),
        (9.94, "0:09.9"),
        (59.94, "0:59.9"),
        (59.96, "1:00.0"),
        (754.32, "12:34.3"),
        (3599.96, "1:00:00"),
        (36_000, "10:00:00"),
    ],
)
def test_a_clock_rounds_once(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@given(st.floats(0, 3_000_000))
def test_a_clock_never_shows_sixty_and_stays_near(seconds: float) -> None:
    *hours, minutes, rest = clock(seconds).split(":")
    assert float(rest) < 60
    assert not hours or int(minutes) < 60
    shown = 3600 * int(hours[0] if hours else 0) + 60 * int(minutes) + float(rest)
    assert abs(shown - seconds) <= (1 if hours else 0.051)


def test_work_goes_on_where_nobody_reads_what_is_told_on_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    closed = io.TextIOWrapper(os.fdopen(writing, "wb", buffering=0), write_through=True)
    monkeypatch.setattr(sys, "stderr", closed)
    Output(as_json=False, quiet=False).note("half done")
    with contextlib.suppress(BrokenPipeError):
        closed.close()


def test_a_table_in_a_pipe_is_never_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    output = Output(as_json=False, quiet=False)
    table = output.table("episode", "title")
    table.add_row("0" * 36, "t" * 300)
    output.result({}, table)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["0" * 36, "t" * 300]


def test_a_table_on_a_terminal_is_never_wider() -> None:
    table = Table(("episode", "show", "title", "state"), cut="title", width=80)
    table.add_row("01234567", "Radio", "t" * 300, "transcribing")
    table.add_row("89abcdef", "s" * 90, "日本語" * 40, "ready")
    table.add_row("fedcba98", "e\N{COMBINING ACUTE ACCENT}", "a\nb\tc", "ready")
    lines = list(table)
    assert max(map(cells_of, lines)) <= 80
    assert all(line.split()[0] in {"episode", "01234567", "89abcdef", "fedcba98"} for line in lines)
    assert lines[1].endswith("transcribing")
    assert "…" in lines[2]
    assert "a b c" in lines[3]


def test_what_would_steer_a_terminal_is_not_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(as_json=False, quiet=False)
    output.result({}, ["red \x1b[31m bell \x07 and\ttab"])
    assert (
        capsys.readouterr().out
        == "red \N{REPLACEMENT CHARACTER}[31m bell \N{REPLACEMENT CHARACTER} and\ttab\n"
    )


def test_nothing_turns_the_text_after_it_round(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False, quiet=False).result({}, ["Ada\u202e: \u2066hello", "\u05e9\u05dc"])
    assert capsys.readouterr().out == "Ada: hello\n\u05e9\u05dc\n"


def test_a_word_does_not_fill_the_screen() -> None:
    assert cut_word("a" * 80) == "a" * 80
    assert cut_word("a" * 10_000) == "a" * 79 + "…"


@pytest.mark.parametrize("seconds", [-1.0, 1e308, float("inf"), float("nan")])
def test_a_clock_of_no_time_shows_none(seconds: float) -> None:
    assert clock(seconds) == "?"


def test_a_place_where_nothing_can_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"kept")
    for right in (Path("-"), file, tmp_path / "new" / "b.json"):
        must_take(right)
    assert file.read_bytes() == b"kept"
    assert not (tmp_path / "new" / "b.json").exists()
    for wrong in (file / "b.json", tmp_path):
        with pytest.raises(Misconfigured) as error:
            must_take(wrong)
        assert error.value.code == "output_not_writable"
