"""The documents name commands, routes and files that exist."""

import re
import shlex
from pathlib import Path

import click
import pytest
from starlette.testclient import TestClient

from everyword_local.application import application
from everyword_local.command import everyword, hoist_global_options
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "docs" / "recipes" / "README.md",
    ROOT / "infra" / "local" / "README.md",
]
LINE = re.compile(r"^(?:\$ )?(everyword [^\n]+)", re.MULTILINE)
COMMANDS = sorted(
    {line.strip() for page in PAGES for line in LINE.findall(page.read_text("utf-8"))}
)
GLOBAL_OPTIONS = {"--json", "--quiet", "--data", "--config", "--api", "--version"}


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) > 30


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_in_the_documents_is_right(line: str) -> None:
    arguments = hoist_global_options(shlex.split(line, comments=True)[1:])
    while arguments and arguments[0].split("=")[0] in GLOBAL_OPTIONS:
        takes_value = arguments.pop(0) in {"--data", "--config", "--api"}
        del arguments[: int(takes_value)]
    command: click.Command = everyword
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), arguments.pop(0))
        assert found is not None
        command = found
    command.make_context(str(command.name), arguments)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_to_a_file_and_its_heading(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        name, _, heading = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"\W+", "-", each.lower()) for each in headings}, target


def test_the_routes_of_the_http_page_exist(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "http.md").read_text("utf-8")
    named = {path.replace("$ID", "ID") for path in re.findall(r"\$API(/v1/[\w$/:.-]+)", page)}
    with Composition(DataFolder(tmp_path), SettingsFile(None)) as composition:
        described = TestClient(application(composition)).get("/v1/openapi.json").json()["paths"]
    known = [re.sub(r"\\\{\w+\\\}", "[^/:]+", re.escape(path)) for path in described]
    assert len(named) > 10
    for path in named:
        assert any(re.fullmatch(pattern, path) for pattern in known), path
