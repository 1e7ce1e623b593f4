"""everyword.toml: read, checked key by key, and overridden per show.

A wrong key is refused with the file, the line, the key and the nearest valid one.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from captions.config import CaptionsSettings
from everyword_events import Misconfigured
from ingest.config import IngestSettings, RetentionSettings
from refine.config import RefineSettings
from search.config import SearchSettings
from transcribe_gpu.config import ModelSettings, TranscribeSettings

Key = tuple[str | int, ...]
_UNKNOWN_KEY = "extra_forbidden"
_HEADER = re.compile(r"\s*\[(?P<list>\[)?(?P<name>.+?)\]\]?\s*(#.*)?$")


class ServerSettings(BaseModel):
    """Under which names people reach `everyword up`, and how many it serves at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...] = Field(
        (),
        description="The server's public host names, such as archive.example: requests under "
        "other names are refused; a server with a public name needs a key",
    )
    search_processes: int = Field(
        0,
        ge=0,
        le=64,
        description="So many processes of their own search, each on a core of its own and some "
        "70 MB large; 0: the server's own process does, which is enough for one show's website",
    )


class Settings(BaseModel):
    """All of everyword.toml for one show: a section per service, every key optional."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ingest: IngestSettings = Field(default_factory=IngestSettings)
    transcribe: TranscribeSettings = Field(default_factory=TranscribeSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    models: ModelSettings = Field(default_factory=ModelSettings)
    refine: RefineSettings = Field(default_factory=RefineSettings)
    captions: CaptionsSettings = Field(default_factory=CaptionsSettings)
    search: SearchSettings = Field(default_factory=SearchSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)


class SettingsFile:
    """The settings in a file, read again when the file changes; no file means all defaults."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._read_at: tuple[int, int] | None = None
        self._general = Settings()
        self._shows: dict[str, Settings] = {}
        self.refresh()

    def of_show(self, show: str) -> Settings:
        """Return the settings for one show.

        Raises:
            Misconfigured: the file was changed and is wrong now (code `config_invalid`).
        """
        self.refresh()
        return self._shows.get(show, self._general)

    @property
    def deletes(self) -> bool:
        """Whether any show's settings say that something is deleted in time."""
        self.refresh()
        every = (self._general, *self._shows.values())
        return any(each.retention.deletes for each in every)

    def stamp(self) -> tuple[int, int] | None:
        """Return what changes when the file does."""
        try:
            state = self.path.stat() if self.path is not None else None
        except OSError:
            return None
        return None if state is None else (state.st_mtime_ns, state.st_size)

    def refresh(self) -> None:
        """Read the file again if it changed since."""
        if self.path is None:
            return
        try:
            state = self.path.stat()
        except FileNotFoundError:
            return
        stamp = (state.st_mtime_ns, state.st_size)
        if stamp == self._read_at:
            return
        self._general, self._shows = read_settings(self.path)
        self._read_at = stamp


def read_settings(path: Path) -> tuple[Settings, dict[str, Settings]]:
    """Read a settings file: what holds in general, and what holds for each show named in it.

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
    general = _validated(path, text, raw, ())
    shows = {}
    for show, changes in overrides.items():
        if not isinstance(changes, dict):
            raise _wrong(f"{path}: line {line_of(text, ('shows', show))}: shows.{show} is no table")
        shows[show] = _validated(path, text, _merged(raw, changes), ("shows", show))
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


def _validated(path: Path, text: str, raw: Mapping[str, Any], prefix: tuple[str, ...]) -> Settings:
    try:
        return Settings.model_validate(raw, by_alias=True, by_name=False)
    except ValidationError as error:
        wrong = error.errors(include_url=False)
    unknown = (each for each in wrong if each["type"] == _UNKNOWN_KEY)
    first = next(unknown, wrong[0])  # a mistyped key explains the one that lacks
    where = first["loc"]
    names = tuple(part for part in where if isinstance(part, str))
    line = line_of(text, (*prefix, *where))
    key = ".".join(map(str, where))
    if first["type"] == _UNKNOWN_KEY:
        near = difflib.get_close_matches(names[-1], _valid_keys(names[:-1]), n=1, cutoff=0)
        hint = f"did you mean {near[0]!r}?" if near else "remove it"
        raise _wrong(f"{path}: line {line}: unknown key {key!r}", hint)
    said = first["msg"].removeprefix("Value error, ")
    raise _wrong(f"{path}: line {line}: {key}: {said}")


def _valid_keys(names: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] | None = Settings
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
