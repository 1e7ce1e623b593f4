"""How a command begins and ends: at once, without what it does not need, and without a mess."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import psutil
import pytest

from everyword_local.commands import COMMANDS, LazyCommands
from everyword_transcripts import Segment, Transcript, Word, write_transcript
from support import forking
from support.stack import TIMEOUT_S, Everyword, environment, write_transcript_file

HEAVY = ("numpy", "pydantic", "httpx", "rich", "fastapi", "starlette", "av", "sqlite3", "asyncio")


def imported_by(*arguments: str) -> set[str]:
    """Return the top packages that a command imports."""
    return {name.partition(".")[0] for name in modules_of(*arguments)}


def modules_of(*arguments: str) -> set[str]:
    """Return the modules that a command imports."""
    program = (
        "import sys, atexit; from everyword_local.__main__ import main;"
        "atexit.register(lambda: sys.stderr.write('\\n@' + ' '.join(sys.modules)));"
        f"sys.argv = ['everyword', *{list(arguments)!r}]; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment(),
        timeout=120, check=False,
    )  # fmt: skip
    assert "@" in done.stderr, done.stderr
    return set(done.stderr.rpartition("@")[2].split())


def test_the_list_of_commands_names_what_there_is() -> None:
    group = LazyCommands()
    context = click.Context(group)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        assert command.name == name


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ()])
def test_a_look_at_the_command_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert not imported_by(*arguments) & set(HEAVY)


def test_reading_an_archive_imports_no_models(tmp_path: Path) -> None:
    imported = imported_by("--data", str(tmp_path), "status")
    assert not imported & {"scipy", "ctranslate2", "torch", "pocketsphinx"}


def test_reading_through_a_server_imports_nothing_heavy(tmp_path: Path) -> None:
    everyword = Everyword(tmp_path / "data")
    with everyword.up() as (url, _):
        for command in (("search", "storm"), ("status",), ("failed", "list")):
            assert not imported_by("--api", url, *command) & set(HEAVY), command


def test_captions_of_our_own_transcript_import_neither_models_nor_parsers(tmp_path: Path) -> None:
    made = Transcript(
        "en", 2.0, (Segment.of([Word("storm", 0.0, 1.0)], speaker=None, language="en"),)
    )
    (tmp_path / "in.json").write_bytes(write_transcript(made))
    (tmp_path / "everyword.toml").write_text("[search]\n")
    imported = modules_of(
        "--config", f"{tmp_path}/everyword.toml",
        "captions", f"{tmp_path}/in.json", "--format", "vtt,srt,json", "-o", str(tmp_path),
    )  # fmt: skip
    assert (tmp_path / "in.vtt").read_text().startswith("WEBVTT")
    assert not imported & {"pydantic", "pydantic_core", "captions.reading", "refine"}


def test_refinement_without_glossary_and_model_imports_neither(tmp_path: Path) -> None:
    made = Transcript(
        "en", 2.0, (Segment.of([Word("storm", 0.0, 1.0)], speaker=None, language="en"),)
    )
    (tmp_path / "in.json").write_bytes(write_transcript(made))
    (tmp_path / "everyword.toml").write_text(
        '[[refine.replacements]]\nfrom = "storm"\nto = "calm"\n'
    )
    imported = modules_of(
        "--config", f"{tmp_path}/everyword.toml",
        "refine", f"{tmp_path}/in.json", "-o", f"{tmp_path}/out.json",
    )  # fmt: skip
    assert b'"calm"' in (tmp_path / "out.json").read_bytes()
    assert not imported & {
        "refine.model_step",
        "refine.domain.glossary",
        "refine.domain.suggestions",
        "captions.reading",
        "everyword_events.catalogue",
    }


@pytest.mark.parametrize(
    "command", [("status",), ("search", "x"), ("failed", "list"), ("doctor",), ("events", "none")]
)
def test_reading_makes_no_folder(tmp_path: Path, command: tuple[str, ...]) -> None:
    nowhere = str(tmp_path / "nowhere" / "data")
    done = forking.run(
        ["--data", nowhere, *command],
        folder=tmp_path, variables=environment(), timeout_s=TIMEOUT_S,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_arguments_it_helps() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "everyword_local"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Commands:" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "storm", "--shwo", "A"),
        ("search", "--limt=3", "storm"),
        ("status", "--wach"),
        ("add", "--tilte", "x", "f.wav"),
        ("--jsn", "status"),
        ("captions", "x.json", "--fromat", "vtt"),
        ("failed", "list", "--servce", "x"),
    ],
)
def test_an_option_with_a_typing_error_is_an_error(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    said = Everyword(tmp_path / "data").error(*arguments, code=2)
    assert "o such option" in said


def test_what_looks_like_an_option_can_be_searched_after_two_dashes(tmp_path: Path) -> None:
    said = Everyword(tmp_path / "data").error("search", "--show", "--odd", "--", "--horn", code=2)
    assert "not excluded" in said


def test_status_fits_a_terminal(tmp_path: Path) -> None:
    everyword = Everyword(tmp_path / "data")
    for title in ("A title that is far too long for any terminal of eighty columns to hold", "B"):
        file = write_transcript_file(tmp_path / "talk.json", title)
        everyword("add", "--transcript", str(file), "--title", title, "--show", "Island Voices")
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "everyword_local", "--data", str(everyword.data), "status"],
        stdout=theirs, stderr=subprocess.DEVNULL, env=environment(),
    )  # fmt: skip
    assert done.wait(120) == 0
    os.close(theirs)
    lines = os.read(ours, 65536).decode().split("\r\n")
    os.close(ours)
    assert max(map(len, lines)) <= 80
    assert lines[-2].startswith("2 episodes, ")
    (_, first, *_) = lines
    assert everyword.json("status", first.split()[0])["title"].startswith(("A title", "B"))


@pytest.mark.slow
def test_removal_asks(tmp_path: Path) -> None:
    everyword = Everyword(tmp_path / "data")
    file = write_transcript_file(tmp_path / "talk.json", "the storm came")
    episode = everyword.json("add", "--transcript", str(file), "--wait")["episode_id"]
    command = [sys.executable, "-m", "everyword_local", "--data", str(everyword.data), "remove"]
    for answer, code in (("", 2), ("n\n", 130), ("\n", 130)):
        done = subprocess.run(
            [*command, episode], input=answer, capture_output=True, text=True, env=environment(),
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert "talk" in done.stderr
    assert everyword.json("status", episode)["state"] == "ready"
    subprocess.run([*command, episode], input=b"y\n", check=True, env=environment(), timeout=60)
    assert everyword.json("status", episode)["state"] == "removed"


@pytest.mark.parametrize(
    "arguments", [("--version",), ("status",), ("add", "--transcript", "talk.json", "--wait")]
)
def test_ctrl_c_shows_no_traceback_whenever_it_comes(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    write_transcript_file(tmp_path / "talk.json", "the storm came")
    for after_s in (0.02, 0.06, 0.15, 0.6, 1.5):
        with subprocess.Popen(
            [sys.executable, "-m", "everyword_local", "--data", "data", *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
            env=environment(),
        ) as running:  # fmt: skip
            time.sleep(after_s)
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=120)
        if "everyword_local" not in said:
            continue  # Python itself was starting
        assert "Traceback" not in said, (after_s, said)


def test_a_demo_that_is_told_to_stop_leaves_nothing_running(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "everyword_local", "--data", str(tmp_path / "demo"), "demo",
         "--engine", "pocketsphinx"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(),
    ) as running:  # fmt: skip
        demo = psutil.Process(running.pid)
        deadline = time.monotonic() + 120
        while len(demo.children(recursive=True)) < 3 and time.monotonic() < deadline:
            time.sleep(0.2)
        started = demo.children(recursive=True)
        assert len(started) >= 3
        running.terminate()
        assert running.wait(120) == 143
    gone, alive = psutil.wait_procs(started, timeout=120)
    assert (len(gone), alive) == (len(started), [])
