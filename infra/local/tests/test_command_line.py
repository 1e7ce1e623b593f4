"""The `everyword` command's line: global options anywhere, and queries that look like options."""

import logging
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from everyword_events import (
    EverywordError,
    InvalidInput,
    Misconfigured,
    NotFound,
    TransientFailure,
)
from everyword_local.client import Api
from everyword_local.command import everyword as everyword_command
from everyword_local.command import exit_code, hoist_global_options
from everyword_local.commands.context import CommandContext
from everyword_local.commands.demo import engine_of_settings
from everyword_local.commands.examples import EXAMPLES, examples_of
from everyword_local.logs import log_to_person
from support.stack import Everyword

OWN = st.lists(st.sampled_from(["search", "storm", "--show=A", "-horn", "--limit=3"]))
GLOBAL = st.lists(
    st.sampled_from(
        [("--json",), ("--quiet",), ("--data", "d"), ("--data=d",), ("--api", "a"), ("--config=c",)]
    )
)


@pytest.mark.parametrize(
    ("given_", "hoisted"),
    [
        (["search", "x", "--json"], ["--json", "search", "x"]),
        (["add", "--data", "d", "f"], ["--data", "d", "add", "f"]),
        (["add", "--data=d", "f"], ["--data=d", "add", "f"]),
        (["search", "--", "--json"], ["search", "--", "--json"]),
        (["search", "--quiet", "--", "-x"], ["--quiet", "search", "--", "-x"]),
        (["status", "--data"], ["status", "--data"]),
        (["status", "--database"], ["status", "--database"]),
        ([], []),
    ],
)
def test_global_options_may_stand_anywhere(given_: list[str], hoisted: list[str]) -> None:
    assert hoist_global_options(given_) == hoisted


@given(own=OWN, wide=GLOBAL, data=st.data())
def test_hoisting_keeps_every_argument_in_its_order(
    own: list[str], wide: list[tuple[str, ...]], data: st.DataObject
) -> None:
    places = sorted(data.draw(st.integers(0, len(own))) for _ in wide)
    mixed = list(own)
    for place, option in reversed(list(zip(places, wide, strict=True))):
        mixed[place:place] = option
    flat = [part for option in wide for part in option]
    assert hoist_global_options(mixed) == [*flat, *own]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("x"), 3),
        (InvalidInput("x"), 1),
        (InvalidInput("x", code="query_unclosed"), 2),
        (InvalidInput("x", code="engine_unknown"), 2),
        (Misconfigured("x", code="config_invalid"), 2),
        (Misconfigured("x"), 4),
        (TransientFailure("x"), 4),
        (EverywordError("x"), 1),
        (InvalidInput("no key", code="key_missing"), 1),
    ],
)
def test_what_an_error_exits_with(error: EverywordError, code: int) -> None:
    assert exit_code(error) == code


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_are_told_how_to_complete(shell: str) -> None:
    said = CliRunner().invoke(everyword_command, ["completion", shell])
    assert said.exit_code == 0
    assert "_EVERYWORD_COMPLETE" in said.output


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("everyword st", {"status"}),
        ("everyword re", {"replay", "replays", "refine", "reindex", "remove"}),
        ("everyword search --sp", {"--speaker"}),
        ("everyword completion ", {"bash", "zsh", "fish"}),
    ],
)
def test_commands_and_options_are_completed(words: str, offered: set[str]) -> None:
    asked = {"_EVERYWORD_COMPLETE": "bash_complete", "COMP_WORDS": words}
    asked["COMP_CWORD"] = str(words.count(" "))
    said = CliRunner(env=asked).invoke(everyword_command, prog_name="everyword")
    assert offered <= {line.partition(",")[2] for line in said.output.splitlines()}


def test_a_word_to_leave_out_is_no_option(tmp_path: Path) -> None:
    said = Everyword(tmp_path / "data")("search", "storm", "-horn")
    assert said.strip() == "'storm -horn' is not spoken in any episode."


def test_all_of_nothing_is_nothing(tmp_path: Path) -> None:
    everyword = Everyword(tmp_path / "data")
    assert everyword("failed", "redrive", "--all").strip() == "0 queued again"
    assert everyword.json("failed", "discard", "--all") == {"discarded": 0}


def test_the_doctor_reads_the_settings_that_are_used(tmp_path: Path) -> None:
    everyword = Everyword(tmp_path / "data")
    (tmp_path / "everyword.toml").write_text("[caption]\n")
    assert "unknown key 'caption'" in everyword("doctor", code=1)
    assert "no such file" in everyword("doctor", "--config", "nowhere.toml", code=1)


