"""What editors and readers are told about everyword.toml is what the code takes."""

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from everyword_events import Misconfigured
from everyword_local.settings import Settings, read_settings
from everyword_local.settings_schema import main, published_files, settings_page, settings_schema

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (files("everyword_local") / "settings_page.md").read_text("utf-8")
EXAMPLE = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = settings_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("name", sorted(published_files()))
def test_the_files_in_docs_are_what_the_code_gives(name: str) -> None:
    said = "run `python -m everyword_local.settings_schema --write docs`"
    assert (DOCS / name).read_text("utf-8") == published_files()[name], said


def test_check_names_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", str(tmp_path)]) == 1
    assert main(["--write", str(tmp_path)]) == 0
    assert main(["--check", str(tmp_path)]) == 0
    capsys.readouterr()
    (tmp_path / "configuration.md").write_text("else")
    assert main(["--check", str(tmp_path)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{tmp_path / 'configuration.md'} differs from the code"
    ]


def test_the_example_is_good_for_both(validator: Draft202012Validator, tmp_path: Path) -> None:
    validator.validate(tomllib.loads(EXAMPLE))
    path = tmp_path / "everyword.toml"
    path.write_text(EXAMPLE)
    general, shows = read_settings(path)
    assert general.refine.model.provider == "openai"
    assert shows["The Long Playback"].captions.profile == "podcast-srt"


@pytest.mark.parametrize(
    "text",
    [
        "caption = {}",
        "[captions]\nprofle = 'web'",
        "[captions]\nprofile = 'wide'",
        "[captions]\nmax_cps = 'many'",
        "[captions]\nmax_lines = 0",
        "[refine]\nglossary = [{ heard = ['a'] }]",
        "[refine]\nglossary = [1]",
        "[[refine.replacements]]\nfrom = 'a'",
        "[[refine.replacements]]\nfrom_ = 'a'\nto = 'b'",
        "[transcribe]\nspeakers = -1",
        "[shows]\nA = 3",
        "[shows.A.caption]",
        "[shows.A.shows.B]",
        "[shows.A.refine.model]\nprovder = 'off'",
    ],
)
def test_what_is_wrong_is_wrong_for_both(
    validator: Draft202012Validator, tmp_path: Path, text: str
) -> None:
    assert not validator.is_valid(tomllib.loads(text))
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(Misconfigured):
        read_settings(tmp_path / "x.toml")


def test_every_key_is_described_and_on_the_page() -> None:
    page = settings_page()
    for where, about in keys(settings_schema()):
        assert about.get("description") or "$ref" in about, where
        assert "$ref" in about or f"| `{where[-1]}` |" in page, where
    for name in Settings.model_fields:
        assert f"### `[{name}]`" in page


def keys(schema: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for name, table in schema["$defs"].items():
        for key, about in table.get("properties", {}).items():
            yield (name, key), about
