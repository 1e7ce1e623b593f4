"""Reads everyword.toml, whichever of its sections are wanted; says what is wrong in it and where.

No service is imported here: a command that needs one section imports that one.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from everyword_events import Misconfigured
from everyword_local.settings_sections import SECTIONS

Key = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)
Section = TypeVar("Section", bound=BaseModel)
_UNKNOWN_KEY = "extra_forbidden"
_HEADER = re.compile(r"\s*\[(?P<list>\[)?(?P<name>.+?)\]\]?\s*(#.*)?$")


def read_section(path: Path, name: str, kind: type[Section], show: str = "") -> Section:
    """Return one section of a settings file for a show; what stands in the others is not looked at.

    Raises:
        Misconfigured: as `read_sections`; a section that does not exist is refused too.
    """
    others: dict[str, Any] = {each: (Any, None) for each in SECTIONS if each != name}
    wanted: dict[str, Any] = {name: (kind, kind())}
    model = create_model("Wanted", __config__=ConfigDict(extra="forbid"), **wanted, **others)
    general, shows = read_sections(path, model)
    found: Section = getattr(shows.get(show, general), name)
    return found


def read_sections(path: Path, model: type[Model]) -> tuple[Model, dict[str, Model]]:
    """Read a settings file: what holds in general, and what holds for each show named in it.

    `model` has a field for each section that is wanted.

    Raises:
        Misconfigured: unreadable, not TOML, an unknown key or a value that does not fit.
    """
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except OSError as error:
        raise _wrong(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(f"{path}: not TOML: {error}") from error
    overrides = raw.pop("shows", {})
    if not isinstance(overrides, dict):
        raise _wrong(f'{path}: line {line_of(text, ("shows",))}: "shows" holds one table per show')
    general = _validated(model, path, text, raw, ())
    shows = {}
    for show, changes in overrides.items():
        if not isinstance(changes, dict):
            raise _wrong(f"{path}: line {line_of(text, ('shows', show))}: shows.{show} is no table")
        shows[show] = _validated(model, path, text, _merged(raw, changes), ("shows", show))
    return general, shows


def line_of(text: str, keys: Key) -> int:
    """Find the line (from 1) where a key stands in TOML text; the nearest parent's else.

    A number in `keys` counts the tables of a `[[list]]`, from 0.
    """
    table: Key = ()
    counts: dict[Key, int] = {}
    best, best_depth = 1, 0
    for number, line in enumerate(text.split("\n"), start=1):
        header = _HEADER.match(line)
        name = _dotted(header["name"] if header else line.partition("=")[0])
        if not name:
            continue
        if header and header["list"]:
            counts[name] = counts.get(name, -1) + 1
        here = _counted(name, counts) if header else (*table, *name)
        table = here if header else table
        depth = len(here)
        if depth > best_depth and keys[:depth] == here:
            best, best_depth = number, depth
    return best


def _counted(name: tuple[str, ...], counts: Mapping[Key, int]) -> Key:
    """Put the present table's number behind every part of a header's name that is a list."""
    found: Key = ()
    for length, part in enumerate(name, start=1):
        place = counts.get(name[:length])
        found = (*found, part) if place is None else (*found, part, place)
    return found


def _dotted(name: str) -> tuple[str, ...]:
    """Read a dotted key as TOML does; nothing where it is none."""
    try:
        found: Any = tomllib.loads(f"{name} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    parts = []
    while isinstance(found, dict) and found:
        part, found = next(iter(found.items()))
        parts.append(part)
    return tuple(parts)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = _merged(below, value) if both else value  # type: ignore[arg-type]
    return result


def _validated(
    model: type[Model], path: Path, text: str, raw: Mapping[str, Any], prefix: tuple[str, ...]
) -> Model:
    try:
        return model.model_validate(raw, by_alias=True, by_name=False)
    except ValidationError as error:
        wrong = error.errors(include_url=False)
    unknown = (each for each in wrong if each["type"] == _UNKNOWN_KEY)
    first = next(unknown, wrong[0])  # a mistyped key explains the one that lacks
    where = first["loc"]
    names = tuple(part for part in where if isinstance(part, str))
    line = line_of(text, (*prefix, *where))
    key = ".".join(map(str, where))
    if first["type"] == _UNKNOWN_KEY:
        near = difflib.get_close_matches(names[-1], _valid_keys(model, names[:-1]), n=1, cutoff=0)
        hint = f"did you mean {near[0]!r}?" if near else "remove it"
        raise _wrong(f"{path}: line {line}: unknown key {key!r}", hint)
    said = first["msg"].removeprefix("Value error, ")
    raise _wrong(f"{path}: line {line}: {key}: {said}")


def _valid_keys(top: type[BaseModel], names: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] | None = top
    for name in names:
        field = model.model_fields.get(name) if model else None
        model = _model_in(field.annotation) if field else None
    if model is None:
        return []
    keys = [field.alias or name for name, field in model.model_fields.items()]
    return [*keys, "shows"] if not names else keys


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def _wrong(message: str, hint: str = "mend the file") -> Misconfigured:
    return Misconfigured(message, hint=hint, code="config_invalid")
