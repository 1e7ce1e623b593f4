"""The events as JSON Schema 2020-12, for writers in other languages.

`python -m everyword_events.schemas --write DIR` writes one file per event, with its schema number,
and one for the envelope; `--check DIR` exits 1 and names the files that differ. They describe what
a reader accepts: fields a newer writer adds are ignored, never refused.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from everyword_events.catalogue import CATALOGUE
from everyword_events.envelope import EventData, Meta

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def event_schema(kind: type[EventData]) -> dict[str, Any]:
    """Return the schema of `detail.data` of one event type."""
    return {"$schema": _DIALECT, **kind.model_json_schema()}


def envelope_schema() -> dict[str, Any]:
    """Return the schema of the wire form around the data."""
    return {
        "$schema": _DIALECT,
        "title": "Envelope",
        "description": "An event as EventBridge delivers it.",
        "type": "object",
        "properties": {
            "version": {"type": "string"},
            "id": {"type": "string", "description": "The bus's; ours is detail.meta.event_id."},
            "source": {"type": "string", "pattern": r"^everyword\."},
            "detail-type": {"enum": sorted(CATALOGUE)},
            "time": {"type": "string", "format": "date-time"},
            "detail": {
                "type": "object",
                "properties": {"meta": {"$ref": "#/$defs/Meta"}, "data": {"type": "object"}},
                "required": ["meta", "data"],
            },
        },
        "required": ["source", "detail-type", "detail"],
        "$defs": _defs_of_meta(),
    }


def schema_files() -> dict[str, str]:
    """Return every file's name and text."""
    schemas = {
        f"{name}.v{kind.schema_version}.json": event_schema(kind)
        for name, kind in CATALOGUE.items()
    }
    schemas["Envelope.v1.json"] = envelope_schema()
    return {
        name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    }


def differing_files(folder: Path) -> list[str]:
    """Return the names of files that are missing, differ, or should not be there."""
    wanted = schema_files()
    present = {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}
    return sorted(
        name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the files; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m everyword_events.schemas")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", type=Path, metavar="DIR", help="write the schemas to DIR")
    action.add_argument("--check", type=Path, metavar="DIR", help="compare DIR with the code")
    options = parser.parse_args(arguments)
    if options.write is not None:
        options.write.mkdir(parents=True, exist_ok=True)
        for name, text in schema_files().items():
            (options.write / name).write_text(text, "utf-8")
        return 0
    differing = differing_files(options.check)
    for name in differing:
        sys.stderr.write(f"{options.check / name} differs from the code\n")
    return 1 if differing else 0


def _defs_of_meta() -> dict[str, Any]:
    meta = Meta.model_json_schema()
    defs: dict[str, Any] = meta.pop("$defs", {})
    return {**defs, "Meta": meta}


if __name__ == "__main__":
    sys.exit(main())
