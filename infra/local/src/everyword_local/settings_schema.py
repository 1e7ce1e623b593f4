"""everyword.toml for editors and readers: its JSON Schema, and the page that lists every key.

`python -m everyword_local.settings_schema --write [DIR]` writes everyword.schema.json and
configuration.md to DIR, which is docs unless said; `--check [DIR]` exits 1 and names those that
differ from the code. The page's words around the keys stand in settings_page.md.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from everyword_local.settings import Settings

SCHEMA_FILE: Final = "everyword.schema.json"
PAGE_FILE: Final = "configuration.md"
KEYS_MARK: Final = "<!-- keys -->"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_GROUPED_FROM: Final = 10_000
_REF: Final = "#/$defs/"
_KINDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
}
_BOUNDS: Final = {"minimum": "from {}", "exclusiveMinimum": "above {}", "maximum": "up to {}"}
Schema = Mapping[str, Any]


def settings_schema() -> dict[str, Any]:
    """Return what an everyword.toml may hold, as JSON Schema 2020-12."""
    raw = Settings.model_json_schema()
    definitions = {name: _plain(each) for name, each in raw["$defs"].items()}
    sections = {name: _plain(each) for name, each in raw["properties"].items()}
    table = {"type": "object", "additionalProperties": False}
    shows = {
        "type": "object",
        "description": 'One table per show, such as [shows."My show".captions].',
        "additionalProperties": {"$ref": f"{_REF}ShowSettings"},
    }
    return {
        "$schema": _DIALECT,
        "title": "everyword.toml",
        "description": "Everyword's settings; every key may be left out.",
        **table,
        "properties": {**sections, "shows": shows},
        "$defs": {
            **definitions,
            "ShowSettings": {
                "description": "What holds for one show only; any key of any section.",
                **table,
                "properties": sections,
            },
        },
    }


def settings_page() -> str:
    """Return the page about everyword.toml, in Markdown: the words around it, and every key."""
    words = (files("everyword_local") / "settings_page.md").read_text("utf-8")
    before, after = words.split(KEYS_MARK)
    schema = settings_schema()
    sections = [
        line
        for name, section in schema["properties"].items()
        if name != "shows"
        for line in _section(schema, f"[{name}]", section)
    ]
    return before + "\n".join(sections) + after


def published_files() -> dict[str, str]:
    """Return both files' names and texts."""
    schema = json.dumps(settings_schema(), indent=2, ensure_ascii=False) + "\n"
    return {SCHEMA_FILE: schema, PAGE_FILE: settings_page()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the files; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m everyword_local.settings_schema")
    action = parser.add_mutually_exclusive_group(required=True)
    for option, said in (
        ("--write", "write the files to DIR"),
        ("--check", "compare those in DIR"),
    ):
        action.add_argument(
            option, type=Path, metavar="DIR", nargs="?", const=Path("docs"), help=f"{said} (docs)"
        )
    options = parser.parse_args(arguments)
    if options.write is not None:
        for name, text in published_files().items():
            (options.write / name).write_text(text, "utf-8")
        return 0
    differing = [
        path
        for name, text in published_files().items()
        if not (path := options.check / name).is_file() or path.read_text("utf-8") != text
    ]
    for path in differing:
        sys.stderr.write(f"{path} differs from the code\n")
    return 1 if differing else 0


def _plain(schema: Schema) -> dict[str, Any]:
    """Leave out what says nothing to a writer of TOML: null, titles, whole tables as defaults."""
    kept = {
        key: _plain_value(key, value)
        for key, value in schema.items()
        if key != "title" and not (key == "default" and (value is None or isinstance(value, dict)))
    }
    choices = [each for each in kept.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        del kept["anyOf"]
        kept = {**choices[0], **kept}
    return kept


def _plain_value(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list):
        return [_plain(each) if isinstance(each, dict) else each for each in value]
    return value


def _section(schema: Schema, heading: str, wanted: Schema) -> Iterator[str]:
    """Yield the lines about one table, then about the tables inside it."""
    path = heading.strip("[]")
    table = schema["$defs"][wanted["$ref"].removeprefix(_REF)]
    yield f"### `{heading}`"
    yield ""
    yield wanted.get("description", table["description"])
    yield ""
    yield "| key | is | default | what it does |"
    yield "|---|---|---|---|"
    inner = []
    for key, about in table["properties"].items():
        if "$ref" in about:
            inner.append((f"[{path}.{key}]", about))
            continue
        items = about.get("items", {})
        tables = [each for each in (items, *_choices(items)) if "$ref" in each]
        inner += [(f"[[{path}.{key}]]", each) for each in tables]
        needed = key in table.get("required", ())
        cells = (f"`{key}`", _kind(about), _default(about, needed=needed), about["description"])
        escaped = (" ".join(cell.replace("|", r"\|").split()) for cell in cells)
        yield f"| {' | '.join(escaped)} |"
    yield ""
    for each in inner:
        yield from _section(schema, *each)


def _kind(about: Schema) -> str:
    """Say in words which values fit."""
    if "enum" in about:
        return " or ".join(f'`"{value}"`' for value in about["enum"])
    if "$ref" in about:
        return "tables"
    if about.get("type") == "array":
        items = about["items"]
        return "list of " + " or ".join(_kind(each) for each in _choices(items) or (items,))
    bounds = [words.format(_number(about[key])) for key, words in _BOUNDS.items() if key in about]
    if "maxLength" in about:
        bounds.append(f"up to {_number(about['maxLength'])} characters")
    if "pattern" in about:
        bounds.append(f"that fits `{about['pattern']}`")
    return " ".join([_KINDS[about["type"]], *bounds])


def _choices(about: Schema) -> Sequence[Schema]:
    found: Sequence[Schema] = about.get("anyOf", ())
    return found


def _default(about: Schema, *, needed: bool) -> str:
    if needed:
        return "must be given"
    if "default" not in about:
        return ""
    value = about["default"]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"`{_number(value) if is_number else json.dumps(value, ensure_ascii=False)}`"


def _number(value: float) -> str:
    """Write a number as TOML does, in groups where it is large."""
    return f"{value:_}" if value >= _GROUPED_FROM else str(value)


if __name__ == "__main__":
    sys.exit(main())