def every_command() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Each command that does something, by its name: `keys create`."""

    def under(group: click.Group, context: click.Context, path: str) -> Iterator[Any]:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            own = click.Context(command, parent=context, info_name=name)
            if isinstance(command, click.Group):
                yield from under(command, own, f"{path}{name} ")
            else:
                yield f"{path}{name}", command, own

    yield from under(everyword_command, click.Context(everyword_command), "")


def test_every_command_refuses_an_option_it_does_not_know_and_shows_examples() -> None:
    for path, command, context in every_command():
        with pytest.raises(click.NoSuchOption):
            command.parse_args(context, ["--no-such-option"])
        examples = examples_of(path)
        assert examples, path
        for line in examples:
            words = hoist_global_options(shlex.split(line.partition(" > ")[0])[1:])
            own = words[words.index(path.split()[0]) + len(path.split()) :]
            command.make_parser(context).parse_args(list(own))
        said = command.get_help(context)
        assert examples[0] in said, path
        assert max(map(len, said.splitlines())) <= 80, path


def test_no_example_is_of_a_command_that_is_not_there() -> None:
    used = {line for path, *_ in every_command() for line in examples_of(path)}
    assert set(EXAMPLES) == used


def test_a_group_of_commands_shows_examples() -> None:
    said = CliRunner().invoke(everyword_command, ["keys", "--help"]).output
    assert "everyword keys create --scope search" in said
    assert "everyword keys revoke ID" in said


CHANGE_NOTHING = {
    "following": ["feeds list", "feeds poll", "feeds imports", "feeds remove none"],
    "notifying": ["webhooks list", "webhooks log none", "saved list", "saved remove none"],
    "failures": ["failed redrive --all", "failed discard none", "failed list"],
    "archive": ["remove none --yes", "cancel none", "status", "events", "transcript none"],
    "replaying": ["replay none --from TranscriptReady", "replays list", "replays follow none"],
    "others": ["retention --dry-run", "edit none --undo none", "keys revoke none", "keys list",
               "cost", "shows list", "voices list", "logs none", "show-changes none"],
}  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=pytest.mark.slow if lines.index(line) else ())
        for lines in CHANGE_NOTHING.values()
        for line in lines
    ],
)
def test_what_changes_nothing_makes_no_folder(tmp_path: Path, line: str) -> None:
    said = CliRunner().invoke(
        everyword_command, ["--data", str(tmp_path / "deep" / "data"), *line.split()]
    )
    assert isinstance(said.exception, SystemExit | NotFound | None), line
    assert list(tmp_path.iterdir()) == []


def test_the_demo_takes_the_engine_of_the_settings_not_of_the_last_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def engine(**options: Path | None) -> str:
        given = {"data": None, "config": None, **options}
        context = CommandContext.from_environment(
            {"EVERYWORD_DATA": str(tmp_path / "usual")},
            api=None,
            as_json=False,
            quiet=True,
            **given,
        )
        return engine_of_settings(context)

    for name in ("demo", "usual", "here"):
        (tmp_path / name).mkdir()
    (tmp_path / "demo/everyword.toml").write_text('[transcribe]\nengine = "of-the-last"\n')
    monkeypatch.chdir(tmp_path / "here")
    assert engine(data=tmp_path / "demo") == engine() == "auto"
    (tmp_path / "here/everyword.toml").write_text('[transcribe]\nengine = "whisperx"\n')
    assert engine(data=tmp_path / "demo") == engine() == "whisperx"
    (tmp_path / "usual/everyword.toml").write_text('[transcribe]\nengine = "parakeet"\n')
    assert engine() == "parakeet"
    assert engine(config=tmp_path / "here/everyword.toml", data=tmp_path / "demo") == "whisperx"


@pytest.mark.parametrize(
    "address", ["not-a-url", "localhost:8080", "file:///etc/hostname", "ftp://x", "http://", ""]
)
def test_what_is_no_address_is_refused_before_anything_is_asked(address: str) -> None:
    with pytest.raises(Misconfigured) as error:
        Api(address)
    assert exit_code(error.value) == 2


def test_a_worker_tells_what_became_of_its_jobs_and_nothing_of_others() -> None:
    told: list[str] = []
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    try:
        log_to_person(told.append)
        fields = {"code": "disk_full", "reason": "no room", "correlation_id": "c"}
        logging.getLogger("everyword_events").warning("trying again later", extra=fields)
        logging.getLogger("httpx").info("GET https://x/?signature=s")
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
    (line,) = told
    assert line.endswith(" warning trying again later code=disk_full reason=no room")
